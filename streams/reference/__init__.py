"""Versioned reference data and look-ups: substances, units, places, identifiers, names, agencies. `load.load()` gives them all."""
