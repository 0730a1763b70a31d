"""What the forms do: each changes something and returns what is to be said about it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from psp_chaos.control.page.fields import spec_of
from psp_chaos.control.page.render import span
from psp_chaos.control.payments import authenticate, dispute
from psp_chaos.control.plant import Plant
from psp_chaos.control.presets import install_preset
from psp_chaos.control.refusals import NotThere, Unreadable
from psp_chaos.control.webhooks import Hand, do_by_hand
from psp_chaos.faults.presets import find_preset
from psp_chaos.standing_clock import ADVANCE_S_MAX
from psp_chaos.wire.realms import Realm

_UNITS_S = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
_MICROSECONDS = 1_000_000
_SAID: Mapping[Hand, str] = {
    "release": "goes out.",
    "drop": "is dropped: it is not sent any more.",
    "duplicate": "is sent twice.",
    "first": "goes out before the others.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """A form that was sent."""

    plant: Plant
    realm: Realm
    form: Mapping[str, str]

    def given(self, name: str) -> str:
        """Return what was filled in, or refuse."""
        value = self.form.get(name, "")
        if not value:
            raise Unreadable([f"{name} is missing"])
        return value


type Deed = Callable[[Wish], Awaitable[str]]


async def install_fault(wish: Wish) -> str:
    """Switch a fault on."""
    faults = wish.plant.psp.faults
    spec = spec_of(wish.form, taken={installed.id for installed in faults.specs})
    faults.install(spec)
    return f"{spec.id} is on."


async def remove_fault(wish: Wish) -> str:
    """Switch a fault off."""
    fault_id = wish.given("id")
    wish.plant.psp.faults.remove(fault_id)
    return f"{fault_id} is off. What it has begun goes on."


async def clear_faults(wish: Wish) -> str:
    """Switch all faults off."""
    wish.plant.psp.faults.clear()
    return "All faults are off. What they have begun goes on."


async def switch_preset_on(wish: Wish) -> str:
    """Switch all faults of a preset on."""
    preset = find_preset(wish.given("name"))
    install_preset(wish.plant.psp.faults, preset)
    return f"{preset.title} is on: {', '.join(spec.id for spec in preset.faults)}."


async def switch_preset_off(wish: Wish) -> str:
    """Switch all faults of a preset off that are on."""
    preset, faults = find_preset(wish.given("name")), wish.plant.psp.faults
    for spec in preset.faults:
        if any(spec.id == installed.id for installed in faults.specs):
            faults.remove(spec.id)
    return f"{preset.title} is off. What it has begun goes on."


async def freeze(wish: Wish) -> str:
    """Stop the clock."""
    wish.plant.freeze()
    return "The clock stands still."


async def resume(wish: Wish) -> str:
    """Let the clock run on."""
    wish.plant.unfreeze()
    return "The clock runs."


async def advance(wish: Wish) -> str:
    """Move the clock forward."""
    unit_s = _UNITS_S.get(wish.given("unit"))
    try:
        seconds = float(wish.given("amount")) * (unit_s or 0)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= ADVANCE_S_MAX:
        raise Unreadable([f"the clock moves forward, by {ADVANCE_S_MAX // 86_400} days at most"])
    happened = await wish.plant.advance(seconds)
    return f"The clock was moved forward by {span(round(seconds * _MICROSECONDS))}; {happened} things happened."


async def hold(wish: Wish) -> str:
    """Hold every webhook."""
    wish.realm.queue.hold()
    return "Webhooks are held."


async def release(wish: Wish) -> str:
    """Send what was held."""
    return f"Webhooks go out again; {wish.realm.queue.release()} were held and go first."


async def move_delivery(wish: Wish) -> str:
    """Do something with one delivery."""
    delivery_id, given = wish.given("delivery"), wish.given("do")
    for hand, said in _SAID.items():
        if hand == given:
            do_by_hand(wish.realm.queue, delivery_id, hand)
            return f"{delivery_id} {said}"
    raise NotThere(f"nobody can {given} a delivery")


async def resend(wish: Wish) -> str:
    """Send an event again to everybody who wants it."""
    event_id = wish.given("event")
    wish.realm.webhooks.resend(event_id)
    return f"{event_id} is sent again."


async def authenticate_payment(wish: Wish) -> str:
    """Let the customer prove who it is, or fail to."""
    payment_id, succeeded = wish.given("payment"), wish.form.get("succeeded") == "true"
    payment = authenticate(wish.realm, payment_id, succeeded=succeeded)
    return (
        f"The customer {'has proved' if succeeded else 'could not prove'} who it is; the payment is {payment.status}."
    )


async def dispute_payment(wish: Wish) -> str:
    """Let the customer deny a payment."""
    opened = dispute(wish.realm, wish.given("payment"), reason="fraudulent")
    return f"The customer denies the payment: dispute {opened.id}."


async def reset(wish: Wish) -> str:
    """Start anew."""
    await wish.plant.reset()
    return "Everything is empty, and no fault is on."


DEEDS: Mapping[str, Deed] = {
    "/faults/install": install_fault,
    "/faults/remove": remove_fault,
    "/faults/clear": clear_faults,
    "/presets/on": switch_preset_on,
    "/presets/off": switch_preset_off,
    "/clock/freeze": freeze,
    "/clock/resume": resume,
    "/clock/advance": advance,
    "/webhooks/hold": hold,
    "/webhooks/release": release,
    "/webhooks/delivery": move_delivery,
    "/events/resend": resend,
    "/payments/authenticate": authenticate_payment,
    "/payments/dispute": dispute_payment,
    "/reset": reset,
}
