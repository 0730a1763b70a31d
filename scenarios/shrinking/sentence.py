"""What a small run takes, in one sentence."""

from collections import Counter
from collections.abc import Iterator

from scenarios.shrinking.oracle import Trial

_WORDS = {"create": "click", "refund": "request for a refund", "cancel": "request for a cancel"}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def what_it_takes(trial: Trial) -> str:
    """Return the sentence, such as "It takes one customer, two clicks and one drop-after to break I1."."""
    parts = list(_parts(trial))
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"It takes {listed} to break {' and '.join(trial.broken)}."


def _parts(trial: Trial) -> Iterator[str]:
    rows = trial.recording.diary
    yield _counted(len({row["customer"] for row in rows}), "customer")
    actions = Counter(_WORDS[row["action"]] for row in rows if row["action"] in _WORDS)
    for word, count in actions.items():
        yield _counted(count, word)
    strikes = Counter(str(bite["kind"]) for bite in trial.recording.faults)
    for kind, count in strikes.items():
        yield f"{_number(count)} {kind}"


def _counted(count: int, word: str) -> str:
    first, *rest = word.split(" ")
    plural = " ".join([f"{first}s", *rest])
    return f"{_number(count)} {word if count == 1 else plural}"


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"
