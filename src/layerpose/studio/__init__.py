"""Web pages: served by FastAPI, complete in themselves, nothing fetched from elsewhere."""
