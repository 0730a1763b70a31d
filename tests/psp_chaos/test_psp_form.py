"""Forms: the corners of Stripe's encoding, and what a hostile one may cost."""

import time

import pytest

from psp_chaos.wire.errors import WireError
from psp_chaos.wire.form import DEPTH_MAX, FIELDS_MAX, decode


@pytest.mark.parametrize(
    ("encoded", "form"),
    [
        ("a=1&a=2", {"a": "2"}),
        ("t[5]=x&t[2]=y", {"t": {"5": "x", "2": "y"}}),
        ("t[1]=x&t[]=y&t[]=z", {"t": {"1": "x", "2": "y", "3": "z"}}),
        ("t[0][a]=x&t[1][a]=y", {"t": {"0": {"a": "x"}, "1": {"a": "y"}}}),
        ("data[metadata][a][b]=v", {"data": {"metadata": {"a][b": "v"}}}),
        ("metadata[]]=v", {"metadata": {"]": "v"}}),
        ("metadata=", {"metadata": ""}),
        ("metadata=&metadata[a]=b", {"metadata": {"a": "b"}}),
        ("=v", {"": "v"}),
        ("[a]=v", {"[a]": "v"}),
        ("&&", {}),
        ("a", {"a": ""}),
    ],
)
def test_corners_are_read_in_one_way(encoded, form):
    assert decode(encoded) == form


@pytest.mark.parametrize(
    "encoded",
    [
        "a[b]=1&a=2",
        "a[b]=1&a[b][c]=2",
        "a[b][c]=1&a[b]=2",
        "a=%00",
        "a%00b=1",
        "metadata[k]=x%00",
        "a=%ED%A0%80",
        "a" + "[b]" * DEPTH_MAX + "=1",
        "&".join("a=1" for _ in range(FIELDS_MAX + 1)),
    ],
)
def test_what_says_nothing_or_two_things_is_refused(encoded):
    with pytest.raises(WireError):
        decode(encoded)


def test_a_refusal_does_not_repeat_a_name_without_end():
    with pytest.raises(WireError) as refusal:
        decode("a" * 10_000 + "[b]" * 20 + "=1")

    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    "encoded",
    [
        "&".join("t[]=x" for _ in range(FIELDS_MAX)),
        "&".join(f"t[{FIELDS_MAX - number}]=x&t[]=y" for number in range(FIELDS_MAX // 2)),
        "&".join("m" + "[a]" * (DEPTH_MAX - 1) + "=1" for _ in range(FIELDS_MAX)),
    ],
)
def test_the_worst_form_costs_little(encoded):
    begun_s = time.process_time()

    decode(encoded)

    assert time.process_time() - begun_s < 0.5
