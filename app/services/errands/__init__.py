"""Errands (全程代理): what staff let helpers do for residents with their papers."""
