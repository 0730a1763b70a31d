"""Objects as Stripe shows them: the fields that its SDKs and people's code touch.

Times become whole seconds and currencies lowercase in what is shown, and nowhere else.
"""

from collections.abc import Sequence

from psp_chaos.wire.answers import Json

API_VERSION = "2026-10-28.endive"  # that of the SDK the contract is tested with


def seconds(at_us: int) -> int:
    """Return the whole second in which something happened."""
    return at_us // 1_000_000


def optional_seconds(at_us: int | None) -> int | None:
    """Return the whole second in which something happened, if it has."""
    return None if at_us is None else seconds(at_us)


def listing(rows: Sequence[Json], *, url: str, has_more: bool) -> Json:
    """Show a page of a list."""
    return {"object": "list", "url": url, "has_more": has_more, "data": list(rows)}


def search_result(rows: Sequence[Json], *, url: str, next_page: str | None) -> Json:
    """Show a page of what was found."""
    return {
        "object": "search_result",
        "url": url,
        "has_more": next_page is not None,
        "next_page": next_page,
        "data": list(rows),
    }
