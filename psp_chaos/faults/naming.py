"""What to say to somebody who has misspelt a name: which one was probably meant, and which exist."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches


def unknown(given: Iterable[str], *, known: Iterable[str], what: str = "") -> str:
    """Return the message for names that do not exist; `what` says what they would be names of."""
    names, choices = list(given), list(known)
    meant = dict.fromkeys(match for name in names for match in get_close_matches(name, choices, n=1))
    hint = f" (did you mean {', '.join(meant)}?)" if meant else ""
    noun = f"{what} " if what else ""
    return f"unknown {noun}{', '.join(names)}{hint}; choose from {', '.join(choices) or 'nothing'}"


def only(*known: str) -> Callable[[object], object]:
    """Make a validator that refuses a mapping with other keys than these."""

    def refuse_other_names(value: object) -> object:
        if isinstance(value, Mapping):
            others = [str(name) for name in value if name not in known]
            if others:
                raise ValueError(unknown(others, known=known))
        return value

    return refuse_other_names
