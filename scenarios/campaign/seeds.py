"""Which seeds: `7`, or `1..1000`."""

import re
from typing import NamedTuple

from scenarios.errors import BadInput

_SEED_MAX = 2**63 - 1  # the evidence keeps the seed as a 64-bit number


class Seeds(NamedTuple):
    """All seeds from the first to the last one, both among them."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"

    @classmethod
    def parse(cls, text: str, *, option: str = "--seeds") -> "Seeds":
        """Return the seeds that a text names, which stood at this option.

        Raises:
            BadInput: The text names none.
        """
        match = re.fullmatch(r"(\d+)(?:\.\.(\d+))?", text.strip(), re.ASCII)
        if match is None:
            raise BadInput(f"{option} {text!r}: expected one seed or a range, such as 7 or 1..1000")
        first = int(match[1])
        last = int(match[2] or first)
        if last > _SEED_MAX:
            raise BadInput(f"{option} {text}: a seed is at most {_SEED_MAX}")
        if last < first:
            raise BadInput(f"{option} {text}: {last} comes before {first}; say {last}..{first}")
        return cls(first, last)

    def all(self) -> range:
        """Return the seeds, in order."""
        return range(self.first, self.last + 1)
