"""The PSP's control plane, as an operator uses it: faults on, faults off, and the books."""

from collections.abc import Iterable
from typing import Self, cast
from urllib.parse import quote

import httpx

from psp_chaos.faults import FaultSpec
from reports.records import JsonObject
from scenarios.errors import InfrastructureFailed

_TIMEOUT_S = 20.0

type PspBooks = dict[str, list[JsonObject]]


class PspControl:
    """A connection to the control plane; the context closes it."""

    def __init__(self, psp_url: str, *, token: str) -> None:
        self._http = httpx.Client(
            base_url=f"{psp_url}/_chaos",
            headers={"authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_S,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def install(self, faults: Iterable[FaultSpec]) -> None:
        """Let the storm begin."""
        for fault in faults:
            self._ask("POST", "/faults", content=fault.model_dump_json().encode())

    def installed(self) -> list[JsonObject]:
        """Return the faults that are on, each with how often it has bitten (`bites`)."""
        return cast("list[JsonObject]", self._ask("GET", "/faults").json()["data"])

    def remove_fault(self, fault_id: str) -> None:
        """End one fault; what it has begun goes on."""
        self._ask("DELETE", f"/faults/{quote(fault_id, safe='')}")

    def remove_faults(self) -> None:
        """End the storm; what the faults have begun goes on."""
        self._ask("DELETE", "/faults")

    def count_bites(self) -> int:
        """Return how often a fault has bitten."""
        return int(self._ask("GET", "/bites?limit=1").json()["total"])

    def is_idle(self) -> bool:
        """Tell whether the PSP has nothing left to deliver or to do."""
        return bool(self._ask("GET", "/health").json()["idle"])

    def export(self) -> PspBooks:
        """Return everything the PSP has written down, by book."""
        return cast("PspBooks", self._ask("GET", "/export").json())

    def _ask(self, method: str, path: str, *, content: bytes | None = None) -> httpx.Response:
        try:
            return self._http.request(method, path, content=content).raise_for_status()
        except httpx.HTTPError as error:
            raise InfrastructureFailed(f"the PSP's control plane failed at {method} {path}: {error}") from None
