"""In: the folders and files a person has named, and the patterns that keep some of their files out.

Out: which files there are, what changes under them, and whether too much is gone at once. No file is read here.
May import: no other room.
"""
