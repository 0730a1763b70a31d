"""Thresholds: bars that a run must clear besides the invariants, such as `heal_p99 < 10m`.

    MEASURE OP VALUE[unit]        latency_p95 <= 800ms     unknown_share < 1%     money_at_risk_max < 500.00 EUR

What a run has nothing to measure for is not met: a build must not pass on what could not be measured. Money is held
against a limit in its own currency, because sums of several currencies mean nothing.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import NoReturn, Self

from reports.errors import BadThreshold
from reports.money import decimals, format_money
from reports.quantities import MEASURES, Dimension, Measure, Measured
from reports.spans import duration


class Standing(StrEnum):
    """How a run stands to a threshold."""

    MET = "met"
    MISSED = "missed"
    UNMEASURED = "unmeasured"


_OPERATORS = {
    "<": float.__lt__,
    "<=": float.__le__,
    ">": float.__gt__,
    ">=": float.__ge__,
}
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
_WORDS = re.compile(
    r"""\s* (?P<measure> [\w-]* )
        \s* (?P<operator> [^\w\s.+-]* )
        \s* (?P<value> [\d.,+-]* )
        \s* (?P<unit> .*? ) \s*""",
    re.DOTALL | re.VERBOSE,
)
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_LIMIT_DIGITS_MAX = 18  # beyond it, no amount of money and no time of a run


@dataclass(frozen=True, kw_only=True, slots=True)
class ThresholdResult:
    """What a run came to, held against one threshold."""

    threshold: str  # as it is written, with one space between its words
    measure: str
    standing: Standing
    measured: Measured  # in seconds, as a share, a number or minor units
    sentence: str

    @property
    def is_met(self) -> bool:
        """Whether it is known to be met."""
        return self.standing is Standing.MET


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """One bar."""

    measure: Measure
    operator: str
    limit: int | float  # in seconds, as a share, a number or minor units
    written: str  # the limit as it was written
    currency: str | None = None  # of money

    def __str__(self) -> str:
        return f"{self.measure.name} {self.operator} {self.written}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the threshold that a text says.

        Raises:
            BadThreshold: It says none; the message names the column and the word.
        """
        words = _WORDS.fullmatch(text)
        assert words is not None, "every part may be empty, and the last one may be anything"
        measure, operator = _measure(words), _operator(words)
        limit, written, currency = _limit(words, measure)
        return cls(measure=measure, operator=operator, limit=limit, written=written, currency=currency)

    @property
    def key(self) -> str:
        """Under which its value stands among what was measured: the measure's name, of money with the currency."""
        return self.measure.name if self.currency is None else f"{self.measure.name} {self.currency}"

    def judge(self, measured: Mapping[str, Measured]) -> ThresholdResult:
        """Hold what was measured of a run against this threshold."""
        value = measured.get(self.key)
        if value is None:
            standing, told = Standing.UNMEASURED, f"could not be measured: the run has no {self.measure.needs}"
        else:
            is_met = _OPERATORS[self.operator](float(value), float(self.limit))
            standing, told = (Standing.MET if is_met else Standing.MISSED), f"was {self._told(value)}"
        return ThresholdResult(
            threshold=str(self),
            measure=self.measure.name,
            standing=standing,
            measured=value,
            sentence=f"{self.measure.name} {told}.",
        )

    def _told(self, value: float) -> str:
        if math.isinf(value):
            return "never reached"
        match self.measure.dimension:
            case Dimension.TIME:
                return duration(value)
            case Dimension.SHARE:
                return f"{value:.3%}"
            case Dimension.MONEY:
                return format_money(int(value), self.currency or "")
            case Dimension.NUMBER:
                return f"{value:,.6g}"


def _measure(words: re.Match[str]) -> Measure:
    name = words["measure"]
    if name not in MEASURES:
        close = get_close_matches(name, MEASURES, n=1)
        meant = f" (did you mean {close[0]}?)" if close else ""
        _refuse(words, "measure", f"no measure {name!r}{meant}; choose from {', '.join(MEASURES)}")
    return MEASURES[name]


def _operator(words: re.Match[str]) -> str:
    operator = words["operator"]
    if operator not in _OPERATORS:
        given = operator or words["value"] or "nothing"
        _refuse(words, "operator", f"expected one of {' '.join(_OPERATORS)} after {words['measure']}, found {given}")
    return operator


def _limit(words: re.Match[str], measure: Measure) -> tuple[int | float, str, str | None]:
    """Return the limit in the measure's own unit, as it was written, and its currency if it is money."""
    number, unit = words["value"], words["unit"]
    if _NUMBER.fullmatch(number) is None or len(number) > _LIMIT_DIGITS_MAX:
        given = f"{number}{unit}" or "nothing"
        _refuse(words, "value", f"expected a number such as {_example(measure)}, found {given}")
    match measure.dimension:
        case Dimension.TIME:
            return float(number) * _seconds(words, unit), f"{number}{unit}", None
        case Dimension.SHARE:
            return _share(words, number, unit), f"{number}{unit}", None
        case Dimension.MONEY:
            return _minor_units(words, number, unit), f"{number} {unit}", unit
        case Dimension.NUMBER:
            if unit:
                _refuse(words, "unit", f"{measure.name} is a number and has no unit, so {unit!r} is too much")
            return float(number), number, None


def _seconds(words: re.Match[str], unit: str) -> float:
    if unit not in _SECONDS:
        what = f"no unit {unit!r}" if unit else "a time needs a unit"
        _refuse(words, "unit", f"{what}; choose from {' '.join(_SECONDS)}, such as {words['value']}s")
    return _SECONDS[unit]


def _share(words: re.Match[str], number: str, unit: str) -> float:
    if unit not in ("", "%"):
        _refuse(words, "unit", f"a share has the unit % or none, and not {unit!r}")
    share = float(number) / 100 if unit else float(number)
    if share > 1:
        _refuse(words, "value", f"a share is at most 100% or 1, and not {number}{unit}")
    return share


def _minor_units(words: re.Match[str], number: str, unit: str) -> int:
    if _CURRENCY.fullmatch(unit) is None:
        what = f"no currency {unit!r}" if unit else "money needs its currency"
        _refuse(words, "unit", f"{what}; write {number} EUR, with a threshold for each currency")
    amount_minor = Decimal(number).scaleb(decimals(unit))
    if amount_minor != int(amount_minor):
        _refuse(words, "value", f"{unit} has {decimals(unit)} decimals, so there is no {number} {unit}")
    return int(amount_minor)


def _example(measure: Measure) -> str:
    examples = {Dimension.TIME: "10m", Dimension.SHARE: "1%", Dimension.MONEY: "500.00 EUR", Dimension.NUMBER: "3"}
    return examples[measure.dimension]


def _refuse(words: re.Match[str], part: str, what: str) -> NoReturn:
    raise BadThreshold(text=words.string, column=words.start(part) + 1, what=what)
