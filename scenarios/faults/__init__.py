"""What may go wrong with processes, clocks, the database, the network and merchants. All of it is plain data."""
