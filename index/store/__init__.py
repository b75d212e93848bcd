"""In: documents as they were read and cut, with their vectors.

Out: the corpus in SQLite, the caches made from it, and whole generations: published, opened, checked, mended.
May import: `index.document`, `index.folder`, `index.readers`, `index.cut`, `index.words`, `index.vectors`.
"""
