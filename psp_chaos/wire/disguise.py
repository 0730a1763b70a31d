"""Disguise: what the faults make of an event's content."""

from collections.abc import Iterator, Mapping

from psp_chaos.delivery.deliveries import Alias
from psp_chaos.delivery.sealing import Lie
from psp_chaos.faults.verdicts import Distortion
from psp_chaos.wire.answers import Json

_AMOUNTS = ("amount", "amount_capturable", "amount_captured", "amount_received", "amount_refunded")

_SUCCESSES: Mapping[str, tuple[str, Json]] = {  # by kind of object: the type of the event, and what the object says
    "payment_intent": (
        "payment_intent.succeeded",
        {
            "amount_capturable": 0,
            "canceled_at": None,
            "cancellation_reason": None,
            "last_payment_error": None,
            "next_action": None,
            "status": "succeeded",
        },
    ),
    "charge": (
        "charge.succeeded",
        {"captured": True, "failure_code": None, "failure_message": None, "paid": True, "status": "succeeded"},
    ),
    "refund": ("refund.updated", {"failure_reason": None, "pending_reason": None, "status": "succeeded"}),
}


def distorted(shown: Json, distortion: Distortion) -> Json:
    """Return an event that says what the fault wants."""
    if distortion.claims_success:
        shown = _successful(shown)
    if distortion.by_minor:
        shown = _with_object(shown, _altered(_object(shown), distortion.by_minor))
    if distortion.is_other_mode:
        shown = _in_other_mode(shown)
    if distortion.account is not None:
        shown = {**shown, "account": distortion.account}
    return shown


def lies(shown: Json, distortion: Distortion, *, is_invented: bool) -> Iterator[Lie]:
    """Yield what is not true about an event that is sent so; a claim that happens to be true is no lie."""
    if distortion.secret is not None:
        yield Lie.SECRET
    if distortion.signature_age_s:
        yield Lie.STALE
    if distortion.account is not None:
        yield Lie.ACCOUNT
    if distortion.is_other_mode:
        yield Lie.MODE
    if distortion.by_minor and _altered(_object(shown), distortion.by_minor) != _object(shown):
        yield Lie.AMOUNT
    if distortion.claims_success and _successful(shown) != shown:
        yield Lie.CLAIM
    if is_invented:
        yield Lie.INVENTED


def invented(shown: Json, alias: Alias) -> Json:
    """Return an event that never was, which may be about a payment that never was."""
    told = _object(shown)
    if told["id"] != alias.object_id:
        nothing = {name: None for name in ("client_secret", "description", "latest_charge") if name in told}
        told = {**told, **nothing, "id": alias.object_id, "metadata": {}}
    request = {"id": None, "idempotency_key": None}
    return {**_with_object(shown, told), "id": alias.event_id, "request": request, "pending_webhooks": 1}


def _successful(shown: Json) -> Json:
    told = _object(shown)
    kind = str(told["object"])
    if kind not in _SUCCESSES:
        return shown
    event_type, success = _SUCCESSES[kind]
    claimed = {**told, **{name: value for name, value in success.items() if name in told}}
    if "amount_received" in told:
        claimed["amount_received"] = told["amount"]
    if "amount_captured" in told:
        claimed["amount_captured"] = told["amount"]
    return {**_with_object(shown, claimed), "type": event_type}


def _in_other_mode(shown: Json) -> Json:
    flipped, told = {"livemode": not shown["livemode"]}, _object(shown)
    return {**_with_object(shown, {**told, **flipped} if "livemode" in told else told), **flipped}


def _altered(told: Json, by_minor: int) -> Json:
    altered = dict(told)
    for name in _AMOUNTS:
        amount = told.get(name)
        if isinstance(amount, int) and amount > 0:
            altered[name] = max(1, amount + by_minor)
    return altered


def _object(shown: Json) -> Json:
    data = shown["data"]
    assert isinstance(data, Mapping)
    told = data["object"]
    assert isinstance(told, Mapping)
    return told


def _with_object(shown: Json, told: Json) -> Json:
    data = shown["data"]
    assert isinstance(data, Mapping)
    return {**shown, "data": {**data, "object": told}}
