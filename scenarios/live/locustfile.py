"""Locust's users as checkouts: customers come to each one after the other, and every customer makes one purchase.

`paystorm load` runs this. It also runs by itself against any address: `locust -f scenarios/live/locustfile.py --host …`
with the variables of `LoadSettings`.
"""

import itertools
import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from locust import HttpUser, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from scenarios.customers.cast import CAST
from scenarios.customers.diary import Author
from scenarios.customers.purchase import draw_purchase
from scenarios.customers.second_thoughts import script_of
from scenarios.library import LIBRARY
from scenarios.live.driver import Driver
from scenarios.live.load_pages import LoadPages
from scenarios.live.load_part import LoadPart
from scenarios.live.load_settings import LoadSettings
from scenarios.live.monitor_client import MonitorClient
from scenarios.live.remote_diary import Post, keep_notes_of_others
from scenarios.randomness import Streams

SETTINGS = LoadSettings()  # type: ignore[call-arg]  # the values come from the environment
SCENARIOS = tuple(dict.fromkeys([SETTINGS.scenario, *LIBRARY]))
MONITOR = None if SETTINGS.monitor_url is None else MonitorClient(SETTINGS.monitor_url, token=SETTINGS.monitor_token)
POST = Post()
PART = LoadPart(SETTINGS, post=POST)


class Checkout(HttpUser):
    """One customer after the other; the next one comes when the last has seen how the payment ended, or when due."""

    def on_start(self) -> None:
        """Get a number; what customers do follows from the seed, this number and theirs."""
        self.number = PART.next_user()
        self.customers = itertools.count(1)
        # Or requests would look for a proxy, and for other credentials in ~/.netrc.
        self.client.trust_env = False
        self.driver = Driver(http=self.client, client=PART.client, diary=PART.diary)

    @task
    def purchase(self) -> None:
        """Let a customer come, buy and go."""
        if PART.rate_per_s:
            number, due_at_us = PART.entrance.next()
            self._serve(f"{PART.number}-{number}", due_at_us)
        else:
            self._serve(f"{self.number}-{next(self.customers)}", None)

    def _serve(self, name: str, due_at_us: int | None) -> None:
        scenario = PART.scenario
        # Streams of its own for each purchase, so that none of them is kept for ever.
        streams = Streams(PART.seed)
        draw, regrets = streams.stream("live", "customer", name), streams.stream("live", "second thoughts", name)
        script = draw.choices(list(scenario.scripts), list(scenario.scripts.values()))[0]
        purchase = draw_purchase(draw, intent=f"order-{name}", declined_share=scenario.declined_share)
        has_regrets = regrets.random() < scenario.cancel_share
        performed = script_of(CAST[script], purchase, draw, regrets=regrets if has_regrets else None)
        self.driver.perform(Author(customer=f"customer/{name}", script=script), performed, due_at_us=due_at_us)


def _or_die(listener: Callable[..., None]) -> Callable[..., None]:
    """Return the listener so that its failure ends the program; Locust would log it, and go on with a wrong load."""

    def listening(*arguments: Any, **named: Any) -> None:
        try:
            listener(*arguments, **named)
        except Exception as error:  # noqa: BLE001 - the border; nothing that follows would prove anything
            _die(error)

    return listening


def _die(error: Exception) -> None:
    traceback.print_exception(error)
    sys.stderr.flush()
    os._exit(1)  # without Locust's summary, so that the error is the last word in the log


@events.user_error.add_listener  # type: ignore[untyped-decorator]  # Locust types in parts
def end_at_once(exception: Exception, **_: object) -> None:
    """End the program where a script or the driver is broken: whatever came after would prove nothing."""
    _die(exception)


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]  # Locust types in parts
def offer_choices(parser: LocustArgumentParser, **_: object) -> None:
    """Add the scenario to the form that starts a load, and what workers on other machines must hear of it."""
    parser.add_argument(
        "--scenario", choices=SCENARIOS, default=SETTINGS.scenario, help="whose customers come, and what breaks"
    )
    hidden: dict[str, Any] = {"seed": SETTINGS.seed, "rate": SETTINGS.rate_per_s, "parts": SETTINGS.parts}
    for name, value in hidden.items():
        parser.add_argument(f"--paystorm-{name}", type=type(value), default=value, include_in_web_ui=False)
    parser.add_argument("--paystorm-arrivals", default=SETTINGS.arrivals.value, include_in_web_ui=False)


@events.init.add_listener  # type: ignore[untyped-decorator]  # Locust types in parts
@_or_die
def prepare(environment: Environment, **_: object) -> None:
    """Complete Locust's pages; as a master, keep the diaries of workers elsewhere, and as such a worker send them."""
    if isinstance(environment.runner, MasterRunner):
        keep_notes_of_others(environment.runner, folder=Path())
    elif isinstance(environment.runner, WorkerRunner):
        POST.runner = environment.runner
    if environment.web_ui is not None:
        LoadPages(environment, scenarios=SCENARIOS, monitor=MONITOR).extend()


@events.test_start.add_listener  # type: ignore[untyped-decorator]  # Locust types in parts
@_or_die
def begin(environment: Environment, **_: object) -> None:
    """Take the chosen scenario: its customers come here, its faults are for the monitor to switch."""
    PART.begin(environment)
    if MONITOR is None:
        return
    try:
        MONITOR.begin(PART.name)
    except httpx.HTTPError:
        if PART.name != SETTINGS.scenario:
            raise  # then customers of one scenario would meet the faults of another
        logging.getLogger(__name__).warning("the monitor does not answer; the load goes on without it")


@events.spawning_complete.add_listener  # type: ignore[untyped-decorator]  # Locust types in parts
@_or_die
def open_the_doors(**_: object) -> None:
    """Let the first customer of an open model in when all users are there to serve."""
    PART.open()


@events.test_stopping.add_listener  # type: ignore[untyped-decorator]  # Locust types in parts
@_or_die
def close_the_doors(**_: object) -> None:
    """Note until when customers were let in."""
    PART.close()
