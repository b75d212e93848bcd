"""Documents that are made to be measured with: the truth of each is known, since it was written from it."""
