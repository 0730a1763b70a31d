"""Stretches of time as people say them."""

from types import MappingProxyType

_UNITS_S = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0), ("s", 1.0), ("ms", 0.001))
_LONG_NAMES = MappingProxyType({"d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds"})


def duration(seconds: float) -> str:
    """Return a stretch of time in its largest fitting unit, such as `2.5 min`."""
    name, unit_s = next(((name, unit_s) for name, unit_s in _UNITS_S if abs(seconds) >= unit_s), _UNITS_S[-1])
    return f"{seconds / unit_s:.3g}\N{NO-BREAK SPACE}{name}"


def axis_unit(length_s: float) -> tuple[str, float]:
    """Return the unit, with its length in seconds, in which an axis of this length has readable numbers."""
    fitting = ((name, unit_s) for name, unit_s in _UNITS_S if length_s >= 3 * unit_s)
    name, unit_s = next(fitting, _UNITS_S[-1])
    return _LONG_NAMES[name], unit_s


def moment(seconds: float) -> str:
    """Return a moment of the run as a clock would show it, counted from the start: `0:01:23.456`."""
    sign, milliseconds = "\N{MINUS SIGN}" if seconds < 0 else "", round(abs(seconds) * 1000)
    rest_s, milliseconds = divmod(milliseconds, 1000)
    minutes, rest_s = divmod(rest_s, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02}:{rest_s:02}.{milliseconds:03}"
