"""A figure that was measured several times."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """What was measured, and every value that came out."""

    what: str
    unit: str
    values: tuple[float, ...]

    def as_row(self) -> dict[str, str | float]:
        """Return median and range, to three digits."""
        return {
            "what": self.what,
            "unit": self.unit,
            "median": _rounded(median(self.values)),
            "lowest": _rounded(min(self.values)),
            "highest": _rounded(max(self.values)),
        }


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
