"""The customer whose account is closed: refunds are made, and the bank sends the money back days later."""

import random
from dataclasses import replace

from scenarios.customers.actions import Script
from scenarios.customers.purchase import REFUND_FAILS, Purchase
from scenarios.customers.refunder import refunder


def closed_account(purchase: Purchase, draw: random.Random) -> Script:
    """Pay and want the money back, by a card to which none can go."""
    return refunder(replace(purchase, payment_method=REFUND_FAILS), draw)
