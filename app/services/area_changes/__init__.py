"""Changing the tree of areas: adding, editing, moving, merging, splitting, closing; nothing is ever deleted.

What an area was called and where it hung is remembered by the database itself (``area_period``), whoever writes.
"""
