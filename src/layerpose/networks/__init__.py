"""Bricks that know tensors, not people."""
