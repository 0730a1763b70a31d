"""Run the PSP: `python -m psp_chaos.main`, with settings from variables that begin with `PSP_`."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from psp_chaos.errors import PspError
from psp_chaos.settings import PspSettings
from psp_chaos.standing.process import Standing, require_secrets, stand

BAD_INPUT = 2


class Environment(PspSettings, BaseSettings):
    """The settings and where to listen, from the environment; sequences are written as JSON."""

    model_config = SettingsConfigDict(env_prefix="PSP_", frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8420
    seed: int = 0  # of the faults and delays; identifiers are always new
    state: Path | None = None  # the file that keeps everything; None: it is forgotten at the end
    log_level: str = "info"

    def standing(self) -> Standing:
        """Return what is to be run.

        Raises:
            TooOpen: Others can come there, and not every secret was chosen.
        """
        require_secrets(self.host, has_own_secrets={"secret_key", "control_token"} <= self.model_fields_set)
        return Standing(
            settings=PspSettings.model_validate(self.model_dump(include=set(PspSettings.model_fields))),
            host=self.host,
            port=self.port,
            seed=self.seed,
            state=self.state,
            log_level=self.log_level,
            access_log=True,
        )


def main() -> None:
    """Run the PSP."""
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(stand(Environment().standing()))
    except PspError as error:
        print(f"psp_chaos: {error}", file=sys.stderr)  # noqa: T201 - whoever started it reads this
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
