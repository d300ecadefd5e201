"""The machine: what is kept on it, its memory, its processes and clusters, the numbers it is fast in."""
