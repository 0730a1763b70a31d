"""Every planted defect is found in its habitat within a few seeds, and the sound service is acquitted there."""

import re
from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from reports.checks import CHECKS
from reports.evidence import Evidence
from reports.verdict import Verdict, judge
from scenarios.campaign.planting import planted, scenario_in
from scenarios.defects import DEFECTS, Defect
from scenarios.virtual.stage import Stage
from service.errors import SignatureRefused
from service.wiring import create_schema

SEEDS_MAX = 5
CHECKED = {check.id for check in CHECKS}
TO_BE_FOUND = {name: defect for name, defect in DEFECTS.items() if defect.breaks & CHECKED}


def live(stage: Stage, defect: Defect, *, seed: int, is_planted: bool) -> Evidence:
    """One run in a defect's habitat, with it or without."""
    changes = planted(defect) if is_planted else defect.habitat.changes
    return stage.perform(scenario_in(defect.habitat, changes), seed=seed).record().evidence


def findings(verdict: Verdict) -> dict[str, object]:
    return {check.id: check.finding for check in verdict.checks if check.finding is not None}


@pytest.mark.parametrize("defect", TO_BE_FOUND.values(), ids=TO_BE_FOUND)
def test_every_defect_is_found_in_its_habitat_and_the_sound_service_holds_there(defect, stage):
    for seed in range(1, SEEDS_MAX + 1):
        sound = judge(live(stage, defect, seed=seed, is_planted=False))
        found = findings(judge(live(stage, defect, seed=seed, is_planted=True)))
        assert sound.validity == "valid", sound.to_json()
        if found:
            break

    assert defect.breaks & found.keys(), f"{defect.id} broke {sorted(found)}"
    assert all(finding.worst.payment_id or finding.worst.order_id for finding in found.values())
    assert all(finding.story for finding in found.values())


def test_there_are_as_many_as_were_seen_and_each_tells_where():
    assert len(DEFECTS) == 36
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in DEFECTS)
    assert all(defect.what.endswith(".") and defect.seen_in and defect.breaks for defect in DEFECTS.values())
    assert all(name == defect.id for name, defect in DEFECTS.items())


def test_whoever_reads_one_page_of_the_settlement_misses_what_is_on_the_others(stage):
    defect = DEFECTS["reconciler-one-page"]

    sound, spoilt = (live(stage, defect, seed=1, is_planted=is_planted) for is_planted in (False, True))

    wrong = sum(bite.fault == "row-wrong" for bite in sound.faults)
    found = [Counter(one.kind for one in run.service.discrepancies or ())["line-wrong"] for run in (sound, spoilt)]
    assert wrong == found[0] > found[1]


def test_whoever_sends_any_signature_is_believed():
    glance = DEFECTS["signature-by-presence"].parts.signature(secret="whsec_ours", tolerance_s=300)

    glance.verify("t=1,v1=00", b"{}", now_us=10**15)
    with pytest.raises(SignatureRefused):
        glance.verify(None, b"{}", now_us=10**15)


def test_an_event_that_comes_three_times_is_booked_three_times(stage):
    defect = DEFECTS["webhook-not-deduplicated"]

    runs = [live(stage, defect, seed=3, is_planted=is_planted) for is_planted in (False, True)]

    shares = [{one.captured_minor / one.amount_minor for one in run.service.payments or ()} for run in runs]
    assert shares[0] == {1}
    assert max(shares[1]) == 3


GUARDS = """
SELECT (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal),
       (SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0 AND conname NOT LIKE '%_is_a_word'),
       (SELECT count(*) FROM pg_constraint WHERE contype IN ('p', 'u', 'f') AND conrelid <> 0)
"""


async def test_a_schema_without_guards_has_its_keys_and_neither_triggers_nor_checks(empty_database):
    engine = create_async_engine(empty_database)
    (changes,) = DEFECTS["webhook-not-deduplicated"].schema_changes

    await create_schema(engine)
    counts = []
    for statement in (None, changes):
        async with engine.begin() as connection:
            if statement is not None:
                await connection.execute(text(statement))
            counts.append((await connection.execute(text(GUARDS))).one())
    await engine.dispose()

    (triggers, checks, keys), after = counts
    assert triggers > 5
    assert checks > 5
    assert tuple(after) == (0, 0, keys)
