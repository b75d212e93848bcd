"""In: a document's text and what it is made of.

Out: spans: its articles with their bylines, its sentences, its passages, and what the searches are given of each.
May import: `index.document`.
"""
