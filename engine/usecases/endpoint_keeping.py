"""Keep a merchant's endpoints: open, change, give another secret, delete.

An address is looked up before any transaction is open; when an event is sent there it is looked up again.
"""

import base64
from dataclasses import dataclass
from random import Random

from engine.errors import TargetRefused
from engine.idempotency import KeyedRequest
from engine.outgoing import ENDPOINTS_MAX, Endpoint, EndpointState
from engine.outgoing_ports import OutgoingPresenter, Targets
from engine.ports import Books, Clock, Ids, Store
from engine.usecases.once import Done, Once, Reply

SECRET_BYTES = 32  # Standard Webhooks asks for 24 to 64
BY_THE_MERCHANT = "by the merchant"


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointChange:
    """What a merchant wants to be different; None: as it is."""

    url: str | None = None
    is_enabled: bool | None = None


@dataclass(frozen=True, kw_only=True)
class KeepEndpoints:
    """What merchants do with their endpoints."""

    once: Once
    store: Store
    clock: Clock
    ids: Ids
    random: Random  # of which secrets are made; the programs bring the system's own
    targets: Targets
    presenter: OutgoingPresenter
    overlap_us: int  # how long an old secret goes on signing

    async def create(self, request: KeyedRequest, *, merchant_id: str, url: str) -> Reply:
        """Open an endpoint once; raises what `Once` raises."""
        why = await self.targets.refusal(url)

        async def work(books: Books) -> Done:
            if why is not None:
                return Done(answer=self.presenter.target_refused(why))
            if await books.count_endpoints(merchant_id) >= ENDPOINTS_MAX:
                return Done(answer=self.presenter.too_many_endpoints())
            endpoint = self._endpoint(merchant_id=merchant_id, url=url)
            await books.add_endpoint(endpoint)
            return Done(answer=self.presenter.endpoint_created(endpoint))

        return await self.once(request, work)

    async def rotate_secret(self, request: KeyedRequest, *, merchant_id: str, endpoint_id: str) -> Reply:
        """Give an endpoint another secret once; raises what `Once` raises."""

        async def work(books: Books) -> Done:
            endpoint = await books.lock_endpoint(merchant_id=merchant_id, endpoint_id=endpoint_id)
            if endpoint is None:
                return Done(answer=self.presenter.endpoint_missing())
            rotated = endpoint.rotated(self._secret(), until_us=self.clock.now_us() + self.overlap_us)
            await books.save_endpoint(rotated)
            return Done(answer=self.presenter.secret_rotated(rotated))

        return await self.once(request, work)

    async def change(self, *, merchant_id: str, endpoint_id: str, change: EndpointChange) -> Endpoint | None:
        """Return the endpoint as it is now, or None if the merchant has no such one.

        Raises:
            TargetRefused: nothing was changed.
        """
        why = None if change.url is None else await self.targets.refusal(change.url)
        if why is not None:
            raise TargetRefused(why)
        async with self.store.transaction() as books:
            endpoint = await books.lock_endpoint(merchant_id=merchant_id, endpoint_id=endpoint_id)
            if endpoint is None:
                return None
            changed = _changed(endpoint, change)
            await books.save_endpoint(changed)
            return changed

    async def delete(self, *, merchant_id: str, endpoint_id: str) -> bool:
        """Forget address and secrets; return whether the merchant had such an endpoint."""
        async with self.store.transaction() as books:
            endpoint = await books.lock_endpoint(merchant_id=merchant_id, endpoint_id=endpoint_id)
            if endpoint is not None:
                await books.save_endpoint(endpoint.deleted())
            return endpoint is not None

    def _endpoint(self, *, merchant_id: str, url: str) -> Endpoint:
        return Endpoint(
            id=self.ids.new("end"),
            merchant_id=merchant_id,
            url=url,
            state=EndpointState.ENABLED,
            secret=self._secret(),
            created_at_us=self.clock.now_us(),
        )

    def _secret(self) -> str:
        return f"whsec_{base64.b64encode(self.random.randbytes(SECRET_BYTES)).decode('ascii')}"


def _changed(endpoint: Endpoint, change: EndpointChange) -> Endpoint:
    if change.url is not None:
        endpoint = endpoint.moved(change.url)
    if change.is_enabled is None:
        return endpoint
    return endpoint.enabled() if change.is_enabled else endpoint.disabled(BY_THE_MERCHANT)
