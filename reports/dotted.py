"""Nested settings as dotted names with their values, as the command line would set them."""

from collections.abc import Iterator

from reports.records import Json


def dotted(tree: Json, *, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every setting; a row of a list goes by its id where it has one."""
    match tree:
        case dict():
            for key, branch in tree.items():
                yield from dotted(branch, path=f"{path}.{key}" if path else key)
        case list() if any(isinstance(branch, dict) for branch in tree):
            for position, branch in enumerate(tree):
                name = branch.get("id", position) if isinstance(branch, dict) else position
                yield from dotted(branch, path=f"{path}.{name}")
        case list():
            yield path, ", ".join(str(branch) for branch in tree) or "none"
        case _:
            yield path, "none" if tree is None else str(tree)
