"""Videos and photos of people -> a data set of true pairs, as the paper's own sport set was made."""
