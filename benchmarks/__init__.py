"""Measurements: ratios taken side by side in one run, with medians; never assertions in tests."""
