"""A service that makes lists of what is wrong and gives nothing back by itself.

Several teams whose bugs are planted here had nothing that would have undone the harm later. With our repairs left in
place, a defect that calls captured money FAILED would be healed by the very service that it is planted in.
"""

from engine.repair import REFUSED, Progressed, Repair
from engine.usecases import RepairDiscrepancy


class ListMaker(RepairDiscrepancy):
    """Leaves every late or double capture to people."""

    async def _give_back(self, repair: Repair) -> Progressed:  # noqa: ARG002 - whatever it is, it stays
        return REFUSED
