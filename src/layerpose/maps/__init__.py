"""Mesh -> parsing, depth, heatmaps, crops and correspondence."""
