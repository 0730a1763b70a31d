"""What the load generator must know, handed to it through its environment (`PAYSTORM_LOAD_…`).

A worker on another machine needs the key alone: the master tells it the rest.
"""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from scenarios.live.arrivals import ArrivalProcess


class LoadSettings(BaseSettings):
    """One load test, as one of Locust's processes sees it."""

    model_config = SettingsConfigDict(env_prefix="PAYSTORM_LOAD_", frozen=True, extra="forbid")

    scenario: str = "duplicate-clicks"  # name in the library, or a file: who comes, how often
    seed: int = 1
    api_key: str = Field(repr=False)
    diary: Path | None = None  # the file to append to; None: every line is sent to the master, who keeps it
    rate_per_s: float = 0.0  # customers a second in an open model; 0: closed, the next one comes when the last has gone
    arrivals: ArrivalProcess = ArrivalProcess.POISSON
    parts: int = 1  # how many processes share the rate
    monitor_url: str | None = None  # whose findings the pages show
    monitor_token: str = Field(default="", repr=False)
