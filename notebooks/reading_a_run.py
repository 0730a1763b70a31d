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
# # Reading a run
#
# A run folder is plain JSON lines, so pandas reads it in one line a file. This notebook takes the latest run, or the
# one that `PAYSTORM_RUN` names, and asks three questions: who brought the final word of each payment, how long did the
# customers' money hang in the air, and what did the worker have to do to find out?

# %%
# %matplotlib inline
import os
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from msgspec.structs import asdict

from reports import load_run

run = Path(os.environ.get("PAYSTORM_RUN", "../runs/latest"))
evidence = load_run(run)
manifest = evidence.manifest
print(f"{manifest.scenario}, seed {manifest.seed}: {len(evidence.diary)} requests, {len(evidence.faults)} faults bit")

# %% [markdown]
# ## Who brought the final word?
#
# A webhook is only the fastest messenger. When it is lost, the worker has to ask.

# %%
transitions = pd.DataFrame(map(asdict, evidence.service.transitions))
final = transitions[transitions["to_state"].isin(["SUCCESS", "FAILED"])]
messengers = final["source"].value_counts().rename("payments")
messengers

# %% [markdown]
# ## How long did money hang in the air?
#
# From the moment when the PSP took the money to the moment when the service knew.

# %%
captured = pd.DataFrame(
    [
        {"payment_id": payment.payment_named, "captured_at_us": payment.captured_at_us}
        for payment in evidence.psp.payments
        if payment.captured_at_us is not None
    ]
)
known = final[final["to_state"] == "SUCCESS"].merge(captured, on="payment_id")
known["air_s"] = (known["at_us"] - known["captured_at_us"]) / 1e6
in_the_air = known.groupby("source")["air_s"].describe(percentiles=[0.5, 0.9, 0.99])
in_the_air

# %%
figure = Figure(figsize=(8, 3), layout="constrained")
axes = figure.subplots()
for source, group in known.groupby("source"):
    ordered = group["air_s"].clip(lower=0.01).sort_values()
    axes.step(ordered, [(rank + 1) / len(ordered) for rank in range(len(ordered))], where="post", label=source)
axes.set(xscale="log", xlabel="seconds between the capture and our knowing", ylabel="share of payments")
axes.legend(title="who told us")
figure

# %% [markdown]
# ## What did the worker have to ask?
#
# Each question costs the PSP something. The period of the worker buys time with questions.

# %%
requests = pd.DataFrame(asdict(line) for line in evidence.psp.journal if line.kind == "request")
questions = requests.groupby("operation").agg(
    asked=("operation", "size"), unanswered=("status", lambda s: s.isna().sum())
)
questions

# %% [markdown]
# Try the same with another period and compare: `paystorm run lost-webhooks --seed 7 --set service.zombie_after_s=600`.

# %%
assert messengers.sum() == final["payment_id"].nunique(), "every payment has one final word"
assert (known["at_us"] >= known["captured_at_us"]).all(), "nobody knows of money before it moved"
