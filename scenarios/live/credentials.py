"""The secrets of one live run: new for each, and handed to processes through their environment alone."""

import secrets
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Who may do what."""

    api_keys: tuple[str, ...] = field(repr=False)  # the merchants', for the service
    psp_key: str = field(repr=False)  # the service's, for the PSP
    webhook_secret: str = field(repr=False)  # signs what the PSP sends to the service
    control_token: str = field(repr=False)  # ours, for the PSP's faults and books

    @property
    def api_key(self) -> str:
        """The first merchant's."""
        return self.api_keys[0]

    @classmethod
    def new(cls, *, merchants: int = 1) -> Self:
        """Return secrets that nobody has seen before."""
        return cls(
            api_keys=tuple(f"key_{secrets.token_hex(16)}" for _ in range(merchants)),
            psp_key=f"sk_test_{secrets.token_hex(16)}",
            webhook_secret=f"whsec_{secrets.token_hex(16)}",
            control_token=secrets.token_hex(16),
        )
