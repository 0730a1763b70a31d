"""Units of time: the simulation counts nanoseconds, programs speak of seconds and microseconds."""

NS_PER_S = 1_000_000_000
NS_PER_US = 1_000


def to_ns(seconds: float) -> int:
    """Turn seconds into the simulation's nanoseconds."""
    return round(seconds * NS_PER_S)
