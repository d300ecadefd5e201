"""A person's frames, kept with a model that knows them; which of them is closest to a pose."""
