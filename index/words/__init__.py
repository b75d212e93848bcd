"""In: texts of passages, and questions.

Out: their words, cut and stemmed in one way, and the passages that share them, by BM25.
May import: no other room.
"""
