"""Where in a TOML text something stands, which `tomllib` does not tell.

The text has been parsed before, so it is lawful, and nothing is checked here: the scanner only keeps step with it.
https://toml.io/en/v1.0.0
"""

import itertools
import re
import tomllib
from dataclasses import dataclass

type Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_GAP = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'  # several lines; the last quotes may be its own
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]+|[^\s,\]}#]+")  # a date may have a space before its time


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A character of a text; line and column are counted from 1."""

    line: int
    column: int

    @classmethod
    def at(cls, offset: int, text: str) -> "Place":
        """Return the place of the character at this offset."""
        return cls(line=text.count("\n", 0, offset) + 1, column=offset - text.rfind("\n", 0, offset))


def find_place(text: str, path: Path, *, of_name: bool = False) -> Place:
    """Return where a part of a document stands, or where the closest part around it stands that is there.

    Args:
        text: A lawful TOML document.
        path: Names of keys, and positions in arrays counted from 0.
        of_name: The place of the key is wanted, not that of its value.
    """
    scanner = _Scanner(text)
    scanner.scan()
    first, second = (scanner.names, scanner.values) if of_name else (scanner.values, scanner.names)
    for length in range(len(path), 0, -1):
        offset = first.get(path[:length], second.get(path[:length]))
        if offset is not None:
            return Place.at(offset, text)
    return Place.at(0, text)


class _Scanner:
    """Walks through a document once and notes the offset of every key and of every value."""

    def __init__(self, text: str) -> None:
        self.names: dict[Path, int] = {}
        self.values: dict[Path, int] = {}
        self._text = text
        self._at = 0
        self._tables: dict[Path, int] = {}  # how many tables an array of tables has so far

    def scan(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) < len(self._text):
            if self._next() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        """Read `[a.b]` or `[[a.b]]`, and return the path of the table that begins there."""
        began, is_array = self._at, self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        path: Path = ()
        names = self._keys()
        for position, (name, _) in enumerate(names, start=1):
            path = (*path, name)
            if is_array and position == len(names):
                self.names.setdefault(path, began)
                self._tables[path] = self._tables.get(path, 0) + 1
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
        self._at += 2 if is_array else 1
        self.names.setdefault(path, began)
        return path

    def _pair(self, table: Path) -> None:
        path = table
        for name, offset in self._keys():
            path = (*path, name)
            self.names.setdefault(path, offset)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _keys(self) -> list[tuple[str, int]]:
        """Read a dotted key: each name with its offset."""
        names = []
        while True:
            began = self._skip(_SPACE)
            quoted = _STRING.match(self._text, began)
            match = quoted or _BARE_KEY.match(self._text, began)
            assert match is not None, "the document was parsed before"
            name = tomllib.loads(f"name = {match[0]}")["name"] if quoted else match[0]
            names.append((name, began))
            self._at = match.end()
            self._skip(_SPACE)
            if self._next() != ".":
                return names
            self._at += 1

    def _value(self, path: Path) -> None:
        self.values[path] = self._at
        match self._next():
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_SCALAR)

    def _array(self, path: Path) -> None:
        self._at += 1
        for position in itertools.count():
            if self._is_over("]"):
                return
            self._value((*path, position))

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while not self._is_over("}"):
            self._pair(path)

    def _is_over(self, bracket: str) -> bool:
        """Step to the next element, or over the closing bracket if there is none."""
        self._skip(_GAP)
        is_over = self._next() == bracket
        self._at += is_over
        return is_over

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, what: re.Pattern[str]) -> int:
        match = what.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return self._at
