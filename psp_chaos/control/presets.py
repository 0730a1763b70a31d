"""Presets: faults that belong together, switched on by one name."""

from http import HTTPStatus
from typing import TypedDict

from psp_chaos.control.actions import Action, Json
from psp_chaos.control.asked import Asked, Nothing
from psp_chaos.control.faults import UNTRIED, FaultList, shown_fault
from psp_chaos.errors import FaultExists
from psp_chaos.faults.installed import Faults
from psp_chaos.faults.presets import PRESETS, Preset, find_preset
from psp_chaos.faults.spec import FaultSpec


class PresetShown(TypedDict):
    """Faults that belong together."""

    name: str
    title: str
    story: str
    faults: list[Json]


class PresetList(TypedDict):
    """Every preset."""

    data: list[PresetShown]


def shown_preset(preset: Preset) -> PresetShown:
    """Describe a preset with its faults, as they could be installed one by one."""
    return {
        "name": preset.name,
        "title": preset.title,
        "story": preset.story,
        "faults": [spec.model_dump(mode="json") for spec in preset.faults],
    }


def install_preset(faults: Faults, preset: Preset) -> list[FaultSpec]:
    """Install every fault of a preset, or none."""
    known = {spec.id for spec in faults.specs}
    for spec in preset.faults:
        if spec.id in known:
            raise FaultExists(f"The preset '{preset.name}' is installed already, or its fault '{spec.id}' is.")
    for spec in preset.faults:
        faults.install(spec)
    return list(preset.faults)


async def list_presets(_asked: Asked[Nothing, None]) -> PresetList:
    """Show sets of faults that belong together."""
    return {"data": [shown_preset(preset) for preset in PRESETS.values()]}


async def switch_preset_on(asked: Asked[Nothing, None]) -> FaultList:
    """Install every fault of a preset, or none of them."""
    faults = asked.plant.psp.faults
    return {"data": [shown_fault(spec, count=UNTRIED) for spec in install_preset(faults, find_preset(asked.target))]}


PRESET_ACTIONS = (
    Action(method="GET", path="/presets", perform=list_presets, answers=PresetList),
    Action(method="POST", path="/presets/{id}", perform=switch_preset_on, status=HTTPStatus.CREATED, answers=FaultList),
)
