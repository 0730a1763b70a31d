"""The merchants' servers in the world: names, addresses, and who listens there; they go down and come back."""

import base64
from collections.abc import Sequence

from scenarios.guests import merchant_id
from scenarios.virtual.merchant import Merchant, Row
from scenarios.virtual.processes import Process
from scenarios.virtual.world import World

MERCHANT_NETWORK = "203.0.113.0/24"
"""Set aside for documentation (RFC 5737), so the service must be allowed to send there."""

_NAME, _DOMAIN = "shop-", ".example"


def url_of(number: int) -> str:
    """Return where a merchant listens, who are counted from 1."""
    return f"http://{_NAME}{number}{_DOMAIN}/events"


def secret_of(number: int) -> str:
    """Return what signs the events of a merchant."""
    return f"whsec_{base64.b64encode(f'secret of merchant {number} of this world'.encode()).decode()}"


async def look_up(host: str, port: int) -> list[str]:
    """Return the address of a merchant's name; nobody else has one.

    Raises:
        OSError: it is somebody else's name.
    """
    number = host.removeprefix(_NAME).removesuffix(_DOMAIN)
    if host != f"{_NAME}{number}{_DOMAIN}" or not number.isdigit():
        raise OSError(f"nobody knows {host}:{port}")
    return [_address(int(number))]


class Merchants:
    """Those who listen, each with a server of its own; one diary has what all of them were told."""

    def __init__(self, world: World, *, count: int) -> None:
        self.diary: list[Row] = []
        self._world = world
        self._listeners = [
            Merchant(merchant_id(number), secret=secret_of(number), clock=world.clock, diary=self.diary)
            for number in range(1, count + 1)
        ]
        self._processes: dict[str, Process] = {}
        for listener in self._listeners:
            self.open(listener)

    @property
    def listeners(self) -> Sequence[Merchant]:
        """Everybody who listens."""
        return tuple(self._listeners)

    def open(self, listener: Merchant) -> None:
        """Start a merchant's server; what it had taken before it went down it still has."""
        process = self._processes[listener.id] = self._world.process(f"merchant/{listener.id}")
        self._world.network.attach(_address(self._listeners.index(listener) + 1), process, listener)

    def shut(self, listener: Merchant) -> None:
        """Let a merchant's server go down: whatever it was about breaks, and nobody listens any more."""
        self._processes[listener.id].crash()


def _address(number: int) -> str:
    return f"203.0.113.{number}"
