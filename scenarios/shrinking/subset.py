"""The part of a list that is needed: delta debugging (Zeller and Hildebrandt, 2002).

Halves are tried first, then quarters, and so on down to single elements. What is left cannot lose any one element.
"""

from collections.abc import Callable, Sequence


def needed[T](items: Sequence[T], is_enough: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return a part of the items that is enough and of which no single item can be left out.

    Args:
        items: Together they are enough.
        is_enough: Is asked about parts that keep their order; never about all of them.
    """
    left, parts = list(items), 1
    while left:
        size = -(-len(left) // parts)
        for start in range(0, len(left), size):
            rest = left[:start] + left[start + size :]
            if is_enough(rest):
                left, parts = rest, max(parts - 1, 1)
                break
        else:
            if size == 1:
                break
            parts = min(2 * parts, len(left))
    return left
