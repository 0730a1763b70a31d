"""What the PSP does wrong just now, and the weathers that one can choose from.

One weather at a time: its faults take the place of those that were there, so that what is seen has one cause.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psp_chaos.faults.presets import PRESETS, find_preset
from reports.records import JsonObject
from scenarios.live.pacing import faults_at_live_pace
from scenarios.live.psp_control import PspControl

_OFFERED = tuple(preset for preset in PRESETS.values() if preset.faults)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One weather, as it can be chosen."""

    name: str
    title: str
    story: str
    is_on: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Weather:
    """How it is."""

    installed: Sequence[Any]  # faults, as the control plane shows them
    choices: Sequence[Choice]

    @property
    def bites(self) -> int:
        """Return how often one of them has bitten."""
        return sum(fault["bites"] for fault in self.installed)


def look(control: PspControl) -> Weather:
    """Return how it is.

    Raises:
        InfrastructureFailed: The PSP does not answer.
    """
    installed: Sequence[JsonObject] = control.installed()
    ids = {fault["id"] for fault in installed}
    choices = [
        Choice(
            name=preset.name,
            title=preset.title,
            story=preset.story,
            is_on=ids == {spec.id for spec in preset.faults},
        )
        for preset in _OFFERED
    ]
    return Weather(installed=installed, choices=choices)


def change(control: PspControl, name: str) -> str:
    """Let a weather begin, at the pace of real time, and say so.

    Raises:
        NoSuchPreset: There is none of this name.
        InfrastructureFailed: The PSP does not answer.
    """
    preset = find_preset(name)
    control.remove_faults()
    control.install(faults_at_live_pace(preset.faults))
    return f"{preset.title} is on."


def clear(control: PspControl) -> str:
    """End whatever weather it is, and say so.

    Raises:
        InfrastructureFailed: The PSP does not answer.
    """
    control.remove_faults()
    return "All faults are off; what they have begun goes on."
