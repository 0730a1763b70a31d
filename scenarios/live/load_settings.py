"""What the load generator must know, handed to it through its environment (`PAYSTORM_LOAD_…`)."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class LoadSettings(BaseSettings):
    """One load test, as Locust's process sees it."""

    model_config = SettingsConfigDict(env_prefix="PAYSTORM_LOAD_", frozen=True, extra="forbid")

    scenario: str  # name in the library, or a file: who comes, how often
    seed: int = 1
    api_key: str = Field(repr=False)
    diary: Path  # the file to append to
