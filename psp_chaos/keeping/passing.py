"""Where rows are kept by a PSP whose books need not survive it: in memory, but for the logs, which would fill it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Self

from psp_chaos.keeping.archive import Archive, Log
from psp_chaos.keeping.on_disk import ArchiveOnDisk


@dataclass(frozen=True, slots=True)
class PassingArchive:
    """Shelves that are plain dictionaries, and logs in a file that is nobody else's."""

    logs: Archive

    def shelf[V](self, _name: str, _kind: type[V]) -> dict[str, V]:
        """Return an empty shelf."""
        return {}

    def log[V](self, name: str, kind: type[V]) -> Log[V]:
        """Return the log of this name."""
        return self.logs.log(name, kind)

    def within(self, name: str) -> Self:
        """Return a part with logs of its own."""
        return type(self)(self.logs.within(name))

    def commit(self) -> None:
        """Do nothing: nobody will ever read it."""

    def clear(self) -> None:
        """Throw the logs away."""
        self.logs.clear()


@contextmanager
def passing_archive() -> Iterator[PassingArchive]:
    """Yield an archive of which nothing is left at the end, not even if the process is killed."""
    with TemporaryDirectory(prefix="paystorm-psp-", ignore_cleanup_errors=True) as folder:
        logs = ArchiveOnDisk(Path(folder) / "logs")
        try:
            # Where a system lets an open file live on without a name, it is gone with the process, however that ends.
            rmtree(folder, ignore_errors=True)
            yield PassingArchive(logs)
        finally:
            logs.close()
