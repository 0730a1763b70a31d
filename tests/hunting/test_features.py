"""What a run reached, as texts that a hunt compares."""

from scenarios.campaign.features import features
from scenarios.campaign.standard import standard
from scenarios.library import LIBRARY


def test_answers_differ_by_the_kind_of_their_problem(stage):
    run = stage.perform(standard(LIBRARY["duplicate-clicks"]), seed=1)

    refused = {text for text in features(run.record().evidence) if text.startswith("answer") and " 409" in text}

    assert {text.partition(" 409 ")[2].removeprefix("again ") for text in refused} <= {
        "/problems/payment-not-refundable",
        "/problems/order-already-being-paid",
    }
    assert refused
