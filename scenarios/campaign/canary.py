"""The canary: one run of every sweep has a known defect planted, and if nothing is found there, nothing is proven.

A judge that has gone blind, or runs in which nothing happens, look like a system that holds. The canary bites every
customer of every seed, and its run is small: it costs a sweep about half a second.
"""

from scenarios.campaign.orders import Order
from scenarios.campaign.planting import trial
from scenarios.defects import DEFECTS

CANARY = DEFECTS["psp-key-outlived"]
_SEED = 1


def canary_order() -> Order:
    """Return the order for the canary's run."""
    return trial(CANARY, name="canary", seed=_SEED)
