"""Storms that have a name, read from the files of this folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from psp_chaos.errors import NoSuchPreset
from psp_chaos.faults.files import parse_faults
from psp_chaos.faults.naming import unknown
from psp_chaos.faults.spec import FaultSpec

NAMES = (
    "calm",
    "flaky-network",
    "silent-capture",
    "late-capture",
    "psp-outage",
    "throttled",
    "forgetful-psp",
    "keyless-psp",
    "failing-refunds",
    "lost-webhooks",
    "webhook-chaos",
    "hostile-webhooks",
    "slow-lists",
    "settlement-drift",
    "kitchen-sink",
)
"""In the order in which they are offered: from one trouble at a time to all of them at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """Faults that make a story together."""

    name: str
    title: str
    story: str  # in a sentence or two
    faults: tuple[FaultSpec, ...]


def find_preset(name: str) -> Preset:
    """Return the preset of this name.

    Raises:
        NoSuchPreset: There is none.
    """
    if name not in PRESETS:
        raise NoSuchPreset(unknown([name], known=PRESETS, what="preset"))
    return PRESETS[name]


def _read(name: str) -> Preset:
    path = files(__package__).joinpath(f"{name}.toml")
    content = parse_faults(path.read_text(encoding="utf-8"), name=path.name)
    return Preset(name=name, title=content.title, story=content.story, faults=content.faults)


PRESETS: Mapping[str, Preset] = MappingProxyType({name: _read(name) for name in NAMES})
