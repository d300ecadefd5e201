"""The product as a service for other programs: requests over HTTP, done by several processes."""
