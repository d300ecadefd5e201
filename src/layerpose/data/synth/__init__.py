"""Assets and motion -> dressed, textured, lit people with exact bodies: an endless training set."""
