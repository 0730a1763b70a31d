"""Cursors of lists: where a page ended, opaque to whoever carries it."""

import base64
import binascii
import re

from service.problems import Problem, ProblemError

PLACE = re.compile(r"(?P<at_us>[0-9]{1,18}):(?P<id>[A-Za-z0-9_]{1,64})")


def after(at_us: int, last_id: str) -> str:
    """Return the cursor of the page that follows the one with this time and id."""
    place = f"{at_us}:{last_id}"
    return base64.urlsafe_b64encode(place.encode("ascii")).decode("ascii")


def parse(text: str) -> tuple[int, str]:
    """Return the time and id after which the page begins.

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
    return int(found["at_us"]), found["id"]
