"""Which passages bear on a question, and how much of it each of their sentences says."""
