"""What the nemeses of both worlds have in common: when a fault strikes, what becomes of processes, and the bites."""
