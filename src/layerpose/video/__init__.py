"""Photo + motion -> video: frames drawn, laid over a background, kept until all are there, and encoded."""
