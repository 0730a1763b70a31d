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
# # How long should a reconciliation period be?
#
# Where webhooks vanish, somebody has to ask the PSP. Who asks often knows soon and pays with calls; who asks seldom has
# money out of sight. The same storms, seed by seed, with another period of the worker: everything but the period is the
# same, and every number below is measured from the evidence of the runs.

# %%
# %matplotlib inline
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from matplotlib.figure import Figure

from reports import load_run
from reports.frames import risks
from reports.measures import measures
from reports.spans import duration
from reports.truth import Truth
from scenarios.campaign.rehearsal import close_playhouses, plan_one, rehearse

PERIODS_S = (10, 30, 120, 600, 1800)
SEEDS = (1, 2)
STORM = {
    "customers": "30",
    "storm_s": "3600",
    "calm_s": "14400",
    "final_within_s": "7200",
    "ends_when_quiet": "true",
}


def settings(period_s: int) -> dict[str, str]:
    """The worker looks once a period, also when it has been idle, and asks about no payment more often."""
    names = ("worker_period_s", "worker_idle_s", "zombie_after_s")
    return STORM | {f"service.{name}": str(period_s) for name in names}


def trial(period_s: int, seed: int, folder: Path) -> dict[str, float | int | str]:
    result = rehearse(plan_one("lost-webhooks", changes=settings(period_s)), seed, out=folder)
    evidence = load_run(folder)
    truth = Truth.rebuild(evidence)
    stretches, found = risks(evidence, truth), measures(evidence, truth)
    asked = sum(entry.operation == "retrieve_payment" for entry in evidence.psp.journal)
    return {
        "period_s": period_s,
        "seed": seed,
        "verdict": result.validity,
        "captures": len(stretches),
        "questions": asked,
        "unseen_s": float((stretches["until_s"] - stretches["from_s"]).sum()),
        "longest_s": float(found["heal_max"] or 0),
        "eur_at_risk_max": (found.get("money_at_risk_max EUR") or 0) / 100,
    }


with TemporaryDirectory() as folder:
    trials = pd.DataFrame(
        trial(period_s, seed, Path(folder) / f"{period_s}-{seed}") for period_s in PERIODS_S for seed in SEEDS
    )
close_playhouses()
trials

# %% [markdown]
# ## Money at risk against calls
#
# The time that an average capture stays unseen is what counts: by Little's law, the money at risk at an average moment
# is this time multiplied by the money that flows in. What a flow of 100,000 an hour puts at risk follows at once.

# %%
totals = trials.groupby("period_s").agg(
    captures=("captures", "sum"),
    questions=("questions", "sum"),
    unseen_s=("unseen_s", "sum"),
    longest_s=("longest_s", "max"),
    eur_at_risk_max=("eur_at_risk_max", "max"),
)
totals["questions_each"] = totals["questions"] / totals["captures"]
totals["mean_unseen_s"] = totals["unseen_s"] / totals["captures"]
FLOW_PER_HOUR = 100_000
totals["at_risk_of_flow"] = totals["mean_unseen_s"] / 3_600 * FLOW_PER_HOUR
totals[["questions_each", "mean_unseen_s", "longest_s", "eur_at_risk_max", "at_risk_of_flow"]].round(2)

# %%
figure = Figure(figsize=(10, 3.5), layout="constrained")
left, right = figure.subplots(1, 2)
left.plot(totals.index, totals["mean_unseen_s"], marker="o", label="an average capture")
left.plot(totals.index, totals["longest_s"], marker="o", linestyle="--", label="the longest")
left.set(xscale="log", yscale="log", xlabel="period of the worker, s", ylabel="money unseen, s")
left.legend()
right.plot(totals["questions_each"], totals["at_risk_of_flow"], marker="o")
for period_s, row in totals.iterrows():
    at = (row["questions_each"], row["at_risk_of_flow"])
    right.annotate(duration(period_s), at, xytext=(4, 4), textcoords="offset points")
right.set(xlabel="questions to the PSP for each capture", ylabel=f"at risk, of {FLOW_PER_HOUR:,} an hour", yscale="log")
figure

# %% [markdown]
# ## What follows
#
# What one question more buys: the seconds of risk that it saves, from each period to the next shorter one.

# %%
steps = pd.DataFrame(
    {
        "from_s": totals.index[1:],
        "to_s": totals.index[:-1],
        "more_questions": -totals["questions_each"].diff().to_numpy()[1:],
        "saved_s": totals["mean_unseen_s"].diff().to_numpy()[1:],
    }
)
steps["saved_s_per_question"] = (steps["saved_s"] / steps["more_questions"].clip(lower=1e-9)).where(
    steps["more_questions"] > 0, float("inf")
)
steps.round(2)

# %%
ENOUGH = 0.25  # more than the slowest worker asks: fewer questions than that are not worth waiting for
least = totals["questions_each"].min()
cheap = totals[totals["questions_each"] <= least * (1 + ENOUGH)]
chosen_s, shortest_s, longest_s = int(cheap.index.min()), PERIODS_S[0], PERIODS_S[-1]
chosen, shortest, longest = (totals.loc[period_s] for period_s in (chosen_s, shortest_s, longest_s))
print(
    f"Beyond {duration(chosen_s)} a longer period saves no calls worth having: {chosen['questions_each']:.2f} "
    f"questions a capture against {longest['questions_each']:.2f} at {duration(longest_s)}, but "
    f"{duration(chosen['mean_unseen_s'])} unseen against {duration(longest['mean_unseen_s'])}."
)
print(
    f"Below it, {duration(shortest_s)} buys {duration(chosen['mean_unseen_s'] - shortest['mean_unseen_s'])} less for "
    f"{shortest['questions_each'] / chosen['questions_each']:.1f} times the questions."
)

# %%
assert (trials["verdict"] == "valid").all(), "however long the period, everything healed in time"
assert totals["mean_unseen_s"].is_monotonic_increasing, "who asks more seldom knows later"
assert totals["questions_each"].iloc[0] > totals["questions_each"].iloc[-1], "who asks more often asks more"
assert steps["saved_s"].gt(0).all(), "every shorter period saves risk"
