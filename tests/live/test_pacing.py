"""A scenario at live pace: shorter, never milder."""

import pytest

from psp_chaos.faults import FaultSpec
from scenarios.library import LIBRARY
from scenarios.live.pacing import FAIR_WEATHER, LONGEST_DELAY_S, PROMISE_S, at_live_pace
from service.settings import Settings


@pytest.mark.parametrize("name", LIBRARY)
def test_no_delay_of_any_fault_is_longer_than_the_longest(name):
    paced = at_live_pace(LIBRARY[name], users=5, duration_s=10)

    for fault in paced.faults:
        spans = [value for key, value in fault.fault().model_dump().items() if key.endswith("_s") and value is not None]
        assert all((max(span) if isinstance(span, tuple) else span) <= LONGEST_DELAY_S for span in spans)
        assert not fault.window


@pytest.mark.parametrize("name", LIBRARY)
def test_the_faults_stay_as_many_and_as_likely(name):
    paced = at_live_pace(LIBRARY[name], users=5, duration_s=10)

    assert [(f.id, f.kind, f.probability, f.selector) for f in paced.faults] == [
        (f.id, f.kind, f.probability, f.selector) for f in LIBRARY[name].psp_faults
    ]


def test_a_span_keeps_its_proportion():
    late = FaultSpec(id="late", where="webhook", kind="late", parameters={"delay_s": [60, 600]})

    paced = at_live_pace(FAIR_WEATHER.model_copy(update={"faults": (late,)}), users=1, duration_s=1)

    assert paced.faults[0].parameters["delay_s"] == [LONGEST_DELAY_S / 10, LONGEST_DELAY_S]


def test_the_defaults_of_a_kind_are_shortened_too():
    late = FaultSpec(id="late", where="webhook", kind="late")

    paced = at_live_pace(FAIR_WEATHER.model_copy(update={"faults": (late,)}), users=1, duration_s=1)

    assert paced.faults[0].fault().delay_s[1] == LONGEST_DELAY_S


def test_the_service_is_given_short_patience_but_keeps_what_has_nothing_to_do_with_time():
    scenario = FAIR_WEATHER.model_copy(update={"service": {"worker_batch": 7, "lease_s": 900}})

    paced = at_live_pace(scenario, users=1, duration_s=1)

    assert paced.service["worker_batch"] == 7
    assert paced.service["lease_s"] < 900


def test_the_service_accepts_its_settings():
    addresses = {"database_url": "postgresql+asyncpg://host/db", "psp_base_url": "http://host"}

    settings = Settings(
        **addresses,
        psp_api_key="sk_test_x",
        psp_webhook_secret="whsec_x",
        **at_live_pace(FAIR_WEATHER, users=1, duration_s=1).service,
    )

    assert settings.lease_s > 2 * settings.psp_timeout_s


def test_the_promise_is_a_minute_after_the_load():
    paced = at_live_pace(LIBRARY["lost-webhooks"], users=20, duration_s=8)

    assert (paced.customers, paced.storm_s, paced.calm_s, paced.final_within_s) == (20, 8, PROMISE_S, PROMISE_S)
