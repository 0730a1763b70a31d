"""The fingerprint of the code that runs: results of another version are no results of this one."""

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("engine", "service", "psp_chaos", "reports", "scenarios")
_LIBRARIES = ("asyncpg", "fastapi", "httpx", "orjson", "pydantic", "simpy", "sqlalchemy", "starlette")


@cache
def code_fingerprint() -> str:
    """Return a short text that changes whenever a run of the same seed might."""
    digest = hashlib.sha256(platform.python_version().encode())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    for path in sorted(path for package in _PACKAGES for path in (_ROOT / package).rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(_ROOT)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]
