"""The command `paystorm`."""
