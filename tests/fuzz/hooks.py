"""What schemathesis cannot draw from a description, because a schema cannot say it.

`SCHEMATHESIS_HOOKS` names this module to it, `FUZZ_WEBHOOK_SECRET` the secret. Only cases that are meant to be right
are completed here; what is meant to be wrong goes out as it was drawn.
"""

import hashlib
import hmac
import itertools
import os
import time

import schemathesis
from requests.auth import AuthBase
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import stateful

from service import cursor

SIGNATURE = "Stripe-Signature"
KEY = "Idempotency-Key"
LISTENER = "http://127.0.0.1:9/hooks"  # where nobody listens; the system under test may tell it nevertheless
_numbers = itertools.count()
_classify = stateful.classify_root_transitions


def _everything_may_begin(*arguments):
    """Let scenarios begin with POST /v1/payments too, whose order_id is taken for the id of something already made."""
    roots = _classify(*arguments)
    roots.reliable |= roots.fallback
    return roots


stateful.classify_root_transitions = _everything_may_begin


class Signed(AuthBase):
    """Signs a request as it leaves, over the bytes that leave."""

    def __call__(self, request):
        now_s = int(time.time())
        body = request.body or b""
        signed = f"{now_s}.".encode() + (body if isinstance(body, bytes) else body.encode())
        digest = hmac.new(os.environ["FUZZ_WEBHOOK_SECRET"].encode(), signed, hashlib.sha256).hexdigest()
        request.headers[SIGNATURE] = f"t={now_s},v1={digest}"
        return request


@schemathesis.hook
def before_call(_context, case, kwargs):
    if not _is_wrong(case, ParameterLocation.HEADER):
        if case.path == "/webhooks/psp" and case.method.upper() == "POST":
            kwargs["auth"] = Signed()
        # What is drawn is mostly the simplest key there is, again and again; with it an endpoint that was deleted is
        # still answered as made, as it should be.
        if KEY in case.headers and (case.path == "/v1/endpoints" or next(_numbers) % 2):
            case.headers[KEY] = f"new-{case.id}"
    if "cursor" in case.query and not _is_wrong(case, ParameterLocation.QUERY):
        # Only we give out cursors; any of ours is good for any list.
        case.query["cursor"] = cursor.after(int(time.time()) * 1_000_000, "pay_x")
    if isinstance(case.body, dict) and not _is_wrong(case, ParameterLocation.BODY):
        _complete(case.body)


def _complete(body):
    """Make 5 of 5.0, which a schema cannot tell apart and we do; and let every second request be one that succeeds."""
    if isinstance(body.get("amount"), float):
        body["amount"] = int(body["amount"])
    if "payment_method" in body and body["amount"] % 2:
        body["payment_method"] = "pm_card_visa"
    if "url" in body and next(_numbers) % 2:
        body["url"] = LISTENER  # hardly any name that is drawn is one of the public internet


def _is_wrong(case, location):
    return case.meta is not None and case.meta.is_negative_at(location)
