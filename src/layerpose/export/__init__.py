"""What was read or fitted -> files for other programs."""
