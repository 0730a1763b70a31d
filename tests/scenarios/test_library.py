"""The library: what each scenario is about really happens in it, and a sound service ends as it says."""

import re
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from psp_chaos.faults.menu import MENU
from reports.verdict import judge
from scenarios.library import LIBRARY, NAMES, guide
from scenarios.scenario_file import SUFFIX, parse_scenario
from scenarios.schema import schema, schema_text

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = Path(guide.__file__).parent
FEW = {"customers": "12", "ends_when_quiet": "true"}
SEEDS = {"late-capture": 3, "search-lag": 4, "settlement-drift": 2}  # else 1; here that bites only with larger crowds
DAYS_LONG = {"refund-fails-later"}  # a few customers are enough, and what costs is the days

# The faults that each scenario is about: they bite in a run with few customers too.
ABOUT = {
    "duplicate-clicks": {"psp-slow", "webhook-twice"},
    "lost-webhooks": {"webhook-lost", "webhook-late"},
    "latency-spikes": {"psp-spike", "hang-after", "reordered"},
    "dying-machines": {"service-dies", "worker-dies", "service-stops", "worker-stops", "deployment"},
    "lying-clocks": {"service-skewed", "worker-skewed", "service-jumps", "worker-jumps"},
    "failing-database": {"database-stalls", "database-down", "failover", "killed-after-commit"},
    "broken-network": {"packet-lost", "reset-before", "reset-after", "sent-twice", "psp-cut-off"},
    "racing-refunds": {"psp-slow", "webhook-twice"},
    "second-thoughts": {"psp-slow", "answer-lost", "request-lost", "webhook-lost"},
    "silent-capture": {"answer-lost", "answer-too-late", "error-remembered", "webhook-lost"},
    "late-capture": {"captured-later", "rolled-back"},
    "psp-outage": {"psp-down", "psp-limping", "psp-slow"},
    "retry-storm": {"events-pile-up", "events-at-once"},
    "forgetful-psp": {"answer-lost", "error-remembered"},
    "keyless-psp": {"answer-lost", "keys-ignored"},
    "search-lag": {"list-behind", "old-picture", "error-remembered"},
    "settlement-drift": {"line-missing", "line-doubled", "line-wrong", "line-late"},
    "refund-fails-later": {"refund-fails"},
    "forged-webhooks": {"forged", "forged-unknown", "wrong-secret", "overheard"},
    "key-collisions": {"psp-slow", "answer-lost"},
    "split-brain-workers": {"worker-stops", "worker-skewed", "webhook-lost"},
    "rolling-deploy": {"service-deployed", "workers-deployed"},
    "crash-loop": {"service-crash-loop", "worker-crash-loop"},
    "database-failover": {"failover"},
    "clock-skew": {"service-skewed", "worker-skewed"},
    "deaf-merchants": {
        "merchant-fails",
        "merchant-fails-after",
        "merchant-answer-lost",
        "merchant-down",
        "service-dies",
    },
    "black-friday": {"psp-slow", "throttled", "database-slow"},
    "kitchen-sink": {"psp-slow", "webhook-lost", "service-dies", "worker-jumps", "failover", "packet-lost"},
}
# What must not bite: a sound service gives it no occasion.
NEVER = {"forgetful-psp": {"keys-forgotten"}, "search-lag": {"search-behind"}}


@pytest.mark.parametrize("name", LIBRARY)
def test_what_it_is_about_happens_and_a_sound_service_ends_as_it_says(name, stage):
    few = {**FEW, "customers": "5"} if name in DAYS_LONG else FEW
    recording = stage.perform(LIBRARY[name].with_changes(few), seed=SEEDS.get(name, 1))

    verdict = judge(recording.record().evidence)
    bitten = {bite["fault"] for bite in recording.faults}
    assert {check.id for check in verdict.checks if check.validity not in ("valid", None)} == set()
    assert ABOUT[name] <= bitten
    assert not NEVER.get(name, set()) & bitten


def test_merchants_use_the_same_keys_and_are_answered_each_for_themselves(stage):
    recording = stage.perform(LIBRARY["key-collisions"].with_changes(FEW), seed=2)

    created = [row for row in recording.diary if row["action"] == "create"]
    users = {key: {row["customer"] for row in created if row["key"] == key} for key in {row["key"] for row in created}}
    rows = {(row["merchant_id"], row["key"]) for row in recording.service["idempotency_keys"]}
    assert max(map(len, users.values())) == 4
    assert {merchant for merchant, _ in rows} == {f"merchant_{number}" for number in range(1, 5)}
    assert judge(recording.record().evidence).validity == "valid"


def test_the_rush_comes_when_the_profile_says(stage):
    profile = LIBRARY["black-friday"].with_changes({"customers": "60", "faults": "[]", "scripts": '{"patient": 1}'})
    recording = stage.perform(profile.with_changes({"ends_when_quiet": "true"}), seed=1)

    part_us = profile.storm_s * 1e6 / len(profile.arrivals)
    firsts = {row["customer"]: row["asked_at_us"] for row in reversed(recording.diary)}
    parts = [int((at_us - recording.started_at_us) / part_us) for at_us in firsts.values()]
    in_the_rush = sum(part in (3, 4, 5) for part in parts)
    assert len(parts) == 60
    assert in_the_rush > 30


def test_the_readme_names_them_all():
    readme = (DOCS.parent / "README.md").read_text()

    assert [name for name in LIBRARY if f"`{name}`" not in readme] == []
    assert "Twenty-eight scenarios" in readme
    assert len(LIBRARY) == 28


@pytest.mark.parametrize("scenario", LIBRARY.values(), ids=LIBRARY)
def test_each_tells_its_story_and_what_it_proves(scenario):
    assert scenario.title
    assert len(scenario.story) > 150
    assert len(scenario.proves) > 60
    assert scenario.defect is None
    assert len({incident.link for incident in scenario.incidents}) == len(scenario.incidents)


def test_the_library_is_its_files_and_the_table_of_what_they_are_about_is_whole():
    assert sorted(NAMES) == sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}"))
    assert set(ABOUT) == set(NAMES)
    assert all(ABOUT[name] <= {fault.id for fault in LIBRARY[name].faults} for name in NAMES)


def test_almost_every_fault_of_the_psp_is_used_by_some_scenario():
    used = {fault.kind for scenario in LIBRARY.values() for fault in scenario.psp_faults}

    assert set(MENU) - used == {"slow-answer", "doubled-anew", "endpoint-disabled"}


def test_the_guide_is_what_the_files_say_and_its_example_is_a_scenario():
    text = (DOCS / "scenarios.md").read_text()
    (example,) = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)

    assert text == guide.guide(), "write it anew: python -m scenarios.library.guide > docs/scenarios.md"
    assert parse_scenario(example, name="storm.toml", stem="storm").faults[0].id == "webhook-lost"


def test_the_published_schema_is_what_the_models_say():
    text = (DOCS / "scenario.schema.json").read_text()

    assert text == schema_text(), "write it anew: python -m scenarios.schema > docs/scenario.schema.json"


def test_the_schema_takes_the_library_and_refuses_what_is_misspelt():
    validator = Draft202012Validator(schema())
    texts = {path.stem: path.read_text() for path in FOLDER.glob(f"*{SUFFIX}")}
    misspelt = texts["lost-webhooks"].replace("probability", "probabilty")

    Draft202012Validator.check_schema(validator.schema)
    assert [name for name, text in texts.items() if not validator.is_valid(tomllib.loads(text))] == []
    assert not validator.is_valid(tomllib.loads(misspelt))
