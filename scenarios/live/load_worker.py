"""A worker of somebody else's load: a Locust that does what a master says, until the master ends."""

import os
import time
from contextlib import suppress
from pathlib import Path

from scenarios.errors import BadInput, InfrastructureFailed
from scenarios.live.children import Children
from scenarios.live.load_generator import worker_arguments

_KEY = "PAYSTORM_LOAD_API_KEY"
_LOOK_S = 0.2


def given_key() -> str:
    """Return the key to ask the service with.

    Raises:
        BadInput: There is none in the environment.
    """
    key = os.environ.get(_KEY)
    if not key:
        raise BadInput(f"{_KEY} is not set; the master printed its value")
    return key


def work_for(master_host: str, *, port: int, key: str, logs: Path) -> None:
    """Work until the master has nothing more to do, or Ctrl-C.

    Raises:
        InfrastructureFailed: The master cannot be reached, or Locust failed.
    """
    with Children(logs=logs) as children, suppress(KeyboardInterrupt):
        worker = children.start(
            "locust",
            "locust",
            environment={_KEY: key},
            arguments=worker_arguments(master_host, port=port),
            may_end=True,
        )
        while worker.is_running:
            time.sleep(_LOOK_S)
        if worker.process.returncode:
            raise InfrastructureFailed(worker.obituary())
