"""Complaints, one module a kind of act; ``standing`` says to each of them who may."""
