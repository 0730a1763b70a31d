"""The money: what was taken, returned, denied and paid out, and what is reported about it."""
