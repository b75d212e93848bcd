"""Counting, listing and adding up over a whole table, by code that shows which rows it took."""
