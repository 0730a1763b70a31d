# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Anatomy of a lost webhook
#
# The bank takes its time, so the PSP answers "processing" and promises an event. The event never arrives. What becomes
# of the payment? One run of the scenario `lost-webhooks` in virtual time, on the real service and a real PostgreSQL,
# and from it the payment that waited longest for news that had been lost.

# %%
# %matplotlib inline
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from matplotlib.figure import Figure

from reports import judge, load_run
from reports.frames import risks
from reports.money import format_money
from reports.spans import duration, moment
from reports.story import Storyteller, Who
from reports.truth import Truth
from scenarios.campaign.rehearsal import close_playhouses, plan_one, rehearse

SEED = 7
plan = plan_one("lost-webhooks", changes={"customers": "30", "storm_s": "600"})
with TemporaryDirectory() as folder:
    result = rehearse(plan, SEED, out=Path(folder) / "run")
    evidence = load_run(Path(folder) / "run")
close_playhouses()
truth, verdict = Truth.rebuild(evidence), judge(evidence)
print(f"{result.command}: {verdict.validity.value}, {len(evidence.faults)} faults bit")
print(Counter(bite.fault for bite in evidence.faults))

# %% [markdown]
# ## Who brought the news of each capture?
#
# A stretch of risk begins when the PSP takes the money and ends when the service knows.

# %%
stretches = risks(evidence, truth)
stretches["waited_s"] = stretches["until_s"] - stretches["from_s"]
messengers = stretches.groupby("healed_by")["waited_s"].agg(payments="size", half_within_s="median", longest_s="max")
messengers

# %% [markdown]
# ## The payment that waited longest for the worker
#
# Nobody told the service. It asked.

# %%
lost = {bite.object for bite in evidence.faults if bite.kind == "lost"}
orders = {money.payment.order_named for money in truth.money.values() if money.payment.id in lost}
asked_for = stretches[(stretches["healed_by"] == "worker") & stretches["order"].isin(orders)]
longest = asked_for.nlargest(1, "waited_s").iloc[0]
order = longest["order"]
story = [step.line for step in Storyteller(evidence).tell(order_id=order)]
began_us = evidence.manifest.started_at_us
lines = pd.DataFrame(
    {
        "when": moment((line.at_us - began_us) / 1e6),
        "who": line.who.value,
        "what": line.what,
        "fault": "fault" if line.is_fault else "",
    }
    for line in story
)
with pd.option_context("display.max_colwidth", None):
    print(lines.to_string(index=False))

# %%
figure = Figure(figsize=(10, 3), layout="constrained")
axes = figure.subplots()
lanes = [who.value for who in Who][::-1]
for is_fault, colour, label in ((False, "tab:blue", "as it should be"), (True, "tab:red", "broken on purpose")):
    some = [line for line in story if line.is_fault is is_fault]
    at_s = [(line.at_us - began_us) / 1e6 for line in some]
    axes.scatter(at_s, [lanes.index(line.who.value) for line in some], color=colour, label=label, zorder=2)
axes.axvspan(longest["from_s"], longest["until_s"], color="tab:orange", alpha=0.2, label="money moved, service unaware")
axes.set(yticks=range(len(lanes)), yticklabels=lanes, xlabel="seconds since the run began", title=f"Purchase {order}")
axes.legend(fontsize="small")
figure

# %% [markdown]
# ## What it took

# %%
payment_ids = truth.purchases[order].payment_ids
moneys = [money for money in truth.money_by_intent[order] if money.captures]
objects = {money.payment.id for money in moneys}
questions = [one for one in evidence.psp.journal if one.object in objects and one.operation == "retrieve_payment"]
heard = [one for one in evidence.psp.journal if one.object in objects and one.kind == "webhook" and one.status]
unheard = [bite for bite in evidence.faults if bite.object in objects and bite.kind == "lost"]
amount = " and ".join(format_money(money.captured_minor, money.currency) for money in moneys)
print(
    f"{amount} had been taken. Webhooks about it: {len(unheard)} lost, {len(heard)} arrived; the "
    f"service asked {len(questions)} times and knew after {duration(longest['waited_s'])}. "
    f"The promise was {duration(evidence.manifest.final_within_s)} after the storm."
)
by_worker = int(messengers.loc["worker", "payments"])
print(f"In the whole run {by_worker} of {len(stretches)} captures came to light only because the worker asked.")

# %%
assert verdict.validity.value == "valid", "all of it healed"
assert any(line.is_fault for line in story), "the webhook was lost on purpose"
assert longest["waited_s"] == asked_for["waited_s"].max(), "no other waited longer"
assert unheard, "a webhook about it was lost"
assert questions, "somebody asked"
