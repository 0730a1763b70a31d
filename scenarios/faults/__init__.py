"""What may go wrong on our own side: processes, clocks, the database, the network. All of it is plain data."""
