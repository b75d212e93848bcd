"""What a collection is made of, and how a person changes it."""
