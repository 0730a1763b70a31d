"""Named streams: what one consumer draws never moves what another one gets."""

from scenarios.randomness import Streams


def test_a_stream_depends_on_the_seed_and_its_name_alone():
    first, second = Streams(7), Streams(7)
    first.stream("noise").random()

    assert first.stream("network", "a").random() == second.stream("network", "a").random()
    assert Streams(8).stream("network", "a").random() != Streams(7).stream("network", "a").random()


def test_a_stream_goes_on_where_it_was():
    streams = Streams(7)

    assert streams.stream("a").random() != streams.stream("a").random()


def test_names_cannot_run_into_each_other():
    streams = Streams(7)

    draws = {streams.stream(*name).random() for name in [("a", "bc"), ("ab", "c"), ("abc",), ("a", "b", "c")]}

    assert len(draws) == 4


def test_streams_do_not_depend_on_the_hash_seed():
    assert Streams(7).stream("pinned").randrange(1_000_000) == 917_466
