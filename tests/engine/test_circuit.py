from engine.circuit import Circuit, CircuitState
from engine.outcome import Outcome, OutcomeKind, unknown

SILENCE = unknown("no answer")
WORDS = [Outcome(kind=kind) for kind in (OutcomeKind.FAILED, OutcomeKind.PENDING, OutcomeKind.REFUSED)]


def _opened(at_us=0):
    circuit = Circuit(failures_max=3, open_us=100)
    for _ in range(3):
        assert circuit.admits(now_us=at_us)
        circuit.heard(SILENCE, now_us=at_us)
    return circuit


def test_silence_in_a_row_opens_it():
    circuit = _opened()

    assert circuit.state(now_us=99) is CircuitState.OPEN
    assert not circuit.admits(now_us=99)


def test_any_word_between_keeps_it_closed():
    for word in WORDS:
        circuit = Circuit(failures_max=2, open_us=100)
        for outcome in (SILENCE, word, SILENCE):
            circuit.heard(outcome, now_us=0)

        assert circuit.state(now_us=0) is CircuitState.CLOSED


def test_half_open_lets_one_through_at_a_time():
    circuit = _opened()

    assert circuit.state(now_us=100) is CircuitState.HALF_OPEN
    assert [circuit.admits(now_us=100) for _ in range(3)] == [True, False, False]


def test_a_word_to_the_one_that_was_let_through_closes_it():
    circuit = _opened()
    circuit.admits(now_us=100)

    circuit.heard(WORDS[0], now_us=110)

    assert circuit.state(now_us=110) is CircuitState.CLOSED
    assert circuit.admits(now_us=110)


def test_silence_to_the_one_that_was_let_through_opens_it_again():
    circuit = _opened()
    circuit.admits(now_us=100)

    circuit.heard(SILENCE, now_us=150)

    assert [circuit.admits(now_us=at_us) for at_us in (249, 250, 251)] == [False, True, False]


def test_one_that_never_reports_does_not_keep_it_open_for_good():
    circuit = _opened()
    circuit.admits(now_us=100)

    assert [circuit.admits(now_us=at_us) for at_us in (199, 200)] == [False, True]
