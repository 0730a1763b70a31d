"""Locust's users as checkouts: customers come to each one after the other, and every customer makes one purchase.

`paystorm load` runs this. It also runs by itself against any address: `locust -f scenarios/live/locustfile.py --host …`
with the variables of `LoadSettings`.
"""

import itertools
import os
import sys
import time
import traceback

import gevent
from flask import Response
from locust import HttpUser, events, task
from locust.env import Environment

from scenarios.customers.cast import CAST
from scenarios.customers.client import PaystormClient
from scenarios.customers.diary import Author
from scenarios.customers.purchase import draw_purchase
from scenarios.customers.second_thoughts import script_of
from scenarios.library import find_scenario
from scenarios.live.diary_file import DiaryFile
from scenarios.live.driver import Driver
from scenarios.live.load_settings import LoadSettings
from scenarios.randomness import Streams

_FAREWELL_S = 0.5  # for the browser to get the page before the server ends


class LoadTest:
    """What all users share; this file is a program, so it exists once."""

    def __init__(self, settings: LoadSettings) -> None:
        self.scenario = find_scenario(settings.scenario)
        self.seed = settings.seed
        self.client = PaystormClient(api_key=settings.api_key)
        self.diary = DiaryFile(settings.diary, now_us=lambda: time.time_ns() // 1000)
        self.numbers = itertools.count(1)


LOAD_TEST = LoadTest(LoadSettings())  # type: ignore[call-arg]  # the values come from the environment


class Checkout(HttpUser):
    """One customer after the other; the next one comes when the last has seen how the payment ended."""

    def on_start(self) -> None:
        """Get a number; what customers do follows from the seed, this number and theirs."""
        self.number = _number_of(self.environment, next(LOAD_TEST.numbers))
        self.customers = itertools.count(1)
        # Or requests would look for a proxy, and for other credentials in ~/.netrc.
        self.client.trust_env = False
        self.driver = Driver(http=self.client, client=LOAD_TEST.client, diary=LOAD_TEST.diary)

    @task
    def purchase(self) -> None:
        """Let a customer come, buy and go."""
        scenario, name = LOAD_TEST.scenario, f"{self.number}-{next(self.customers)}"
        # Streams of its own for each purchase, so that none of them is kept for ever.
        streams = Streams(LOAD_TEST.seed)
        draw, regrets = streams.stream("live", "customer", name), streams.stream("live", "second thoughts", name)
        script = draw.choices(list(scenario.scripts), list(scenario.scripts.values()))[0]
        purchase = draw_purchase(draw, intent=f"order-{name}", declined_share=scenario.declined_share)
        has_regrets = regrets.random() < scenario.cancel_share
        performed = script_of(CAST[script], purchase, draw, regrets=regrets if has_regrets else None)
        self.driver.perform(Author(customer=f"customer/{name}", script=script), performed)


def _number_of(environment: Environment, number: int) -> str:
    """Return a number that no other process of this load gives as well; the first one counts as if it were alone."""
    index: int = getattr(environment.runner, "worker_index", 0)  # Locust's types do not know it
    return f"{number}" if index == 0 else f"{index}-{number}"


@events.user_error.add_listener  # type: ignore[untyped-decorator]  # Locust types in parts
def end_at_once(exception: Exception, **_: object) -> None:
    """End the program where a script or the driver is broken: whatever came after would prove nothing."""
    traceback.print_exception(exception)
    sys.stderr.flush()
    os._exit(1)  # without Locust's summary, so that the error is the last word in the log


@events.init.add_listener  # type: ignore[untyped-decorator]  # Locust types in parts
def offer_the_end(environment: Environment, **_: object) -> None:
    """Add to Locust's pages what they lack: a way to end the program, after which the run is judged."""
    web_ui = environment.web_ui
    if web_ui is None or web_ui.app is None:
        return
    # Shown in the tab "Download data".
    web_ui.template_args["extended_csv_files"] = [{"href": "/end", "title": "End the load and judge the run"}]

    def ask() -> Response:
        return _page('<form method="post"><button>End the load and judge the run</button></form>')

    def end() -> Response:
        gevent.spawn_later(_FAREWELL_S, _end, environment)
        return _page("The load has ended. The verdict appears in the terminal that started it.")

    web_ui.app.add_url_rule("/end", view_func=ask, methods=["GET"])
    web_ui.app.add_url_rule("/end", view_func=end, methods=["POST"])


def _end(environment: Environment) -> None:
    assert environment.runner is not None, "Locust makes a runner before it serves pages"
    assert environment.web_ui is not None, "only its page asks for this"
    environment.runner.quit()
    environment.web_ui.stop()  # type: ignore[no-untyped-call]  # Locust types in parts


def _page(content: str) -> Response:
    return Response(f"<!doctype html><title>Paystorm</title><main>{content}</main>", mimetype="text/html")
