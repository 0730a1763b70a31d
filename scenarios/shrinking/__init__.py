"""Shrinking: the smallest scenario that still breaks what a run has broken.

`oracle` performs a candidate and tells whether it still does, `reductions` proposes smaller ones, one kind at a time,
and `behaviour` those in which customers do less; `candidates` has what both need, `subset` finds the part of a list
that is needed, `shrink` puts them together, and `sentence` says what it takes.
"""

from scenarios.shrinking.oracle import Oracle, Trial, Watcher
from scenarios.shrinking.sentence import what_it_takes
from scenarios.shrinking.shrink import shrink

__all__ = ["Oracle", "Trial", "Watcher", "shrink", "what_it_takes"]
