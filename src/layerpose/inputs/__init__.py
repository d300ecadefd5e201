"""What a user names, a pose, a motion or a body -> what it is."""
