"""Photos, pictures and videos in files <-> numbers; where results may be written."""
