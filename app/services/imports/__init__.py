"""Imports of spreadsheets: a file is uploaded, its columns matched, checked, confirmed, and written in one transaction.

One file a kind declares its columns, judges rows and writes them (``areas``, ``units`` …); ``registry`` knows all of
them, so that a new kind is one file and one line. All else is the same for every kind.
"""
