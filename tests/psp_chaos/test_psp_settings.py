"""Settings: what is refused, and where they come from."""

import pytest
from pydantic import ValidationError

from psp_chaos.main import Environment
from psp_chaos.settings import PspSettings


@pytest.mark.parametrize(
    "setting",
    [
        {"latency_s": (2, 1)},
        {"latency_s": (-1, 1)},
        {"latency_s": (0, float("inf"))},
        {"asynchronous_share": 1.5},
        {"webhook_timeout_s": 0},
        {"secret_key": ""},
        {"secret_kye": "sk_test"},
    ],
)
def test_settings_that_make_no_sense_are_refused(setting):
    with pytest.raises(ValidationError):
        PspSettings(**setting)


def test_a_psp_that_others_create_reads_no_environment(monkeypatch):
    monkeypatch.setenv("PSP_SECRET_KEY", "sk_test_environment")

    assert PspSettings().secret_key == "sk_test_paystorm"


def test_the_process_reads_its_environment(monkeypatch):
    monkeypatch.setenv("PSP_SECRET_KEY", "sk_test_environment")
    monkeypatch.setenv("PSP_LATENCY_S", "[0.1, 0.5]")
    monkeypatch.setenv("PSP_WEBHOOK_ENDPOINTS", '[{"url": "http://merchant/webhooks", "secret": "whsec_x"}]')

    environment = Environment()

    assert environment.secret_key == "sk_test_environment"
    assert environment.latency_s == (0.1, 0.5)
    assert [endpoint.secret for endpoint in environment.webhook_endpoints] == ["whsec_x"]
    assert environment.host == "127.0.0.1"
