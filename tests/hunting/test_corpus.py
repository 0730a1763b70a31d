"""The corpus: what is new joins, what is rare is varied, and what everybody reaches is worth nothing."""

from collections import Counter
from random import Random

from scenarios.hunting.candidate import Candidate
from scenarios.hunting.corpus import Corpus

CANDIDATE = Candidate(scenario="any", seed=1, changes={}, how="fresh")


def add(corpus, number, *features, parent=None):
    candidate = Candidate(scenario="any", seed=1, changes={}, how="varied", parent=parent)
    return corpus.add(number, candidate, rare=corpus.rare(features), draws={})


def test_a_run_joins_if_it_reached_something_new():
    corpus = Corpus()

    news = [add(corpus, 1, "a", "b"), add(corpus, 2, "a"), add(corpus, 3, "b", "c")]

    assert news == [2, 0, 1]
    assert [entry.number for entry in corpus.entries] == [1, 3]
    assert corpus.features == 3


def test_what_many_runs_have_reached_is_common():
    corpus = Corpus()
    for number in range(32):
        add(corpus, number, "everywhere", f"only in {number}")

    assert corpus.rare(["everywhere", "only in 3", "new"]) == ("new", "only in 3")


def test_whoever_reached_what_is_rare_is_varied_most_and_less_with_each_variant():
    corpus = Corpus()
    add(corpus, 1, "often")
    add(corpus, 2, "seldom", "rare")
    for number in range(3, 12):
        add(corpus, number, "often")

    def chosen():
        random = Random(1)
        return Counter(corpus.choose(random).number for _ in range(300))

    before = chosen()
    for number in range(20, 60):
        add(corpus, number, parent=2)

    assert before[2] > 5 * before[1]
    assert chosen()[2] < before[2]
