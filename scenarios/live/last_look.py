"""Customers whom the end of the load cut short look at their payment once more, after the calm.

In virtual time they watch until the end by themselves; here they would keep a person waiting.
"""

import time
from collections.abc import Iterable

import httpx

from scenarios.customers.actions import Read, Seen
from scenarios.customers.client import PaystormClient, unanswered
from scenarios.customers.diary import Author, Diary, DiaryRow
from scenarios.customers.habits import FINAL
from scenarios.live.system import LiveSystem

_BUDGET_S = 15.0  # thousands of looks; whoever comes later than that stays unsure


def look_once_more(diary: Diary, system: LiveSystem) -> None:
    """Read each payment that nobody has seen final, and write down what is seen."""
    client = PaystormClient(api_key=system.credentials.api_key)
    deadline_s = time.monotonic() + _BUDGET_S
    with httpx.Client(base_url=system.addresses.service_url, trust_env=False) as http:
        for row in unsure(diary.rows):
            if time.monotonic() > deadline_s:
                return
            assert row["payment_id"] is not None, "only an answered customer can be unsure"
            look = Read(intent=row["order_id"], payment_id=row["payment_id"])
            asked = diary.ask(
                Author(customer=row["customer"], script=row["script"], merchant_id=row["merchant_id"]), look
            )
            diary.answer(asked, _look(http, client, look))


def unsure(rows: Iterable[DiaryRow]) -> list[DiaryRow]:
    """Return the last row about each payment whose end its customer has not seen."""
    last = {row["payment_id"]: row for row in rows if row["payment_id"] is not None}
    seen_final = {row["payment_id"] for row in rows if row["status_shown"] in FINAL}
    return [row for payment_id, row in last.items() if payment_id not in seen_final]


def _look(http: httpx.Client, client: PaystormClient, look: Read) -> Seen:
    request = client.to_request(look)
    try:
        answer = http.request(request.method, request.path, headers=request.headers, timeout=look.timeout_s)
    except httpx.HTTPError as error:
        return unanswered(type(error).__name__)
    return client.to_seen(answer.status_code, answer.headers, answer.content)
