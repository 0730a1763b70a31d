"""Keeping: where rows lie while the PSP runs, and where they lie to survive it."""
