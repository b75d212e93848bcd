"""Conversations: held, kept, reopened, exported; and what a person says of an answer."""
