"""The command that has one run of a sweep again, whatever the seed drew for it."""

import json
import shlex
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from scenarios.library import find_scenario
from scenarios.spec import Scenario
from scenarios.swarm import draw_swarm

type _Plan = Mapping[str, JsonValue]


def command_of(scenario: Scenario, *, seed: int, drawn_from: Scenario | None) -> str:
    """Return a `paystorm run` that performs exactly this scenario with this seed.

    Args:
        scenario: What was performed.
        seed: With which seed.
        drawn_from: What the seed's swarm was drawn upon, if there was one. Drawing it again is the shorter command; but
            what is set by hand is left alone by the draw, and so not every draw can be had again.
    """
    if drawn_from is not None:
        changes = changes_to(drawn_from)
        if drawn_from.with_changes(draw_swarm(drawn_from, seed, fixed=changes).changes) == scenario:
            return _run(scenario.name, "--swarm", seed=seed, changes=changes)
    return _run(scenario.name, seed=seed, changes=changes_to(scenario))


def changes_to(scenario: Scenario) -> dict[str, str]:
    """Return what `--set` makes of the library's scenario to turn it into this one."""
    own = find_scenario(scenario.name).model_dump(mode="json")
    return {key: _text(value) for key, value in _between(own, scenario.model_dump(mode="json"))}


def _run(name: str, *flags: str, seed: int, changes: Mapping[str, str]) -> str:
    words = ["paystorm", "run", name, "--seed", str(seed), *flags]
    for key, value in changes.items():
        words += [f"--{key}", value] if key in {"customers", "defect"} else ["--set", f"{key}={value}"]
    return shlex.join(words)


def _between(one: _Plan, other: _Plan) -> Iterator[tuple[str, JsonValue]]:
    for key, value in other.items():
        match one.get(key), value:
            case before, after if before == after:
                continue
            case dict(before), dict(after) if before.keys() <= after.keys() and not any("." in name for name in after):
                yield from ((f"{key}.{inner}", change) for inner, change in _between(before, after))
            case list(before), list(after) if _ids(before) and _ids(before) == _ids(after):
                for fault, changed in zip(_plans(before), _plans(after), strict=True):
                    yield from ((f"{key}.{_id(changed)}.{inner}", change) for inner, change in _between(fault, changed))
            case _:
                yield key, value


def _ids(items: list[JsonValue]) -> list[str]:
    """Return the ids by which `--set` tells faults apart; none if it cannot."""
    ids = [_id(plan) for plan in _plans(items)]
    return ids if len(ids) == len(items) and all(name and "." not in name for name in ids) else []


def _plans(items: list[JsonValue]) -> list[_Plan]:
    return [item for item in items if isinstance(item, dict)]


def _id(plan: _Plan) -> str:
    return str(plan.get("id", ""))


def _text(value: JsonValue) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # as a person would type it
    return value if isinstance(value, str) and _is_plain(value) else json.dumps(value, separators=(",", ":"))


def _is_plain(text: str) -> bool:
    """Tell whether a text stays a text when it is read as JSON."""
    try:
        json.loads(text)
    except ValueError:
        return True
    return False
