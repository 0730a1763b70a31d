"""Where the parties of a live system listen."""

from dataclasses import dataclass
from typing import Self

from scenarios.errors import BadInput
from scenarios.live.ports import LOOPBACK, choose_port


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """Where service and PSP listen, on loopback."""

    service_port: int
    psp_port: int

    @classmethod
    def choose(cls, *, service_port: int = 0, psp_port: int = 0) -> Self:
        """Return these ports, or free ones for 0.

        Raises:
            BadInput: A port is taken, or both are the same.
        """
        if service_port == psp_port != 0:
            raise BadInput(f"--port and --psp-port are both {service_port}; two programs need two ports")
        return cls(
            service_port=choose_port(service_port, option="--port"), psp_port=choose_port(psp_port, option="--psp-port")
        )

    @property
    def service_url(self) -> str:
        """Where customers go, and the PSP's webhooks."""
        return f"http://{LOOPBACK}:{self.service_port}"

    @property
    def psp_url(self) -> str:
        """Where the service goes."""
        return f"http://{LOOPBACK}:{self.psp_port}"
