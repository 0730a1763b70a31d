"""Figures as files: SVG to be scaled and edited, PNG to be sent."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from reports.figures import Colour, Picture
from reports.palette import day


def write_pictures(pictures: Iterable[Picture], folder: Path) -> tuple[Path, ...]:
    """Write each figure as SVG and PNG into a folder, in the colours of a bright page, and return the paths."""
    colours, paths = _colours(), []
    for picture in pictures:
        for kind, content in (("svg", picture.svg(colours)), ("png", picture.png(colours))):
            paths.append(folder / f"{picture.name}.{kind}")
            paths[-1].write_bytes(content)
    return tuple(paths)


def _colours() -> Mapping[Colour, str]:
    variables = day()
    return {colour: variables[f"figure-{colour.name.lower()}"] for colour in Colour}
