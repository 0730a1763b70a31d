import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine.errors import KeyMalformed, KeyReused
from engine.idempotency import Answer, Remembered, fingerprint, parse_key


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        ('  "abc" ', "abc"),
        (r'"a\"b\\c"', 'a"b\\c'),
        ('"', '"'),
        ('"half', '"half'),
        ("a b", "a b"),
        ("x" * 255, "x" * 255),
    ],
)
def test_a_key_is_the_text_with_or_without_quotes(header, key):
    assert parse_key(header) == key


@pytest.mark.parametrize("header", ["", "  ", '""', "x" * 256, "a\tb", "käse", "a\x00"])
def test_what_cannot_be_a_key_is_refused(header):
    with pytest.raises(KeyMalformed):
        parse_key(header)


@given(some.text(alphabet=[chr(code) for code in range(0x20, 0x7F)], min_size=1, max_size=40))
def test_quoting_a_key_does_not_change_it(key):
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')

    assert parse_key(f'"{escaped}"') == key


def test_the_order_of_members_does_not_change_a_fingerprint():
    assert fingerprint({"a": 1, "b": {"c": 2, "d": None}}) == fingerprint({"b": {"d": None, "c": 2}, "a": 1})


@pytest.mark.parametrize("other", [{"a": "1"}, {"a": 2}, {"a": 1, "b": None}, {}, {"a": [1]}])
def test_another_meaning_has_another_fingerprint(other):
    assert fingerprint({"a": 1}) != fingerprint(other)


def test_a_remembered_answer_is_only_for_the_same_request():
    answer = Answer(status=202, body="{}")
    remembered = Remembered(fingerprint="f", answer=answer, expires_at_us=1)

    assert remembered.replayed("f") is answer
    with pytest.raises(KeyReused):
        remembered.replayed("g")
