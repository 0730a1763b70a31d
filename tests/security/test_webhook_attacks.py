"""Attacks on the webhook: whoever does not know the secret changes nothing, and who replays it changes nothing again.

Each case says what the attacker tries; the fixture `assault` holds, after every one, that nothing of the books has
changed and that no answer told anything.
"""

import base64
import gzip
import hashlib
import hmac
import json
from dataclasses import dataclass

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "whsec_of_the_psp"


def digest(body, at, *, secret=SECRET, algorithm=hashlib.sha256):
    return hmac.new(secret.encode(), f"{at}.".encode() + body, algorithm).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Material:
    """What every attacker on the wire has: an event that would pay the victim's waiting payment, and its signature."""

    body: bytes
    now: int

    @property
    def right(self):
        return digest(self.body, self.now)

    def altered(self, **changes):
        event = json.loads(self.body)
        event["data"]["object"] |= changes
        return json.dumps(event).encode()


@pytest.fixture
def material(target):
    event = {"id": "evt_9", "type": "payment_intent.succeeded", "livemode": False, "data": {"object": target.waiting}}
    return Material(body=json.dumps(event).encode(), now=target.bench.clock.now_us() // 1_000_000)


UNPROVEN = {
    "A signature made with a guessed secret.": lambda m: f"t={m.now},v1={digest(m.body, m.now, secret='whsec_guess')}",
    "A signature made with the secret without its prefix.": lambda m: (
        f"t={m.now},v1={digest(m.body, m.now, secret=SECRET.removeprefix('whsec_'))}"
    ),
    "A signature made with an empty secret.": lambda m: f"t={m.now},v1={digest(m.body, m.now, secret='')}",
    "A signature made with the API key that the PSP knows.": lambda m: (
        f"t={m.now},v1={digest(m.body, m.now, secret='sk_test_of_the_psp')}"
    ),
    "No signature at all.": lambda m: [],
    "An empty header.": lambda m: "",
    "The time alone.": lambda m: f"t={m.now}",
    "The signature alone.": lambda m: f"v1={m.right}",
    "An empty signature.": lambda m: f"t={m.now},v1=",
    "Names without values.": lambda m: "t,v1",
    "The right digest under the scheme v0, which Stripe makes for tests.": lambda m: f"t={m.now},v0={m.right}",
    "The right digest under a scheme of upper case.": lambda m: f"t={m.now},V1={m.right}",
    "Many guesses in one header.": lambda m: f"t={m.now}," + ",".join(f"v1={number:064x}" for number in range(90)),
    "The right digest behind so many guesses that it would pay to guess.": lambda m: (
        f"t={m.now}," + "v1=0," * 5_000 + f"v1={m.right}"
    ),
    "The right digest cut short: a comparison that stops early would take it.": lambda m: (
        f"t={m.now},v1={m.right[:63]}"
    ),
    "The right digest with something behind it.": lambda m: f"t={m.now},v1={m.right}0",
    "The right digest in upper case.": lambda m: f"t={m.now},v1={m.right.upper()}",
    "The right digest in base64.": lambda m: f"t={m.now},v1={base64.b64encode(bytes.fromhex(m.right)).decode()}",
    "The right digest in quotation marks.": lambda m: f't={m.now},v1="{m.right}"',
    "A digest of letters that are not ASCII.": lambda m: f"t={m.now},v1=".encode() + "ä".encode() * 32,
    "Bytes that are no text.": lambda m: f"t={m.now},v1=".encode() + b"\xff\xfe" * 32,
    "A digest of SHA-1.": lambda m: f"t={m.now},v1={digest(m.body, m.now, algorithm=hashlib.sha1)}",
    "A digest of SHA-512.": lambda m: f"t={m.now},v1={digest(m.body, m.now, algorithm=hashlib.sha512)}",
    "A digest of the body without the time.": lambda m: (
        f"t={m.now},v1={hmac.new(SECRET.encode(), m.body, hashlib.sha256).hexdigest()}"
    ),
    "A digest without a key.": lambda m: f"t={m.now},v1={hashlib.sha256(f'{m.now}.'.encode() + m.body).hexdigest()}",
    "A digest of an empty body.": lambda m: f"t={m.now},v1={digest(b'', m.now)}",
    "A replay, a second too late.": lambda m: f"t={m.now - 301},v1={digest(m.body, m.now - 301)}",
    "A replay, days later.": lambda m: f"t={m.now - 10**6},v1={digest(m.body, m.now - 10**6)}",
    "A signature from the future, kept for then.": lambda m: f"t={m.now + 301},v1={digest(m.body, m.now + 301)}",
    "An old signature with a new time.": lambda m: f"t={m.now},v1={digest(m.body, m.now - 301)}",
    "Two times, an old one that was signed and a new one.": lambda m: (
        f"t={m.now - 301},t={m.now},v1={digest(m.body, m.now - 301)}"
    ),
    "The time zero.": lambda m: f"t=0,v1={digest(m.body, 0)}",
    "A negative time.": lambda m: f"t=-1,v1={digest(m.body, -1)}",
    "A time with a sign.": lambda m: f"t=+{m.now},v1={digest(m.body, f'+{m.now}')}",
    "A time with a blank.": lambda m: f"t= {m.now},v1={digest(m.body, f' {m.now}')}",
    "A time with an underscore, as Python reads numbers.": lambda m: (
        f"t={m.now // 1000}_{m.now % 1000:03},v1={digest(m.body, m.now)}"
    ),
    "A time with a fraction.": lambda m: f"t={m.now}.0,v1={digest(m.body, f'{m.now}.0')}",
    "A time in hexadecimal digits.": lambda m: f"t={m.now:#x},v1={digest(m.body, f'{m.now:#x}')}",
    "A time with leading zeros.": lambda m: f"t=0{m.now},v1={digest(m.body, f'0{m.now}')}",
    "A time in Arabic digits.": lambda m: f"t={_arabic(m.now)},v1={digest(m.body, _arabic(m.now))}".encode(),
    "A time in superscript digits, which Python calls digits.": lambda m: (
        b"t=" + b"\xb2\xb3" * 5 + f",v1={m.right}".encode()
    ),
    "A time beyond all integers.": lambda m: f"t={'9' * 400},v1={digest(m.body, '9' * 400)}",
    "A time whose microseconds overflow 64 bits.": lambda m: f"t={'9' * 12},v1={digest(m.body, '9' * 12)}",
    "A time that is not a number.": lambda m: f"t=nan,v1={digest(m.body, 'nan')}",
    "Two headers, of which the second is right.": lambda m: ["t=1,v1=0", f"t={m.now},v1={m.right}"],
    "Two headers, of which the first is right.": lambda m: [f"t={m.now},v1={m.right}", "t=1,v1=0"],
    "Commas and blanks without end.": lambda m: "," * 9_000,
}


def _arabic(number):
    return "".join(chr(0x660 + int(digit)) for digit in str(number))


@pytest.mark.parametrize("story", UNPROVEN)
async def test_an_unproven_event_is_refused(assault, material, story):
    answer = await assault.tell(material.body, Stripe_Signature=UNPROVEN[story](material))

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/signature-refused"


ALTERED = {
    "The amount is made smaller.": lambda m: m.altered(amount=1, amount_received=1),
    "The amount is made larger.": lambda m: m.altered(amount=10**9),
    "The currency is another one.": lambda m: m.altered(currency="vnd"),
    "The success is said of another object.": lambda m: m.altered(id="pi_of_the_attacker"),
    "The success is said of another payment, through our own reference.": lambda m: m.altered(
        metadata={"attempt_id": "att_000012"}
    ),
    "A failure is made of the success.": lambda m: m.body.replace(b"succeeded", b"payment_failed"),
    "The event gets a new id, to be counted twice.": lambda m: m.body.replace(b"evt_9", b"evt_8"),
    "The event is called one of live mode.": lambda m: m.body.replace(b"false", b"true"),
    "The same JSON in other bytes: whoever parses before he verifies would take it.": lambda m: json.dumps(
        json.loads(m.body), separators=(",", ":")
    ).encode(),
    "The same JSON with its members in another order.": lambda m: json.dumps(
        json.loads(m.body), sort_keys=True
    ).encode(),
    "A byte order mark in front.": lambda m: b"\xef\xbb\xbf" + m.body,
    "A line end behind.": lambda m: m.body + b"\n",
    "A NUL behind, where C ends texts.": lambda m: m.body + b"\0",
    "A second member of the same name behind.": lambda m: m.body[:-1] + b', "livemode": false}',
    "The body compressed, the signature that of the contents.": lambda m: gzip.compress(m.body),
    "An empty body.": lambda m: b"",
}


@pytest.mark.parametrize("story", ALTERED)
async def test_an_altered_event_is_refused(assault, material, story):
    altered = ALTERED[story](material)
    assert altered != material.body

    answer = await assault.tell(
        altered, Stripe_Signature=f"t={material.now},v1={material.right}", Content_Encoding="gzip"
    )

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/signature-refused"


def signed(assault, body):
    return {"Stripe_Signature": f"t={assault.now_s},v1={digest(body, assault.now_s)}"}


def event(spoken_of, *, event_id, event_type="payment_intent.succeeded", **members):
    body = {"id": event_id, "type": event_type, "livemode": False, "data": {"object": spoken_of}} | members
    return json.dumps(body).encode()


async def test_an_event_is_replayed_byte_by_byte_within_its_time(assault, target):
    """The attacker has recorded a delivery that was applied, and sends it again while its signature is still good."""
    body = event(target.captured, event_id="evt_applied")

    answers = [await assault.tell(body, **signed(assault, body)) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3


# Rightly signed: by the PSP for somebody else, or by somebody who sits inside of the PSP. It is written down for a
# person, and believed in nothing.
FOREIGN = {
    "An event of live mode reaches a service of test mode.": ({"livemode": True}, {}),
    "An event of another account at the same PSP.": ({"account": "acct_other"}, {}),
    "An event of a connected account of another mode.": ({"account": "acct_other", "livemode": True}, {}),
    "A success over less than was asked for.": ({}, {"amount": 1, "amount_received": 1}),
    "A success over more than was asked for.": ({}, {"amount": 2**62, "amount_received": 2**62}),
    "A success in another currency of the same number.": ({}, {"currency": "vnd"}),
}


@pytest.mark.parametrize("story", FOREIGN)
async def test_an_event_that_cannot_be_about_us_is_written_down_and_not_believed(assault, target, story):
    members, changes = FOREIGN[story]
    body = event(target.waiting | changes, event_id=f"evt_foreign_{[*FOREIGN].index(story)}", **members)
    assault.allowed = {"inbox", "discrepancies"} if changes else {"inbox"}

    answer = await assault.tell(body, **signed(assault, body))

    assert answer.status_code == 200


SENSELESS = {
    "An amount beyond 64 bits.": ({"amount": 10**30}, {}),
    "A negative amount.": ({"amount": -1250}, {}),
    "An amount that is a truth value.": ({"amount": True}, {}),
    "An amount with a fraction.": ({"amount": 1250.0}, {}),
    "An amount in quotation marks.": ({"amount": "1250"}, {}),
    "A currency that no column holds.": ({"currency": "e" * 99}, {}),
    "An object's id with a NUL.": ({"id": "pi_\0"}, {}),
    "An object's id larger than an index entry may be.": ({"id": "pi_" + "x" * 9_000}, {}),
    "An event's id with a line end, for the log.": ({}, {"id": "evt_1\nlevel=error"}),
    "An event's id larger than an index entry may be.": ({}, {"id": "e" * 9_000}),
    "An event's type with blanks.": ({}, {"type": "payment_intent.succeeded --"}),
    "A surrogate that stands alone.": ({"status": "\ud800"}, {}),
    "Metadata that is nested.": ({"metadata": {"attempt_id": {"$ne": ""}}}, {}),
    "A mode that is a word.": ({}, {"livemode": "false"}),
}


@pytest.mark.parametrize("story", SENSELESS)
async def test_a_signed_event_that_makes_no_sense_is_refused_rather_than_broken_by(assault, target, story):
    changes, members = SENSELESS[story]
    body = event(target.waiting | changes, **{"event_id": "evt_9"} | {"event_type": "payment_intent.succeeded"})
    body = json.dumps(json.loads(body) | members).encode()

    answer = await assault.tell(body, **signed(assault, body))

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/unreadable-event"


async def test_a_reference_that_cannot_be_ours_is_not_looked_up(assault, target):
    """Metadata is open to whoever can write at the PSP: a NUL there must not break the statement that looks it up."""
    assault.allowed = {"inbox"}
    stranger = target.waiting | {"id": "pi_stranger", "metadata": {"attempt_id": "att_\0' OR 1=1 --"}}
    body = event(stranger, event_id="evt_stranger")

    answer = await assault.tell(body, **signed(assault, body))

    assert answer.status_code == 200


@pytest.mark.parametrize("depth", [150, 30_000])
async def test_a_signed_event_that_is_deeply_nested(assault, depth):
    """A body that would exhaust the stack of a reader that follows it down."""
    assault.allowed = {"inbox"} if depth < 200 else set()
    inner = b"[" * depth + b"]" * depth
    body = b'{"id":"evt_deep","type":"x","livemode":false,"data":{"object":{"a":%s}}}' % inner

    answer = await assault.tell(body, **signed(assault, body))

    assert answer.status_code == (200 if depth < 200 else 400)


async def test_a_signed_event_that_is_too_large(assault):
    """Even the PSP is not read without end."""
    body = event({"id": "ch_1", "note": "x" * 70_000}, event_id="evt_large", event_type="charge.succeeded")

    assert (await assault.tell(body, **signed(assault, body))).status_code == 413


async def test_a_signature_header_that_is_huge(assault, material):
    """A header of forty kilobytes, each comma of which wants to be looked at."""
    header = f"t={material.now}," + "v1=0," * 8_000 + f"v1={material.right}"

    assert (await assault.tell(material.body, Stripe_Signature=header)).status_code == 431


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_the_webhook_by_another_method(assault, material, method):
    """A handler that is registered for every method would skip what belongs to POST."""
    header = {"Stripe-Signature": f"t={material.now},v1={material.right}"}

    answer = await assault.ask(method, "/webhooks/psp", content=material.body, headers=header)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")


async def test_a_merchants_key_in_place_of_a_signature(assault, material):
    """A merchant is somebody, but not the PSP."""
    answer = await assault.tell(material.body, Authorization="Bearer pk_shop")

    assert answer.status_code == 400
