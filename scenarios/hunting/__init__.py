"""Hunting: looking for a run that breaks something, where one seed after the other would take too long.

`plan` says what is hunted, `variation` makes candidates out of nothing or out of others, `corpus` knows what was
reached and what is worth being varied, `hunt` performs them in rounds on the playhouses of a campaign, `folder` writes
all of it down, `summary` says what it came to.
"""

from scenarios.hunting.folder import HuntFolder
from scenarios.hunting.hunt import Hunt
from scenarios.hunting.plan import HuntPlan
from scenarios.hunting.tried import Tried

__all__ = ["Hunt", "HuntFolder", "HuntPlan", "Tried"]
