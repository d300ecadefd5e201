"""Several systems, trained and measured alike: the paper's Tables II and IV."""
