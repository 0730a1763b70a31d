"""The script of a page: part of it, ours, and the only one that its policy lets run."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A script with the name by which a content security policy allows it."""

    text: Markup
    source: Markup  # such as 'sha256-…', quotes included


def script(name: str) -> Script:
    """Return a script of ours; a browser runs it only if not one letter of it differs."""
    text = (_TEMPLATES / name).read_text(encoding="utf-8")
    assert "</" not in text, "the end of an element would end the script"
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Script(text=Markup(text), source=Markup(f"'sha256-{digest}'"))  # noqa: S704 - a file of ours and its hash
