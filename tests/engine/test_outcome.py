import pytest

from engine.outcome import Outcome, OutcomeKind


def test_a_refusal_is_a_failure_only_if_nothing_was_sent_before():
    refused = Outcome(kind=OutcomeKind.REFUSED, reason="psp_rejected")

    assert refused.judged(first_try=True).kind is OutcomeKind.FAILED
    assert refused.judged(first_try=False).kind is OutcomeKind.UNKNOWN


@pytest.mark.parametrize("kind", [OutcomeKind.FAILED, OutcomeKind.PENDING, OutcomeKind.UNKNOWN])
@pytest.mark.parametrize("first_try", [True, False])
def test_every_other_word_means_the_same_on_every_try(kind, first_try):
    outcome = Outcome(kind=kind)

    assert outcome.judged(first_try=first_try) is outcome


def test_a_success_without_proof_cannot_exist():
    with pytest.raises(AssertionError):
        Outcome(kind=OutcomeKind.SUCCEEDED)
