"""Photo -> Body and source parsing: landmarks, mask, fit, matte, parsing; `estimate.estimate` runs them all."""
