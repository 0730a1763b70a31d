"""A tiny run whose evidence is sound, made row by row, so that a test can break exactly one thing."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from reports import Evidence, Verdict, judge, load_run, record_run

EPOCH_US = 1_767_225_600_000_000
STORM_S, END_S, PROMISE_S = 600, 7_200, 3_600


def at(seconds: float) -> int:
    return EPOCH_US + round(seconds * 1_000_000)


class TinyRun:
    """Evidence under construction; every method adds what a sound run would have left behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = {
            "scenario": "tiny",
            "story": "A handful of customers buy something while webhooks get lost.",
            "seed": 7,
            "mode": "virtual",
            "command": "paystorm run tiny --seed 7",
            "versions": {"paystorm": "0.1.0", "python": "3.12"},
            "commit": "0123abc",
            "plan": {"customers": 4, "storm_s": STORM_S, "faults": []},
            "started_at_us": at(0),
            "storm_ended_at_us": at(STORM_S),
            "ended_at_us": at(END_S),
            "final_within_s": PROMISE_S,
            "counts": {"requests": 12},
        }
        self.diary: list[dict] = []
        self.faults: list[dict] = []
        self.notices: list[dict] | None = None  # nobody listens
        self.service: dict[str, list[dict]] = {
            name: []
            for name in (
                "payments",
                "transitions",
                "attempts",
                "refunds",
                "inbox",
                "idempotency_keys",
                "discrepancies",
            )
        }
        self.psp: dict[str, list[dict]] = {"payments": [], "refunds": [], "movements": [], "journal": []}

    # -- what a customer does and sees

    def ask(self, action: str, order: str, *, seconds: float, took_s: float | None = 0.1, **seen) -> dict:
        """One request; with `took_s=None` it was never answered."""
        row = {
            "op": len(self.diary),
            "customer": f"customer-{order}",
            "script": "patient",
            "intent": order,
            "action": action,
            "key": None if action == "read" else f"key-{order}",
            "amount_minor": None,
            "currency": None,
            "payment_id": None,
            "refund_id": None,
            "asked_at_us": at(seconds),
            "answered_at_us": None if took_s is None else at(seconds + took_s),
            "outcome": "unknown" if took_s is None else "succeeded",
            "http_status": None if took_s is None else (200 if action == "read" else 202),
            "replayed": False,
            "status_shown": None,
            "captured_shown_minor": None,
            "refunded_shown_minor": None,
            "order_id": order,
            "answer": None,
            "error": "timeout" if took_s is None else None,
        } | seen
        self.diary.append(row)
        return row

    def click(self, order: str, *, seconds: float, amount_minor: int = 1000, currency: str = "EUR", **seen) -> dict:
        """A click on the button, by default acknowledged with a payment."""
        defaults = {"amount_minor": amount_minor, "currency": currency}
        if seen.get("took_s", 0.1) is not None and seen.get("outcome", "succeeded") == "succeeded":
            answer = {"id": f"pay_{order}", "object": "payment", "status": "CREATED", "amount": amount_minor}
            defaults |= {"payment_id": f"pay_{order}", "status_shown": "CREATED", "answer": answer}
        return self.ask("create", order, seconds=seconds, **(defaults | seen))

    def look(self, order: str, status: str, *, seconds: float, payment_id: str | None = None, **seen) -> dict:
        """A look at the payment."""
        payment_id = payment_id or f"pay_{order}"
        row = self.payment_row(payment_id)
        shown = {"captured_shown_minor": row["captured_minor"], "refunded_shown_minor": row["refunded_minor"]}
        return self.ask("read", order, seconds=seconds, payment_id=payment_id, status_shown=status, **(shown | seen))

    # -- what the service writes down

    def book(
        self, order: str, states: list[tuple[str, float, str]], *, amount_minor: int, currency: str, payment_id: str
    ) -> dict:
        """A payment with its steps: (state, seconds, source)."""
        for sequence, (state, seconds, source) in enumerate(states, start=1):
            before = states[sequence - 2][0] if sequence > 1 else None
            self.step(payment_id, sequence, before, state, seconds=seconds, source=source)
        state, seconds, _ = states[-1]
        paid = state in ("SUCCESS", "REFUNDED")
        row = {
            "id": payment_id,
            "merchant_id": "mer_1",
            "order_id": order,
            "amount_minor": amount_minor,
            "currency": currency,
            "payment_method": "pm_card_visa",
            "description": None,
            "metadata": {},
            "state": state,
            "failure_reason": "card_declined" if state == "FAILED" else None,
            "captured_minor": amount_minor if paid else 0,
            "refunded_minor": 0,
            "created_at_us": at(states[0][1]),
            "updated_at_us": at(seconds),
        }
        self.service["payments"].append(row)
        return row

    def step(self, payment_id: str, sequence: int, before, after, *, seconds: float, source: str = "webhook") -> None:
        row = {"payment_id": payment_id, "sequence": sequence, "from_state": before, "to_state": after}
        self.service["transitions"].append(row | {"reason": None, "source": source, "at_us": at(seconds)})

    def attempt(
        self, payment_id: str, *, seconds: float, state: str = "SUCCEEDED", refund_id: str | None = None
    ) -> None:
        self.service["attempts"].append(
            {
                "id": f"att_{refund_id or payment_id}",
                "payment_id": payment_id,
                "refund_id": refund_id,
                "kind": "refund" if refund_id else "capture",
                "psp_key": f"psp-key-{refund_id or payment_id}",
                "psp_id": f"pi_{payment_id}",
                "state": state,
                "tries": 1,
                "created_at_us": at(seconds),
                "first_sent_at_us": at(seconds),
                "settled_at_us": at(seconds + 1),
            }
        )

    def receive(self, event_id: str, *, seconds: float, state: str = "applied", psp_object_id: str) -> None:
        self.service["inbox"].append(
            {
                "event_id": event_id,
                "type": "payment_intent.succeeded",
                "psp_object_id": psp_object_id,
                "state": state,
                "received_at_us": at(seconds),
                "applied_at_us": None if state == "parked" else at(seconds),
            }
        )

    def payment_row(self, payment_id: str) -> dict:
        return next(row for row in self.service["payments"] if row["id"] == payment_id)

    # -- where the money goes

    def psp_payment(
        self,
        payment_id: str | None,
        order: str,
        *,
        amount_minor: int,
        currency: str,
        seconds: float,
        status: str = "captured",
        psp_id: str | None = None,
    ) -> dict:
        """A payment at the PSP, with the movement if it was captured."""
        captured = status == "captured"
        metadata = {"order_id": order} | ({"payment_id": payment_id} if payment_id else {})
        row = {
            "id": psp_id or f"pi_{payment_id}",
            "amount_minor": amount_minor,
            "currency": currency,
            "status": status,
            "captured_minor": amount_minor if captured else 0,
            "refunded_minor": 0,
            "metadata": metadata,
            "created_at_us": at(seconds),
            "captured_at_us": at(seconds) if captured else None,
            "decided_at_us": None if status == "pending" else at(seconds),
        }
        self.psp["payments"].append(row)
        if captured:
            self.move("capture", row["id"], amount_minor, currency, seconds=seconds)
        return row

    def move(self, kind: str, psp_id: str, amount_minor: int, currency: str, *, seconds: float, refund=None) -> None:
        row = {"id": f"mov_{len(self.psp['movements'])}", "kind": kind, "payment": psp_id, "refund": refund}
        self.psp["movements"].append(row | {"amount_minor": amount_minor, "currency": currency, "at_us": at(seconds)})

    def psp_refund(
        self, refund_id: str, psp_id: str, amount_minor: int, currency: str, *, seconds: float, **made
    ) -> dict:
        row = {
            "id": f"re_{refund_id}",
            "payment": psp_id,
            "amount_minor": amount_minor,
            "currency": currency,
            "status": "succeeded",
            "metadata": {"refund_id": refund_id},
            "created_at_us": at(seconds),
            "settled_at_us": at(seconds),
            "succeeded_at_us": at(seconds),
            "failed_at_us": None,
        } | made
        self.psp["refunds"].append(row)
        self.move("refund", psp_id, -amount_minor, currency, seconds=seconds, refund=row["id"])
        return row

    def journal(self, kind: str, *, seconds: float, **fields) -> None:
        self.psp["journal"].append({"kind": kind, "at_us": at(seconds), "ended_at_us": at(seconds + 0.1), **fields})

    def deliver(self, event_id: str, psp_object_id: str, *, seconds: float, lies=(), status=200, **fields) -> None:
        """A try of a webhook, by default a truthful one that was acknowledged."""
        signed = {"signed_at_us": at(seconds), "event_type": "payment_intent.succeeded", "attempt": 1}
        told = {"event_id": event_id, "object": psp_object_id, "lies": list(lies), "status": status}
        self.journal("webhook", seconds=seconds, endpoint="we_1", **(signed | told | fields))

    def record(self, kind: str, subject: str, *, seconds: float, state: str = "needs_person", **evidence) -> dict:
        """A discrepancy as the service writes it."""
        row = {
            "id": f"dis_{len(self.service['discrepancies'])}",
            "kind": kind,
            "payment_id": None,
            "amount_minor": 1000,
            "currency": "EUR",
            "state": state,
            "evidence": {"subject": subject} | evidence,
            "found_at_us": at(seconds),
            "closed_at_us": at(seconds) if state == "repaired" else None,
        }
        self.service["discrepancies"].append(row)
        return row

    def misreport(self, kind: str, movement: dict, *, visible_s: float | None = None) -> None:
        """A line of the statement that is not as it should be."""
        visible_at_us = None if visible_s is None else at(visible_s)
        detail = {"movement_id": movement["id"], "visible_at_us": visible_at_us}
        seconds = (movement["at_us"] - EPOCH_US) / 1_000_000
        self.bite(kind, kind, seconds=seconds, where="books", object="ch_1", detail=detail)

    def movement(self, psp_id: str, kind: str = "capture") -> dict:
        """The only movement of this kind of a payment at the PSP."""
        return next(row for row in self.psp["movements"] if (row["payment"], row["kind"]) == (psp_id, kind))

    def bite(self, fault: str, kind: str, *, seconds: float, where: str = "webhook", **fields) -> None:
        row = {"at_us": at(seconds), "fault": fault, "where": where, "kind": kind, "target": None, "object": None}
        self.faults.append(row | {"detail": {}} | fields)

    # -- whole purchases

    def paid(
        self, order: str, *, seconds: float, amount_minor: int = 1000, currency: str = "EUR", healed_by: str = "webhook"
    ) -> str:
        """A purchase that ends well; returns the payment's id."""
        payment_id, heal_s = f"pay_{order}", 300.0 if healed_by == "worker" else 3.0
        money = {"amount_minor": amount_minor, "currency": currency}
        self.click(order, seconds=seconds, **money)
        steps = [("CREATED", seconds, "api"), ("PROCESSING", seconds + 0.2, "dispatch")]
        self.book(order, [*steps, ("SUCCESS", seconds + heal_s, healed_by)], payment_id=payment_id, **money)
        self.attempt(payment_id, seconds=seconds)
        self.psp_payment(payment_id, order, seconds=seconds + 1, **money)
        request = {"operation": "create_payment", "idempotency_key": f"psp-key-{payment_id}", "status": 200}
        self.journal("request", seconds=seconds + 0.5, object=f"pi_{payment_id}", request_id=f"req_{order}", **request)
        event = {"event_id": f"evt_{order}", "event_type": "payment_intent.succeeded", "object": f"pi_{payment_id}"}
        if healed_by == "webhook":
            self.receive(f"evt_{order}", seconds=seconds + 3, psp_object_id=f"pi_{payment_id}")
            self.journal("webhook", seconds=seconds + 3, attempt=1, endpoint="we_1", status=200, **event)
        else:
            fault = {"fault": "webhook-lost", "status": None}
            self.journal("webhook", seconds=seconds + 3, attempt=1, endpoint="we_1", **event, **fault)
            self.bite("webhook-lost", "lost", seconds=seconds + 3, object=f"pi_{payment_id}")
        self.look(order, "SUCCESS", seconds=seconds + heal_s + 5)
        return payment_id

    def declined(self, order: str, *, seconds: float, payment_id: str | None = None, amount_minor: int = 1000) -> str:
        """A purchase whose card is refused; no money moves."""
        payment_id = payment_id or f"pay_{order}"
        self.click(order, seconds=seconds, payment_id=payment_id, amount_minor=amount_minor)
        steps = [("CREATED", seconds, "api"), ("PROCESSING", seconds + 0.2, "dispatch")]
        steps.append(("FAILED", seconds + 1, "dispatch"))
        money = {"amount_minor": amount_minor, "currency": "EUR"}
        self.book(order, steps, payment_id=payment_id, **money)
        self.attempt(payment_id, seconds=seconds, state="FAILED")
        self.psp_payment(payment_id, order, seconds=seconds + 1, status="declined", **money)
        self.look(order, "FAILED", seconds=seconds + 5, payment_id=payment_id)
        return payment_id

    def refunded(
        self, order: str, amount_minor: int, *, seconds: float, state: str = "SUCCEEDED", psp_status: str = "succeeded"
    ) -> str:
        """A refund of a paid purchase; returns the refund's id."""
        payment = self.payment_row(f"pay_{order}")
        number = 1 + sum(refund["payment_id"] == payment["id"] for refund in self.service["refunds"])
        refund_id = f"ref_{order}_{number}"
        self.ask(
            "refund",
            order,
            seconds=seconds,
            key=f"key-{order}/refund-{number}",
            intent=f"{order}/refund-{number}",
            amount_minor=amount_minor,
            payment_id=payment["id"],
            refund_id=refund_id,
        )
        settled_at_us = None if state == "PENDING" else at(seconds + 2)
        self.service["refunds"].append(
            {
                "id": refund_id,
                "payment_id": payment["id"],
                "amount_minor": amount_minor,
                "reason": None,
                "state": state,
                "psp_refund_id": f"re_{refund_id}",
                "created_at_us": at(seconds),
                "settled_at_us": settled_at_us,
            }
        )
        settled_at_us = None if psp_status == "pending" else at(seconds + 1)
        settled = {"status": psp_status, "settled_at_us": settled_at_us, "succeeded_at_us": settled_at_us}
        self.psp_refund(
            refund_id, f"pi_{payment['id']}", amount_minor, payment["currency"], seconds=seconds + 1, **settled
        )
        if state == "SUCCEEDED":
            self._give_back(payment, amount_minor, seconds=seconds + 2)
            self.look(order, payment["state"], seconds=seconds + 10)
        return refund_id

    def _give_back(self, payment: dict, amount_minor: int, *, seconds: float) -> None:
        payment["refunded_minor"] += amount_minor
        if payment["refunded_minor"] == payment["captured_minor"]:
            payment["state"] = "REFUNDED"
            self.step(payment["id"], 4, "SUCCESS", "REFUNDED", seconds=seconds)

    # -- the end

    def evidence(self) -> Evidence:
        record = record_run(
            manifest=self.manifest,
            diary=self.diary,
            service=self.service,
            psp=self.psp,
            faults=self.faults,
            notices=self.notices,
        )
        record.write(self.folder, timing={"wall_s": 1.0})
        return load_run(self.folder)

    def verdict(self) -> Verdict:
        return judge(self.evidence())

    def accused(self) -> set[str]:
        """The ids of the invariants that the run is said to break."""
        verdict = self.verdict()
        crashed = [note for check in verdict.checks for note in check.notes if "crashed" in note]
        assert not crashed, crashed
        return {check.id for check in verdict.checks if check.validity == "invalid"}


@pytest.fixture
def run(tmp_path, sound_run) -> TinyRun:
    """A run in which everybody paid once and nothing is wrong."""
    return sound_run(tmp_path / "run")


@pytest.fixture(scope="session")
def sound_run():
    """Build such a run in a folder."""
    return _sound_run


def _sound_run(folder: Path) -> TinyRun:
    tiny = TinyRun(folder)
    tiny.paid("a", seconds=10)
    tiny.paid("b", seconds=20, amount_minor=500, currency="JPY")
    tiny.paid("c", seconds=30, amount_minor=12_345, healed_by="worker")
    tiny.declined("d", seconds=40)
    return tiny


@pytest.fixture
def clock():
    """Turn seconds of the run into the microseconds of the evidence."""
    return at


_VOID = {"meta", "br", "img", "link", "hr", "input"}


class Outline(HTMLParser):
    """What a test wants to know of a page: tags, text, and whether every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split())

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def outline_of():
    """Return the outline of a page."""
    return Outline
