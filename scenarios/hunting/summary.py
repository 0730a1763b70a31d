"""What a hunt came to, as plain data for build servers; `docs/hunting.md` explains the fields."""

from pydantic import JsonValue

from scenarios.hunting.folder import HuntFolder
from scenarios.hunting.hunt import Hunt
from scenarios.hunting.tried import Tried

_FORMAT = 1


def to_plain(hunt: Hunt, folder: HuntFolder, *, command: str, exit_code: int, wall_s: float) -> dict[str, JsonValue]:
    """Return the content of summary.json.

    Args:
        hunt: As far as it went.
        folder: Where it is written down.
        command: Goes on with it.
        exit_code: What the command ends with.
        wall_s: How long this session took.
    """
    return {
        "format": _FORMAT,
        "exit_code": exit_code,
        "command": command,
        "folder": str(folder.path),
        "runs": hunt.runs,
        "resumed": hunt.resumed,
        "features": hunt.corpus.features,
        "corpus": len(hunt.corpus.entries),
        "findings": [_told(one, folder) for one in hunt.findings],
        "unsettled": [_told(one, folder) for one in hunt.unsettled],
        "wall_s": round(wall_s, 3),
    }


def _told(tried: Tried, folder: HuntFolder) -> JsonValue:
    kept = folder.finding(tried)
    return {
        "run": tried.number,
        "scenario": tried.candidate.scenario,
        "seed": tried.candidate.seed,
        "how": tried.candidate.how,
        "parent": tried.candidate.parent,
        "validity": tried.validity,
        "broken": [*sorted(tried.broken)],
        "note": tried.note,
        "command": tried.command,
        "folder": str(kept) if kept.exists() else None,
    }
