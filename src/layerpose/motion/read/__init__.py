"""Files of poses -> `Clip`: a file a format, `opening` chooses by content."""
