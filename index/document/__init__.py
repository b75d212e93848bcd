"""In: nothing but values. What a document is made of: its blocks, headings, tables and pages, and the dates it prints.

Out: `Blocks`, `Structure`, the layout as one line of JSON, dates in ISO form, all by offsets into decoded text.
May import: no other room.
"""
