"""Citations as they are written, and whether each statement stands on the words it cites."""
