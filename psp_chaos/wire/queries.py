"""The search query language (docs.stripe.com/search): clauses joined by AND or by OR, never by both.

A query goes through three hands: it is cut into tokens, the tokens become clauses, and each clause becomes a test that
a row passes or not. Whatever cannot be understood is refused with the place where that became clear.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from psp_chaos.wire.errors import WireError

CLAUSES_MAX = 10
SUBSTRING_LENGTH_MIN = 3

_TOKENS = re.compile(
    r"""
    (?P<space> \s+ )
  | (?P<operator> >= | <= | [:~<>=] )
  | (?P<minus> - (?=[A-Za-z]) )
  | (?P<bracket> [\[\]] )
  | (?P<quoted> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )
  | (?P<number> -?[0-9]{1,18} (?![\w.]) )
  | (?P<word> [A-Za-z_][A-Za-z0-9_.]* )
    """,
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_JOINS = ("AND", "OR")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NUMERIC: Mapping[str, Callable[[int, int], bool]] = {
    ":": lambda held, wanted: held == wanted,
    "=": lambda held, wanted: held == wanted,
    ">": lambda held, wanted: held > wanted,
    ">=": lambda held, wanted: held >= wanted,
    "<": lambda held, wanted: held < wanted,
    "<=": lambda held, wanted: held <= wanted,
}

type Test[R] = Callable[[R], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Searchable[R]:
    """A field that can be searched, and how it is found in a row."""

    kind: Literal["number", "text", "token"]  # of a text a part will do; a token is either it or not
    get: Callable[[R], int | str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Language[R]:
    """What can be said in a search for rows of one kind."""

    fields: Mapping[str, Searchable[R]]
    metadata: Callable[[R], Mapping[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Clause:
    """`-field[key]operator value`, still as it was written."""

    is_negated: bool
    field: _Token
    key: str | None  # of metadata
    operator: _Token
    value: _Token


def understand[R](query: str, language: Language[R]) -> Test[R]:
    """Return the test that a query stands for.

    Raises:
        WireError: It is no query; the message names the place.
    """
    clauses, join = _Reader(query).query()
    tests = [_test(clause, language) for clause in clauses]
    return (lambda row: any(test(row) for test in tests)) if join == "OR" else (lambda row: all(t(row) for t in tests))


class _Reader:
    """Reads tokens from the first to the last."""

    def __init__(self, query: str) -> None:
        self._tokens = _tokens(query)
        self._end = _Token(kind="end", text="the end", at=len(query))
        self._next = 0

    def query(self) -> tuple[list[_Clause], str]:
        """Read clauses and what joins them."""
        clauses = [self._clause()]
        joins: list[_Token] = []
        while self._peek().kind != "end":
            join = self._join()
            if joins and join.text != joins[-1].text:
                raise _confused(join, "AND and OR cannot be mixed")
            joins.append(join)
            clauses.append(self._clause())
            if len(clauses) > CLAUSES_MAX:
                raise _confused(self._peek(), f"a query has {CLAUSES_MAX} clauses at most")
        return clauses, joins[0].text if joins else "AND"

    def _join(self) -> _Token:
        token = self._peek()
        if token.kind == "word" and token.text.upper() in _JOINS:
            self._next += 1
            return _Token(kind="word", text=token.text.upper(), at=token.at)
        return _Token(kind="word", text="AND", at=token.at)  # a space alone joins as well

    def _clause(self) -> _Clause:
        is_negated = self._peek().kind == "minus"
        self._next += is_negated
        if self._peek().text.upper() in _JOINS:
            raise _confused(self._peek(), "a field is expected")
        field = self._take("word", "a field")
        key = self._key() if self._peek().text == "[" else None
        operator = self._take("operator", "an operator")
        value = self._peek()
        if value.kind not in ("quoted", "number") and value.text.lower() not in ("null", "true", "false"):
            raise _confused(value, "a value is expected: a number, or text in quotes")
        self._next += 1
        return _Clause(is_negated=is_negated, field=field, key=key, operator=operator, value=value)

    def _key(self) -> str:
        self._take("bracket", "[", text="[")
        key = self._take("quoted", "a key in quotes")
        self._take("bracket", "]", text="]")
        return _unquoted(key)

    def _take(self, kind: str, expected: str, *, text: str | None = None) -> _Token:
        token = self._peek()
        if token.kind != kind or (text is not None and token.text != text):
            raise _confused(token, f"{expected} is expected")
        self._next += 1
        return token

    def _peek(self) -> _Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else self._end


def _tokens(query: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(query):
        match = _TOKENS.match(query, at)
        if match is None:
            raise _confused(_Token(kind="nothing", text=query[at], at=at), "this is not understood")
        if match.lastgroup != "space":
            tokens.append(_Token(kind=match.lastgroup or "", text=match.group(), at=at))
        at = match.end()
    for before, after in pairwise(tokens):
        if before.kind == after.kind == "operator":
            raise _confused(after, "a value is expected")
    return tokens


def _test[R](clause: _Clause, language: Language[R]) -> Test[R]:
    searchable = _searchable(clause, language)
    test = _numeric(clause, searchable) if searchable.kind == "number" else _textual(clause, searchable)
    return (lambda row: not test(row)) if clause.is_negated else test


def _searchable[R](clause: _Clause, language: Language[R]) -> Searchable[R]:
    name, key = clause.field.text, clause.key
    if name == "metadata" and key is not None:
        return Searchable(kind="text", get=lambda row: language.metadata(row).get(key))
    if name not in language.fields or key is not None:
        known = ", ".join([*language.fields, "metadata['key']"])
        raise _confused(clause.field, f"this is not a field that can be searched; there are {known}")
    return language.fields[name]


def _numeric[R](clause: _Clause, searchable: Searchable[R]) -> Test[R]:
    compare = _NUMERIC.get(clause.operator.text)
    if compare is None:
        raise _confused(clause.operator, "a number is compared with : = > >= < or <=")
    text = _unquoted(clause.value)
    if not re.fullmatch(r"-?[0-9]{1,18}", text, re.ASCII):
        raise _confused(clause.value, "a number is expected")
    wanted = int(text)
    return lambda row: isinstance(held := searchable.get(row), int) and compare(held, wanted)


def _textual[R](clause: _Clause, searchable: Searchable[R]) -> Test[R]:
    """Test a text; upper and lower case are the same to a search."""
    if clause.value.text.lower() == "null" and clause.value.kind == "word":
        return lambda row: searchable.get(row) is None
    wanted = _unquoted(clause.value).casefold()
    if clause.operator.text == ":":
        return lambda row: str(searchable.get(row) or "").casefold() == wanted
    if clause.operator.text != "~" or searchable.kind == "token":
        raise _confused(
            clause.operator, "this field is compared with :" + ("" if searchable.kind == "token" else " or ~")
        )
    if len(wanted) < SUBSTRING_LENGTH_MIN:
        raise _confused(clause.value, f"a part has {SUBSTRING_LENGTH_MIN} characters at least")
    return lambda row: wanted in str(searchable.get(row) or "").casefold()


def _unquoted(token: _Token) -> str:
    return _ESCAPE.sub(r"\1", token.text[1:-1]) if token.kind == "quoted" else token.text


def _confused(token: _Token, reason: str) -> WireError:
    shown = token.text if len(token.text) <= 40 else f"{token.text[:40]}…"  # noqa: PLR2004 - enough to find it
    return WireError(f"The query is not understood at character {token.at + 1} ({shown}): {reason}.", param="query")
