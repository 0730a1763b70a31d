"""Summaries as a sweep and a matrix write them, and what a test wants to know of a page."""

import json
from pathlib import Path

import pytest

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>&lt;$x$\u202e'


def _made_well(outline):
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    labels = [attributes["aria-labelledby"] for _, attributes in outline.tags if "aria-labelledby" in attributes]
    policy = next(meta["content"] for meta in outline.all("meta") if "http-equiv" in meta)
    assert outline.open == []
    assert len(ids) == len(set(ids))
    assert set(labels) <= set(ids)
    assert len(outline.all("h1")) == 1
    assert len(outline.all("table")) == len(outline.all("caption"))
    assert all(header.get("scope") in ("col", "row", "rowgroup") for header in outline.all("th"))
    assert all(drawing["role"] == "img" and drawing["aria-label"] for drawing in outline.all("svg"))
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    assert outline.all("script") == outline.all("link") == outline.all("img") == []
    assert not [name for _, attributes in outline.tags for name in attributes if name.startswith("on")]
    return outline


@pytest.fixture
def assert_well_made(outline_of):
    """Assert what holds for every page: closed, labelled, nothing from elsewhere, nothing that runs."""
    return lambda page: _made_well(outline_of(page))


@pytest.fixture
def hostile():
    return HOSTILE


def failing_run(rank: int, *, seed: int, first_s: float | None = 12.5, **fields) -> dict:
    validity = "unknown" if first_s is None else "invalid"
    broken = {} if first_s is None else {"I10": first_s + 1, "I4": first_s}
    return {
        "rank": rank,
        "scenario": "lost-webhooks",
        "seed": seed,
        "validity": validity,
        "first_breach_s": first_s,
        "broken": broken,
        "note": "" if broken else "I8: nobody can tell",
        "command": f"paystorm run lost-webhooks --seed {seed} --standard --swarm",
        "folder": None,
        "report": None,
    } | fields


@pytest.fixture
def summary() -> dict:
    """A sweep of two scenarios in which three runs of one broke and one could not be settled."""
    failing = [failing_run(rank, seed=40 + rank, first_s=first_s) for rank, first_s in enumerate((3.0, 7.5, 61), 1)]
    return {
        "format": 1,
        "exit_code": 1,
        "command": "paystorm sweep all --seeds 1..100",
        "folder": "runs/sweep-all-1-100",
        "scenarios": ["lost-webhooks", "duplicate-clicks"],
        "seeds": [1, 100],
        "swarm": True,
        "changes": {"storm_s": "20"},
        "jobs": 2,
        "is_complete": True,
        "runs": {
            "wanted": 200,
            "judged": 200,
            "resumed": 0,
            "valid": 196,
            "unknown": 1,
            "invalid": 3,
            "unfinished": 0,
        },
        "by_scenario": [
            {"scenario": "lost-webhooks", "valid": 96, "unknown": 1, "invalid": 3},
            {"scenario": "duplicate-clicks", "valid": 100, "unknown": 0, "invalid": 0},
        ],
        "findings": {"I10": 3, "I4": 3},
        "failing": [*failing, failing_run(4, seed=99, first_s=None)],
        "unfinished": [],
        "repetitions": {"wanted": 10, "done": 10, "different": 0},
        "differences": [],
        "canary": {"found": True, "broken": ["I1"], "command": "paystorm run canary"},
        "counts": {"requests": 4_000, "faults": 70},
        "faults": {"webhook lost": 50, "reply drop-after": 20},
        "seeds_per_hour": 20_000,
        "wall_s": 36.0,
    }


@pytest.fixture
def sound(summary) -> dict:
    """The same sweep, if nothing had been found."""
    summary["runs"] |= {"valid": 200, "unknown": 0, "invalid": 0}
    summary["by_scenario"] = [
        {"scenario": name, "valid": 100, "unknown": 0, "invalid": 0} for name in summary["scenarios"]
    ]
    return summary | {"exit_code": 0, "findings": {}, "failing": []}


def trial(defect: str, *, state: str = "found", **fields) -> dict:
    found = state == "found"
    return {
        "defect": defect,
        "what": f"What {defect} does.",
        "seen_in": "somebody's code",
        "breaks": ["I1", "I9"],
        "state": state,
        "scenario": "lost-webhooks",
        "changes": {},
        "seeds_tried": 2,
        "seed": 2 if found else None,
        "broken": {"I1": 3.5, "I4": 9.0} if found else {},
        "first_breach_s": 3.5 if found else None,
        "cpu_s": 0.4,
        "command": f"paystorm run lost-webhooks --defect {defect}" if found else None,
        "sound": {"seeds_tried": 2, "findings": 0, "cpu_s": 0.3, "commands": []},
    } | fields


@pytest.fixture
def matrix() -> dict:
    """A kill matrix of three defects in two habitats, all found."""
    rows = [
        trial("key-per-try", seeds_tried=1, seed=1),
        trial("always-200"),
        trial("late", scenario="clocks", seeds_tried=9, seed=9),
    ]
    totals = {"format": 1, "found": 3, "survived": [], "awaits": [], "open": [], "sound_findings": 0}
    return totals | {"seeds_median": 2, "runs": 18, "runs_cpu_s": 2.1, "cpu_s": 4.0, "rows": rows}


@pytest.fixture
def folder_with(tmp_path):
    """Write a summary into a folder."""

    def make(name: str, content: object) -> Path:
        folder = tmp_path / "folder"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content))
        return folder

    return make
