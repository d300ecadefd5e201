"""The paper's Fig. 2, one file per box: coarse, layers, fuse; and the model that runs all three."""
