"""What the page shows of how all purchases stand: counts and sums by party, disagreements, money at risk, findings."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter

from reports.checks import Breach, Check
from reports.money import format_money
from reports.records import FINAL_STATES
from scenarios.live.monitor.reckoning import FOR_GOOD, LIVE_CHECKS, Standing

_SHOWN_MAX = 30  # of the purchases that disagree, and they are counted all
_TEXT_MAX = 120  # whatever a stranger calls an order


@dataclass(kw_only=True, slots=True)
class Pile:
    """Purchases that one party says the same of."""

    count: int = 0
    minor: int = 0

    def add(self, minor: int) -> None:
        """Put one more on it."""
        self.count += 1
        self.minor += minor


@dataclass(kw_only=True, slots=True)
class Column:
    """What one party says of all purchases in one currency."""

    paid: Pile = field(default_factory=Pile)
    back: Pile = field(default_factory=Pile)  # of the paid ones, given back at least in part
    unpaid: Pile = field(default_factory=Pile)
    unknown: Pile = field(default_factory=Pile)  # to this party, yet

    def put(self, minor: int | None, *, back_minor: int | None = None, is_known: bool = True) -> None:
        """Count one purchase."""
        if minor is None or not is_known:
            self.unknown.add(0)
        else:
            (self.paid if minor > 0 else self.unpaid).add(minor)
        if back_minor:
            self.back.add(back_minor)


def show(standings: Collection[Standing]) -> dict[str, object]:
    """Return the board as plain data, amounts as text; times in microseconds."""
    by_currency: defaultdict[str, list[Standing]] = defaultdict(list)
    for standing in standings:
        by_currency[standing.currency].append(standing)
    apart = [standing for standing in standings if not standing.agrees]
    return {
        "purchases": len(standings),
        "currencies": [_currency(name, rows) for name, rows in sorted(by_currency.items())],
        "disagreements": len(apart),
        "disagreeing": [_disagreement(standing) for standing in apart[:_SHOWN_MAX]],
        "findings": list(_findings(standings)),
    }


def _currency(name: str, standings: Iterable[Standing]) -> dict[str, object]:
    told, booked, moved = Column(), Column(), Column()
    risk, agreeing = Pile(), Counter[bool]()
    for standing in standings:
        told.put(standing.told_minor, is_known=standing.told in FINAL_STATES)
        booked.put(standing.booked_minor, back_minor=standing.booked_back_minor, is_known=standing.state != "no row")
        moved.put(standing.captured_minor, back_minor=standing.refunded_minor)
        agreeing[standing.agrees] += 1
        if standing.risk_minor:
            risk.add(standing.risk_minor)
    return {
        "currency": name or "no currency",
        "told": _column(told, name),
        "booked": _column(booked, name),
        "moved": _column(moved, name),
        "agreeing": agreeing[True],
        "disagreeing": agreeing[False],
        "risk": _pile(risk, name),
    }


def _column(column: Column, currency: str) -> dict[str, object]:
    return {name: _pile(pile, currency) for name, pile in _piles(column)}


def _piles(column: Column) -> Iterator[tuple[str, Pile]]:
    yield from (("paid", column.paid), ("back", column.back), ("unpaid", column.unpaid), ("unknown", column.unknown))


def _pile(pile: Pile, currency: str) -> dict[str, object]:
    return {"count": pile.count, "sum": format_money(pile.minor, currency)}


def _disagreement(standing: Standing) -> dict[str, object]:
    def amount(minor: int | None) -> str:
        return "not known" if minor is None else format_money(minor, standing.currency)

    is_broken = bool(standing.breaches.keys() & FOR_GOOD)
    return {
        "order": _short(standing.order),
        "told": f"{_short(standing.told)} ({amount(standing.told_minor)})",
        "booked": f"{_short(standing.state)} ({amount(standing.booked_minor)})",
        "moved": amount(standing.captured_minor),
        "back": amount(standing.refunded_minor) if standing.refunded_minor else "",
        "word": "broken" if is_broken else "not settled yet",
    }


def _findings(standings: Iterable[Standing]) -> Iterator[dict[str, object]]:
    found: defaultdict[str, list[Breach]] = defaultdict(list)
    for standing in standings:
        for check_id, breaches in standing.breaches.items():
            found[check_id] += breaches
    for check in LIVE_CHECKS:
        if check.id in found:
            yield _finding(check, found[check.id])


def _finding(check: Check, breaches: list[Breach]) -> dict[str, object]:
    first = min(breaches, key=attrgetter("at_us"))
    sentence = check.one if len(breaches) == 1 else check.many.format(count=f"{len(breaches):,}")
    return {
        "id": check.id,
        "title": check.title,
        "sentence": f"{sentence}.",
        "first": f"{_short(first.order_id or first.payment_id or 'somewhere')}: {first.what}"[: 4 * _TEXT_MAX],
        "for_good": check.id in FOR_GOOD,
    }


def _short(text: str) -> str:
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}…"
