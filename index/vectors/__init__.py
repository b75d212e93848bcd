"""In: texts to embed, and vectors to keep under ids.

Out: an embedding model, and the nearest vectors, by Chroma in this process or on a server.
May import: `index.keys`, which masks a server's token.
"""
