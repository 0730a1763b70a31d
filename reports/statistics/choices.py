"""How many ways there are to choose some of many, as a logarithm: the number itself is too large."""

from math import lgamma


def log_choices(total: int, count: int) -> float:
    """Return the natural logarithm of how many ways there are to choose `count` of `total`."""
    return lgamma(total + 1) - lgamma(count + 1) - lgamma(total - count + 1)
