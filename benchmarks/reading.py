"""What was read off at one size of books, round by round."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One figure, once for each round."""

    what: str
    unit: str
    is_rate: bool  # the more the better, so its change with the size of the books tells something
    values: list[float] = field(default_factory=list)


class Readings:
    """Collects values under their names, in the order in which these first came."""

    def __init__(self) -> None:
        self._readings: dict[str, Reading] = {}

    def add(self, what: str, unit: str, value: float, *, is_rate: bool = False) -> None:
        """Note a value of this round."""
        self._readings.setdefault(what, Reading(what=what, unit=unit, is_rate=is_rate)).values.append(value)

    def all(self) -> list[Reading]:
        """Return everything."""
        return list(self._readings.values())
