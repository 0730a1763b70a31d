"""Deliver an event: claim it, send it, record what came back; three steps, the sending alone between two commits.

At least once, because it may die anywhere:

- before the claim commits: nothing happened, the delivery is still due;
- after the claim, before or after the merchant took the event: the lease ends and it is sent again, under the same id;
- two at once (a pause longer than the lease): both send it, and whoever is behind in `tries` may only record a yes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from random import Random

from engine.outgoing import Delivery, Echo, EchoKind, consequence
from engine.outgoing_ports import Courier, OutgoingStore
from engine.ports import Clock


@dataclass(frozen=True, kw_only=True)
class DeliverEvent:
    """Brings one delivery a try nearer to its end."""

    store: OutgoingStore
    courier: Courier
    clock: Clock
    random: Random  # for the jitter of retries
    schedule_us: Sequence[int]  # the waits between two tries
    lease_us: int  # must outlast one try

    async def claim(self, *, apart_from: Collection[str]) -> Delivery | None:
        """Take the delivery that has waited longest, except to these endpoints; None if none is due.

        Raises:
            StoreError: if it was claimed all the same, its lease brings it back.
        """
        return await self.store.claim_delivery(
            now_us=self.clock.now_us(), lease_us=self.lease_us, apart_from=apart_from
        )

    async def carry(self, delivery: Delivery) -> Echo:
        """Send what was claimed, unless its endpoint does not listen any more, and record what came back.

        Raises:
            StoreError: it may not be on record; then it will be sent again.
        """
        echo = Echo(kind=EchoKind.DISABLED)
        if delivery.endpoint.is_enabled:
            echo = await self.courier.deliver(delivery)
        after = consequence(
            echo,
            tries=delivery.tries,
            schedule_us=self.schedule_us,
            random=self.random,
            at_us=self.clock.now_us(),
        )
        await self.store.record_delivery(delivery, echo, after)
        return echo
