"""In: the settings of an index, the folders it is made of, and what the index in use holds.

Out: a new generation in step with the folders, or what would be done to make one, and a report of it.
May import: `index.document`, `index.folder`, `index.readers`, `index.cut`, `index.vectors`, `index.store`.
"""
