"""Health: an endpoint that fails for days is disabled (docs.stripe.com/webhooks, "Disable behavior")."""

from dataclasses import replace

from psp_chaos.delivery.endpoints import Endpoints
from psp_chaos.ports import Clock
from psp_chaos.settings import PspSettings

MICROSECONDS_PER_SECOND = 1_000_000


class Health:
    """Counts what fails, endpoint by endpoint, until something succeeds."""

    def __init__(self, *, endpoints: Endpoints, clock: Clock, settings: PspSettings) -> None:
        self._endpoints = endpoints
        self._clock = clock
        self._patience_s = settings.endpoint_disabled_after_s
        self._failures_min = settings.endpoint_failures_min

    def succeeded(self, endpoint_id: str) -> None:
        """Note that an endpoint has taken something."""
        endpoint = self._endpoints.endpoints.get(endpoint_id)
        if endpoint is not None and endpoint.failures:
            self._endpoints.update(replace(endpoint, failures=0, failing_since_us=None))

    def failed(self, endpoint_id: str) -> None:
        """Note that an endpoint has not taken something, and disable it if that goes on for too long."""
        endpoint = self._endpoints.endpoints.get(endpoint_id)
        if endpoint is None:
            return  # deleted meanwhile
        now_us = self._clock.now_us()
        since_us = now_us if endpoint.failing_since_us is None else endpoint.failing_since_us
        failing = self._endpoints.update(replace(endpoint, failures=endpoint.failures + 1, failing_since_us=since_us))
        if failing.is_enabled and self._is_hopeless(failing.failures, failing_us=now_us - since_us):
            self._endpoints.disable(failing)

    def _is_hopeless(self, failures: int, *, failing_us: int) -> bool:
        return (
            self._patience_s is not None
            and failures >= self._failures_min
            and failing_us >= self._patience_s * MICROSECONDS_PER_SECOND
        )
