"""Which faults of the PSP can be switched while the load goes on: the scenario's own, and the PSP's presets.

What is installed is the PSP's to say, so that a fault switched on its own page is seen here as well. Names that were
switched are kept in a file beside the diaries, because the run's plan must tell of them.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx

from psp_chaos.faults import FaultSpec
from psp_chaos.faults.menu import MENU
from psp_chaos.faults.presets import PRESETS
from scenarios.errors import BadInput
from scenarios.library import find_scenario
from scenarios.live.pacing import at_live_pace, shortened_fault
from scenarios.live.switches import note_switch

_REPEATED_EFFECT = "repeated-effect"  # as the PSP's faults declare it
_BITES = 1_000  # a page of them


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch:
    """Something that can be turned on and off: one fault, or a preset of several."""

    name: str
    group: str  # "scenario" or "preset"
    what: str
    faults: tuple[FaultSpec, ...]


class Switchboard:
    """Turns faults on and off, and counts how often each has bitten."""

    def __init__(self, http: httpx.AsyncClient, *, scenario: str, diaries: Path) -> None:
        self._http = http
        self._diaries = diaries
        self._presets = [_preset_switch(name) for name in PRESETS if PRESETS[name].faults]
        self._bites: Counter[str] = Counter()
        self._read_bites: str | None = None
        self._counting = asyncio.Lock()
        self.psp_forgot_keys = False  # then a second charge may be the PSP's fault, which the judge finds out
        self._choose(scenario)

    async def begin(self, scenario: str, *, at_us: int) -> None:
        """Let this scenario's faults bite from now on; if it was chosen already, what was switched stays so.

        Raises:
            BadInput: There is no such scenario.
        """
        before = self.scenario
        self._choose(scenario)
        note_switch(self._diaries, {"at_us": at_us, "scenario": scenario})
        if scenario == before:
            return
        (await self._http.delete("/faults")).raise_for_status()
        for switch in self._own:
            await self._install(switch)

    async def turn(self, name: str, *, on: bool, at_us: int) -> None:
        """Turn one switch.

        Raises:
            BadInput: There is no such switch.
        """
        installed = await self._installed()
        switch = next((one for one in self._switches(installed) if one.name == name), None)
        if switch is None:
            raise BadInput(f"there is no fault {name:.100}")
        for fault in switch.faults:
            if on and fault.id not in installed:
                (await self._http.post("/faults", content=fault.model_dump_json())).raise_for_status()
            elif not on and fault.id in installed:
                (await self._http.delete(f"/faults/{quote(fault.id, safe='')}")).raise_for_status()
        note_switch(self._diaries, {"at_us": at_us, "fault": name, "on": on})

    async def show(self) -> list[dict[str, object]]:
        """Return every switch as plain data, the scenario's first."""
        await self._count_bites()
        installed = await self._installed()
        return [
            {
                "name": switch.name,
                "group": switch.group,
                "what": switch.what,
                "on": all(fault.id in installed for fault in switch.faults),
                "bites": sum(self._bites[fault.id] for fault in switch.faults),
            }
            for switch in self._switches(installed)
        ]

    def _choose(self, scenario: str) -> None:
        paced = at_live_pace(find_scenario(scenario), users=1, duration_s=0)
        self.scenario = scenario
        self.title = paced.title
        self._own = [_switch(fault, group="scenario") for fault in paced.psp_faults]

    def _switches(self, installed: Mapping[str, FaultSpec]) -> Iterator[Switch]:
        known = [*self._own, *self._presets]
        yield from self._own
        named = {fault.id for switch in known for fault in switch.faults}
        yield from (_switch(fault, group="installed elsewhere") for id_, fault in installed.items() if id_ not in named)
        yield from self._presets

    async def _install(self, switch: Switch) -> None:
        for fault in switch.faults:
            (await self._http.post("/faults", content=fault.model_dump_json())).raise_for_status()

    async def _installed(self) -> dict[str, FaultSpec]:
        answer = (await self._http.get("/faults")).raise_for_status().json()
        specs = (_spec(shown) for shown in answer["data"])
        return {spec.id: spec for spec in specs}

    async def _count_bites(self) -> None:
        async with self._counting:  # or two who look at once would count a page twice
            has_more = True
            while has_more:
                wanted: dict[str, str | int] = {"limit": _BITES}
                wanted |= {} if self._read_bites is None else {"after": self._read_bites}
                answer = (await self._http.get("/bites", params=wanted)).raise_for_status().json()
                self._bites.update(bite["fault"] for bite in answer["data"])
                self.psp_forgot_keys |= any(bite["unsurvivable"] == _REPEATED_EFFECT for bite in answer["data"])
                self._read_bites, has_more = answer["next"], answer["has_more"]


def _spec(shown: Mapping[str, object]) -> FaultSpec:
    return FaultSpec.model_validate({name: shown[name] for name in FaultSpec.model_fields if name in shown})


def _switch(fault: FaultSpec, *, group: str) -> Switch:
    return Switch(name=fault.id, group=group, what=_told(fault), faults=(fault,))


def _preset_switch(name: str) -> Switch:
    preset = PRESETS[name]
    # A scenario may have a fault of the same name, and each must be switched by itself.
    faults = tuple(shortened_fault(fault).model_copy(update={"id": f"{name}.{fault.id}"}) for fault in preset.faults)
    return Switch(name=name, group="preset", what=preset.story or preset.title, faults=faults)


def _told(fault: FaultSpec) -> str:
    """Return what a fault does and how often, in a sentence."""
    told = " ".join((MENU[fault.kind].__doc__ or "").split())
    often = f"; {fault.probability:.0%} of the time" if fault.probability < 1 else ""
    return f"{told.split('. ')[0].rstrip('.')}{often}"
