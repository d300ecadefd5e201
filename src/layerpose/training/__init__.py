"""Losses, recipes, loop, checkpoints."""
