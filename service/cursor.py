"""Cursors of lists: where a page ended, opaque to whoever carries it."""

import base64
import binascii
import re

from engine.payment import Payment
from service.problems import Problem, ProblemError

PLACE = re.compile(r"(?P<created_at_us>[0-9]{1,18}):(?P<payment_id>[A-Za-z0-9_]{1,64})")


def after(payment: Payment) -> str:
    """Return the cursor of the page that follows this payment."""
    place = f"{payment.created_at_us}:{payment.id}"
    return base64.urlsafe_b64encode(place.encode("ascii")).decode("ascii")


def parse(text: str) -> tuple[int, str]:
    """Return the creation time and id after which the page begins.

    Raises:
        ProblemError: we never gave out such a cursor.
    """
    try:
        place = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        place = ""
    found = PLACE.fullmatch(place)
    if found is None:
        raise ProblemError(Problem.INVALID_REQUEST, "cursor: not one that we gave out")
    return int(found["created_at_us"]), found["payment_id"]
