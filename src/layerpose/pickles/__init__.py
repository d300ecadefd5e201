"""Strangers' pickles -> plain data, without running any of them."""
