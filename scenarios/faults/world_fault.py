"""What every fault of our own side has in common; those of the PSP are `psp_chaos.faults`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from psp_chaos.faults.spec import Window

type ProcessKind = Annotated[str, Field(pattern="^(service|worker)$")]


class WorldFault(BaseModel):
    """One thing that goes wrong with machines, clocks, the database or the network while its window lasts.

    A subclass is one kind: it fixes `where` and `kind`, and its fields say how hard and how often. What it does is done
    by the nemesis of its `where`, of which each world has its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=100)]
    where: str
    kind: str
    window: Window = {}  # in seconds since the run began; the storm if it is left out
