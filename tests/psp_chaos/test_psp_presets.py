"""Presets: each is a storm that can be installed, and together they leave no fault out."""

import asyncio
from importlib.resources import files

import httpx
import pytest

from psp_chaos.errors import NoSuchPreset
from psp_chaos.faults import MENU
from psp_chaos.faults.presets import PRESETS, find_preset


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_preset_has_a_title_and_tells_a_story(preset):
    assert preset.title
    assert preset.title[0].isupper()
    assert len(preset.story) > 40
    assert preset.story.endswith(".")


def test_every_file_beside_them_is_a_preset():
    stored = {path.name.removesuffix(".toml") for path in files("psp_chaos.faults.presets").iterdir()}

    assert {name for name in stored if not name.endswith(".py") and not name.startswith("__")} == set(PRESETS)


def test_calm_is_calm_and_every_other_preset_is_not():
    assert [name for name, preset in PRESETS.items() if not preset.faults] == ["calm"]


def test_every_kind_has_a_preset_in_which_it_comes():
    used = {spec.kind for preset in PRESETS.values() for spec in preset.faults}

    assert [kind for kind in MENU if kind not in used] == []


def test_a_misspelt_preset_is_refused_with_the_right_name():
    with pytest.raises(
        NoSuchPreset, match=r"unknown preset lost-webhook \(did you mean lost-webhooks\?\); choose from calm"
    ):
        find_preset("lost-webhook")


async def shop(world, orders):
    """Pay, look, list and refund, so many times; who gets no answer goes on."""
    for number in range(orders):
        for request in (
            lambda number=number: world.pay(key=f"k{number}"),
            lambda number=number: world.pay(key=f"k{number}"),
            lambda: world.get("/v1/payment_intents"),
            lambda: world.get(f"/v1/payment_intents/{world.payments[-1].id if world.payments else 'pi_none'}"),
            lambda: world.refund(world.payments[-1].id if world.payments else "pi_none", amount=100),
        ):
            try:
                await request()
            except httpx.RemoteProtocolError:
                continue
        await asyncio.sleep(70)


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "calm"])
async def test_a_preset_really_bites(world, name):
    for spec in PRESETS[name].faults:
        world.psp.faults.install(spec)

    await shop(world, 15)

    assert len(world.bites) >= 5


async def test_in_calm_nothing_bites(world):
    for spec in PRESETS["calm"].faults:
        world.psp.faults.install(spec)

    await shop(world, 2)

    assert world.bites == []
