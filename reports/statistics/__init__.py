"""How sure so many observations make us: exact intervals and tests, in plain Python.

All intervals are of 95 % confidence unless another is asked for. Sources: C. J. Clopper and E. S. Pearson, Biometrika
26 (1934) 404, for shares; J. A. Hanley and A. Lippman-Hand, JAMA 249 (1983) 1743, for shares of which nothing was seen,
the "rule of three"; R. G. Newcombe, Statistics in Medicine 17 (1998) 873, method 10, for differences of shares;
R. A. Fisher's exact test for two-by-two tables; order statistics for quantiles.
"""

from reports.statistics.detection import found_among, found_within, seeds_needed
from reports.statistics.quantiles import Quantile, quantile
from reports.statistics.shares import CONFIDENCE, Interval, difference_interval, share_at_most, share_interval
from reports.statistics.two_by_two import fisher

__all__ = [
    "CONFIDENCE",
    "Interval",
    "Quantile",
    "difference_interval",
    "fisher",
    "found_among",
    "found_within",
    "quantile",
    "seeds_needed",
    "share_at_most",
    "share_interval",
]
