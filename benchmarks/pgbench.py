"""pgbench on the statements of a payment, as the service itself sends them.

They are recorded from the service and replayed word for word, parameters as parameters, one transaction for each of its
transactions and one round trip for each of its round trips. What differs from payment to payment (ids and moments) is
drawn by pgbench; ids are numbers of 18 digits there, because it cannot draw anything else. It prepares statements, as
the service's driver does, and is a program in C: what it reaches is what PostgreSQL gives.
"""

import asyncio
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from benchmarks.bound import Statement, recorded
from benchmarks.site import API_KEY, Site
from scenarios.embedded_postgres.binaries import find_binaries
from service.settings import Settings
from service.system import SystemClock, SystemIds
from service.wiring import compose, create_database_engine

_DAY_US = 86_400 * 1_000_000
_ID_LENGTH_MAX = 48  # what is longer and differs is a fingerprint or a body, which no index sees
_RATE = re.compile(r"^tps = ([\d.]+) \(without initial connection time\)$", re.MULTILINE)
_PLACE = re.compile(r"\$(\d+)")


@dataclass(frozen=True, kw_only=True)
class Script:
    """What pgbench does for one payment."""

    text: str
    constants: Mapping[str, str]
    round_trips: int
    transactions: int


def recorded_script(site: Site) -> Script:
    """Let the service accept and settle two payments, and return what pgbench must do for one."""
    one, other = asyncio.run(_recorded_payments(site))
    assert [text for text, _ in one] == [text for text, _ in other], "a payment is always the same statements"
    words = _Words(one, other)
    lines = [words.filled_in(text, values) for text, values in one]
    return Script(
        text="\n".join([*words.drawn, *(f"{line};" for line in lines)]) + "\n",
        constants=words.constants,
        round_trips=len(one),
        transactions=_transactions(one),
    )


def run_pgbench(site: Site, script: Script, *, connections: int, seconds: int) -> float:
    """Return payments per second."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "payment.sql"
        file.write_text(script.text)
        constants = [word for name, value in script.constants.items() for word in ("-D", f"{name}={value}")]
        threads = min(connections, os.cpu_count() or 1)
        address = [f"--host={site.database.query['host']}", "--username=postgres", site.database.database or ""]
        how = ["--no-vacuum", "--protocol=prepared", f"--client={connections}", f"--jobs={threads}"]
        command = [find_binaries() / "pgbench", f"--file={file}", f"--time={seconds}", *how, *constants, *address]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _RATE.search(answer.stdout)
    assert answer.returncode == 0, answer.stderr
    assert found is not None, answer.stdout
    return float(found[1])


async def _recorded_payments(site: Site) -> tuple[Sequence[Statement], Sequence[Statement]]:
    settings = Settings(
        database_url=site.database.render_as_string(hide_password=False),
        psp_base_url="http://psp",
        psp_api_key="sk_test_benchmark",
        psp_webhook_secret="whsec_benchmark",  # noqa: S106 - nobody's secret
    )
    engine = create_database_engine(settings)
    service = compose(
        settings=settings,
        clock=SystemClock(),
        ids=SystemIds(),
        random=Random(1),
        database=engine,
        psp_http=httpx.AsyncClient(transport=httpx.MockTransport(_psp)),
    )
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as http:
        tapes = []
        for number in range(3):  # the first one also finds out who is asking
            with recorded() as tape:
                await _create(http, f"recorded-{number}-{SystemIds().new('order')}")
            tapes.append(tape.statements)
    await engine.dispose()
    return tapes[1], tapes[2]


async def _create(http: httpx.AsyncClient, order: str) -> None:
    """Create a payment; in-process, the answer comes when all that follows it is done as well."""
    body = {"amount": 1250, "currency": "EUR", "payment_method": "pm_card_visa", "order_id": order}
    headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": order}
    answer = await http.post("/v1/payments", json=body, headers=headers)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text


def _psp(request: httpx.Request) -> httpx.Response:
    fields = dict(httpx.QueryParams(request.content.decode()))
    attempt_id = fields["metadata[attempt_id]"]
    intent = {"id": f"pi_{attempt_id}", "status": "succeeded", "amount": int(fields["amount"]), "currency": "eur"}
    return httpx.Response(200, json=intent | {"metadata": {"attempt_id": attempt_id}})


def _transactions(statements: Sequence[Statement]) -> int:
    """Return how many there are; a statement outside of BEGIN and COMMIT is one by itself."""
    inside, count = False, 0
    for text, _ in statements:
        inside = text == "BEGIN" or (inside and text != "COMMIT")
        count += not inside
    return count


class _Words:
    """Which variable of pgbench stands for which value of the recording."""

    def __init__(self, one: Sequence[Statement], other: Sequence[Statement]) -> None:
        self.constants: dict[str, str] = {}
        self.drawn: list[str] = []
        self._names: dict[object, str] = {}
        pairs = [
            pair for (_, mine), (_, yours) in zip(one, other, strict=True) for pair in zip(mine, yours, strict=True)
        ]
        self._start_us = min(value for value, _ in pairs if _is_moment(value))
        self.drawn.append("\\set ago random(0, 1000000)")
        for value, twin in pairs:
            if value is not None and _key(value) not in self._names:
                self._name(value, differs=value != twin)

    def filled_in(self, text: str, values: Sequence[object]) -> str:
        """Return a statement with variables in the places of its parameters."""

        def variable(place: re.Match[str]) -> str:
            value = values[int(place[1]) - 1]
            # A variable that nobody has set is NULL.
            return ":nothing" if value is None else f":{self._names[_key(value)]}"

        return " ".join(_PLACE.sub(variable, text).split())

    def _name(self, value: object, *, differs: bool) -> None:
        name = self._names[_key(value)] = f"v{len(self._names)}"
        if _is_moment(value):
            self.drawn.append(f"\\set {name} {value} - :ago")
        elif differs and isinstance(value, str) and len(value) <= _ID_LENGTH_MAX:
            self.drawn.append(f"\\set {name} random(100000000000000000, 999999999999999999)")
        else:
            self.constants[name] = _literal(value)


def _is_moment(value: object) -> bool:
    return isinstance(value, int) and value > 1000 * _DAY_US


def _key(value: object) -> object:
    return type(value), value if not isinstance(value, dict) else json.dumps(value)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
