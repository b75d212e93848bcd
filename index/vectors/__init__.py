"""In: texts to embed, and vectors to keep under ids.

Out: an embedding model, vectors of passages and of their lines, and the nearest, by Chroma here or on a server.
May import: `index.keys`, which masks a server's token.
"""
