"""The guide says what the code says, and the page on writing a fault works as it is printed."""

import asyncio
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from psp_chaos.faults import MENU, FaultSpec
from psp_chaos.faults.guide import MOMENTS, example, guide
from psp_chaos.faults.presets import PRESETS

ROOT = Path(__file__).parents[2]
LESSON = (ROOT / "docs/write-your-own-fault.md").read_text()


@pytest.fixture(scope="module")
def written():
    return guide()


def test_the_guide_in_the_repository_is_what_the_code_says(written):
    assert (ROOT / "docs/faults.md").read_text() == written, "python -m psp_chaos.faults.guide > docs/faults.md"


def test_the_guide_is_printed_for_whoever_asks(written):
    printed = subprocess.run(
        [sys.executable, "-m", "psp_chaos.faults.guide"], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert printed.stdout == written


def test_every_kind_is_told_once_with_what_it_leaves_to_rely_on(written):
    told = re.findall(r"^### `([^`]+)`$", written, re.MULTILINE)

    assert sorted(told) == sorted([*MENU, *PRESETS])
    assert all(fault.entitlement in written for fault in MENU.values())


def test_every_example_is_a_fault_that_can_be_installed(written):
    examples = [
        tomllib.loads(block)["faults"]
        for block in re.findall(r"^```toml\n(.*?)^```", written, re.MULTILINE | re.DOTALL)
    ]

    specs = [FaultSpec.model_validate(fault) for faults in examples for fault in faults]

    assert [spec.kind for spec in specs if spec.id.startswith("my-")] == [
        kind for where in ("reply", "webhook", "books") for kind, fault in MENU.items() if fault.where == where
    ]


@pytest.mark.parametrize("kind", MENU)
def test_every_parameter_has_a_default_and_says_what_it_means(kind):
    properties = MENU[kind].model_json_schema().get("properties", {})

    assert [name for name, schema in properties.items() if "default" not in schema] == []
    assert [name for name, schema in properties.items() if len(schema.get("description", "")) < 10] == []
    assert example(MENU[kind]).fault() == MENU[kind]()


@pytest.mark.parametrize("kind", MENU)
def test_every_kind_has_its_moment_in_the_guide(kind):
    assert len([moment for moment in MOMENTS if issubclass(MENU[kind], moment)]) == 1


async def test_the_fault_that_the_lesson_writes_works_as_printed(open_world, monkeypatch):
    blocks = re.findall(r"^```python\n(.*?)^```", LESSON, re.MULTILINE | re.DOTALL)
    monkeypatch.setitem(MENU, "maintenance", None)  # so that it is taken off again
    names = {"__name__": "lesson"}
    for block in blocks:
        exec(compile(block, "docs/write-your-own-fault.md", "exec"), names)  # the page is ours

    tests = {name: test for name, test in names.items() if inspect.iscoroutinefunction(test)}
    for test in tests.values():
        began_s = asyncio.get_running_loop().time()
        await test(open_world())
        assert asyncio.get_running_loop().time() > began_s

    assert len(tests) == 2
    assert len(blocks) > 8
