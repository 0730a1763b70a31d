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
# # How many seeds are enough?
#
# A seed that finds nothing proves little. How much do a hundred prove? A bug that only some seeds bring to light is
# planted (`timeout-is-failure`: an unanswered call is taken for a refusal), the share of seeds that find it is
# measured, and what theory says of it is held against what happened.

# %%
# %matplotlib inline
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from matplotlib.figure import Figure

from reports.spans import duration
from scenarios.campaign.rehearsal import close_playhouses, plan_one, rehearse

SEEDS = range(1, 101)
SOUND_SEEDS = SEEDS[:20]
SIZE = {"customers": "2", "storm_s": "30", "calm_s": "700", "ends_when_quiet": "true"}
DEFECT = "timeout-is-failure"
CONFIDENCE = 0.95

planted = plan_one("latency-spikes", changes=SIZE | {"defect": DEFECT}, has_swarm=True)
sound = plan_one("latency-spikes", changes=SIZE, has_swarm=True)
with TemporaryDirectory() as folder:
    runs = [rehearse(planted, seed, out=Path(folder) / "run") for seed in SEEDS]
    sound_runs = [rehearse(sound, seed, out=Path(folder) / "run") for seed in SOUND_SEEDS]
close_playhouses()
found = pd.Series([bool(run.broken) for run in runs], index=list(SEEDS))
cost_s = sum(run.cpu_s for run in runs)
print(f"{found.sum()} of {len(found)} seeds found the planted defect, in {cost_s:.1f} s of processor")
print(f"{sum(bool(run.broken) for run in sound_runs)} of {len(sound_runs)} seeds accused the sound service")

# %% [markdown]
# ## What one seed is worth
#
# The share of seeds that find it, with the interval of Wilson: a hundred seeds do not tell it to the last digit.


# %%
def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(middle - half, 0), min(middle + half, 1)


hits = int(found.sum())
share = hits / len(found)
low, high = wilson(hits, len(found))
print(f"P(finding) of one seed: {share:.1%}, between {low:.1%} and {high:.1%}")

# %% [markdown]
# ## What many seeds are worth
#
# If seeds are independent, k of them find it with probability 1 - (1 - p)^k. Measured: of all stretches of k seeds in a
# row, the share in which one found it. Seeds that knew of each other would leave the curve.

# %%
lengths = range(1, 61)
measured = pd.Series({k: found.rolling(k).max().dropna().mean() for k in lengths})
theory = pd.DataFrame(
    {name: [1 - (1 - p) ** k for k in lengths] for name, p in (("low", low), ("p", share), ("high", high))},
    index=list(lengths),
)

figure = Figure(figsize=(9, 3.5), layout="constrained")
axes = figure.subplots()
axes.fill_between(theory.index, theory["low"], theory["high"], alpha=0.2, label="theory, as far as p is known")
axes.plot(theory.index, theory["p"], label="theory: 1 - (1 - p)^k")
axes.step(measured.index, measured, where="mid", label="measured: stretches of k seeds")
axes.axhline(CONFIDENCE, color="tab:red", linewidth=1, linestyle=":", label=f"{CONFIDENCE:.0%}")
axes.set(xlabel="k, seeds tried", ylabel="P(finding)", ylim=(0, 1.03))
axes.legend(loc="lower right")
figure

# %% [markdown]
# ## The rule of three
#
# n seeds without a finding: with 95 % confidence less than about 3/n of all seeds find anything, because (1 - 3/n)^n is
# about 5 %. So to exclude what one seed in a hundred finds takes three hundred.

# %%
rule = pd.DataFrame(
    {
        "rule of three": [3 / n for n in (20, 100, 300, 1000, 3000)],
        "exactly": [1 - (1 - CONFIDENCE) ** (1 / n) for n in (20, 100, 300, 1000, 3000)],
    },
    index=pd.Index((20, 100, 300, 1000, 3000), name="seeds without a finding"),
)
rule.map("{:.3%}".format)

# %%
enough = math.ceil(math.log(1 - CONFIDENCE) / math.log(1 - share))
by_rule = math.ceil(3 / share)
measured_at = float(found.rolling(enough).max().dropna().mean())
each_s = cost_s / len(runs)
print(
    f"For this bug {enough} seeds are enough ({by_rule} by the rule of three): that many should find it in "
    f"{CONFIDENCE:.0%} of all cases, and did in {measured_at:.0%} of the stretches. "
    f"They cost {duration(enough * each_s)} of processor."
)
none_in = len(sound_runs)
excluded = 1 - (1 - CONFIDENCE) ** (1 / none_in)
print(f"The {none_in} sound runs only exclude what more than {excluded:.0%} of such seeds would find.")
for rarity in (100, 1000):
    print(
        f"What one seed in {rarity:,} finds takes {3 * rarity:,} seeds, {duration(3 * rarity * each_s)} of processor."
    )

# %%
assert 0 < hits < len(found), "a bug that every seed finds, or none, has nothing to teach here"
assert not any(run.broken for run in sound_runs), "the sound service is not accused"
LEEWAY = 0.25  # stretches of so few seeds overlap, so one lucky row counts many times
assert ((measured - theory["p"]).abs() < LEEWAY).all(), "seeds are independent, as far as so few can tell"
assert abs(enough - by_rule) <= math.ceil(0.2 * by_rule) + 1, "the rule of three is close"
