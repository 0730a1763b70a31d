"""Delivery: events on their way to the merchant's endpoints, as rows that survive the process."""
