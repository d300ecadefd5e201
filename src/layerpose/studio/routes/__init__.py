"""Addresses of the page's server -> who answers; nothing is worked out here."""
