"""What the monitor must know, handed to it through its environment (`PAYSTORM_MONITOR_…`)."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class MonitorSettings(BaseSettings):
    """One system under load, as the monitor sees it."""

    model_config = SettingsConfigDict(env_prefix="PAYSTORM_MONITOR_", frozen=True, extra="forbid")

    scenario: str  # whose faults are installed: a name in the library, or a file
    diaries: Path  # the folder with the customers' diaries
    database_url: str = Field(repr=False)  # the service's
    psp_url: str
    control_token: str = Field(repr=False)  # for the PSP's control plane
    port: int  # where it answers, on loopback
    token: str = Field(repr=False)  # whoever asks must show it
