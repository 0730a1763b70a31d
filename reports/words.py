"""Numbers as they stand in a sentence."""

_SMALL = ("None", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def opening_count(count: int) -> str:
    """Return a number that may open a sentence: in letters as long as that is readable."""
    return _SMALL[count] if 0 <= count < len(_SMALL) else f"{count:,}"


def plural(count: int, noun: str) -> str:
    """Return the noun for so many; regular ones only."""
    return noun if count == 1 else f"{noun}s"


def counted(count: int, noun: str) -> str:
    """Return so many of something, such as 1,200 runs."""
    return f"{count:,} {plural(count, noun)}"
