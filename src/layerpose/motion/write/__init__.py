"""Motion -> files that other programs read."""
