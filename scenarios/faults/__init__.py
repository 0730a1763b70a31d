"""What may go wrong with processes, clocks, the database and the network, and with merchants; all of it is plain data."""
