"""Photos as users have them: files of any kind -> pictures in sRGB, and back into the file's own size and colours."""
