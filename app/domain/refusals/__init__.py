"""Parts of the catalogue of refusals, by what they are about (pure)."""
