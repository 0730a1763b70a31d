"""What a load test is doing to the money, while it goes on: the program behind the tab on Locust's pages.

It is a process of its own and of low priority, so that its work disturbs neither Locust's measurement nor the
supervisor: `sources` read what is new of everybody's diaries, `ledger` keeps it by purchase, `reckoning` holds what has
changed against the judge's own rules, `board` is what the page shows. `switchboard` turns faults of the PSP on and off.
"""
