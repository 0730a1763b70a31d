"""Scenarios as tests: a pytest plugin. Nothing of Paystorm is imported before a test asks for a run."""
