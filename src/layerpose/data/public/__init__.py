"""DeepFashion and Human3.6M -> data sets."""
