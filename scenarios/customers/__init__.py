"""Customers: pure scripts that say what they do next, and never how, when or over which wire."""
