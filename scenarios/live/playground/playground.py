"""What the page is about, and who may see it."""

import secrets
from dataclasses import dataclass, field

from scenarios.live.ports import LOOPBACK
from scenarios.live.system import LiveSystem

TOKEN_FIELD = "token"  # noqa: S105 - the name of the field, in the link and in the form


@dataclass(frozen=True, kw_only=True, slots=True)
class Playground:
    """A system that is up, with the page that belongs to it."""

    system: LiveSystem
    page_port: int
    load_port: int | None  # of Locust's pages; None: there is no Locust
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    """Opens the page. The page can pay and switch faults, and shows the API key; other users of this machine can
    reach its port as well as we can, so the port alone opens nothing."""

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.page_port}"

    @property
    def link(self) -> str:
        """What opens it."""
        return f"{self.url}/?{TOKEN_FIELD}={self.token}"

    @property
    def load_url(self) -> str | None:
        """Where Locust's pages are."""
        return None if self.load_port is None else f"http://{LOOPBACK}:{self.load_port}"
