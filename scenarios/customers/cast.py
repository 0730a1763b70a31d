"""Who may appear in a scenario, by name."""

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

from scenarios.customers.actions import Script
from scenarios.customers.changed_order import changed_order
from scenarios.customers.closed_account import closed_account
from scenarios.customers.double_clicker import double_clicker
from scenarios.customers.impatient import impatient
from scenarios.customers.numbered import numbered
from scenarios.customers.patient import patient
from scenarios.customers.purchase import Purchase
from scenarios.customers.refunder import refunder
from scenarios.customers.second_card import second_card
from scenarios.customers.two_tabs import two_tabs

type Customer = Callable[[Purchase, random.Random], Script]

CAST: Mapping[str, Customer] = MappingProxyType(
    {
        "patient": patient,
        "double-clicker": double_clicker,
        "impatient": impatient,
        "two-tabs": two_tabs,
        "refunder": refunder,
        "second-card": second_card,
        "changed-order": changed_order,
        "numbered": numbered,
        "closed-account": closed_account,
    }
)
