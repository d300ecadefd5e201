"""Video files and moving pictures -> upright frames of square pixels in sRGB, with their times."""
