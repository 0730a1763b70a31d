"""Locust's line to the monitor.

Only for Locust's own process: there sockets belong to gevent, and waiting for an answer holds nobody up.
"""

import time
from http import HTTPStatus

import httpx

_TIMEOUT_S = 10.0
_START_S = 30.0  # imports alone take seconds on a busy machine
_POLL_S = 0.2


class MonitorClient:
    """Asks the monitor, and shows the token that nobody else has."""

    def __init__(self, url: str, *, token: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT_S, trust_env=False)
        self._http.headers["authorization"] = f"Bearer {token}"

    def state(self) -> tuple[bytes, int]:
        """Return what the monitor has seen, as JSON, and the status of its answer."""
        return self._ask("GET", "/state", None)

    def switch(self, asked: bytes) -> tuple[bytes, int]:
        """Turn a fault on or off; return what the monitor says to it, as JSON, and the status of its answer."""
        return self._ask("POST", "/switch", asked)

    def begin(self, scenario: str) -> None:
        """Let this scenario's faults bite; a monitor that is still starting is waited for.

        Raises:
            httpx.HTTPError: They do not.
        """
        deadline_s = time.monotonic() + _START_S
        while True:
            try:
                self._http.post("/begin", json={"scenario": scenario}).raise_for_status()
            except httpx.ConnectError:
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(_POLL_S)
            else:
                return

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[bytes, int]:
        try:
            answer = self._http.request(method, path, content=body)
        except httpx.HTTPError as error:
            said = f'{{"error": "the monitor does not answer ({type(error).__name__}); see monitor.log"}}'
            return said.encode(), HTTPStatus.BAD_GATEWAY
        return answer.content, answer.status_code
