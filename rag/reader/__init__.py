"""The trained model that reads: which words of a passage answer a question, and whether a statement stands."""
