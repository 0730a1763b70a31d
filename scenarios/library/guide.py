"""The guide to the scenarios, written from their files: `python -m scenarios.library.guide > docs/scenarios.md`."""

import sys
from collections.abc import Iterator

from scenarios.library import LIBRARY
from scenarios.spec import Scenario
from scenarios.telling import fault_in_words, size_in_words

HEAD = """\
# The scenarios

Each is a file in `scenarios/library/`: who comes, what breaks, for how long, and what is promised afterwards. This page
is written from those files, by `python -m scenarios.library.guide > docs/scenarios.md`; a test compares the two.

```console
$ paystorm list lost-webhooks
```

tells one whole. `paystorm run NAME` performs it, `--set` changes anything of it for one run, and

```console
$ paystorm list lost-webhooks --toml
```

prints it as a file to start from: `paystorm list lost-webhooks --toml > storm.toml`, edit, `paystorm run storm.toml`.

## A file of your own

```toml
format = 1
story = "Every second webhook is lost, and the bank takes its time."
storm_s = 1800
calm_s = 10800
final_within_s = 5400
psp_asynchronous_share = 0.5

[scripts]
patient = 3
double-clicker = 1

[service]
worker_period_s = 5

[[faults]]
id = "webhook-lost"
where = "webhook"
kind = "lost"
probability = 0.5
```

`format`, `story`, the three durations and `[scripts]` must be there; everything else has a default. `paystorm run`,
`sweep`, `load` and `list` take such a file wherever they take a name, and the scenario is called what the file is. The
run's manifest holds the whole scenario, so that a replay does not need the file.

What is wrong is said in one line, with line, column and the right spelling, and exit code 2:

```
paystorm: storm.toml:20:1: faults.webhook-lost.probabilty: unknown probabilty (did you mean probability?); …
```

Editors that know JSON schemas help before: [scenario.schema.json](scenario.schema.json), also printed by
`paystorm list --schema`; a first line `#:schema scenario.schema.json` tells them where it is. The faults of the PSP are
explained in [faults.md](faults.md), the settings of the service in [settings.md](settings.md).

## All of them"""


def guide() -> str:
    """Return the whole guide, as Markdown."""
    rows = [f"| [`{name}`](#{name}) | {scenario.title} |" for name, scenario in LIBRARY.items()]
    table = "\n".join(["| scenario | what happens |", "|---|---|", *rows])
    return "\n\n".join([HEAD, table, *(_told(scenario) for scenario in LIBRARY.values())]) + "\n"


def _told(scenario: Scenario) -> str:
    return "\n\n".join(_paragraphs(scenario))


def _paragraphs(scenario: Scenario) -> Iterator[str]:
    yield f"### {scenario.name}"
    yield f"**{scenario.title}.** {scenario.story}"
    yield f"*What it proves:* {scenario.proves}"
    if scenario.incidents:
        yield "*Where it happened:* " + " · ".join(f"[{one.name}]({one.link})" for one in scenario.incidents)
    yield "\n".join(f"- {line}" for line in (*size_in_words(scenario), *map(fault_in_words, scenario.faults)))


if __name__ == "__main__":
    sys.stdout.write(guide())
