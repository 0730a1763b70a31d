"""Virtual time on a real PostgreSQL: whole systems run, crash and repeat, to the nanosecond, from one seed.

Start at `world.py`. `loop.py` decides the order of everything; `postgres.py` and `connection.py` keep a real server in
that order, `locks.py` knows who waits for whom; `network.py` carries HTTP; `processes.py` is what can be killed;
`tripwires.py` is the fence around it all.
"""
