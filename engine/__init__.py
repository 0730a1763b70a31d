"""The engine decides what happens to a payment; it imports no framework and never asks the time by itself."""
