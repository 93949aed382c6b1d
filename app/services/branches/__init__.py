"""Functional branches of grids, one module a kind of act; ``standing`` says to each of them who may.

Locks in one order: the membership, then the branch, then what belongs to it. Whoever puts somebody into a branch locks
both; whoever ends a membership or moves it holds it locked already and calls ``places.settle``.
"""
