"""The regularised incomplete beta function, on which the exact intervals of binomial shares stand.

For whole numbers, I_x(k, n - k + 1) is the chance of at least k successes in n tries that succeed with chance x.
"""

from math import exp, lgamma, log, log1p

_STEPS_MAX = 10_000  # of the fraction; it needs about the square root of the larger parameter
_TINY = 1e-300  # stands for a denominator of zero
_PRECISION = 1e-14
_HALVINGS = 200  # ends long before, when two neighbouring numbers are left


def beta_share(x: float, a: float, b: float) -> float:
    """Return I_x(a, b), which rises from 0 to 1 with x."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    # The fraction converges quickly on this side only; the other one is its mirror image.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def beta_quantile(share: float, a: float, b: float) -> float:
    """Return the x at which I_x(a, b) is this share."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if beta_share(middle, a, b) < share else (low, middle)
    return (low + high) / 2


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of I_x(a, b) by Lentz's method (NIST's Digital Library of Functions, 8.17.22)."""
    numerator, denominator = 1.0, 1 / _safe(1 - (a + b) * x / (a + 1))
    value = denominator
    for step in range(1, _STEPS_MAX):
        for term in _terms(step, x, a, b):
            numerator = _safe(1 + term / numerator)
            denominator = 1 / _safe(1 + term * denominator)
            value *= numerator * denominator
        if abs(numerator * denominator - 1) < _PRECISION:
            break
    return value


def _terms(m: int, x: float, a: float, b: float) -> tuple[float, float]:
    even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return even, odd


def _safe(number: float) -> float:
    return number if abs(number) > _TINY else _TINY
