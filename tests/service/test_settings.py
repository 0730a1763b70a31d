import pytest
from pydantic import ValidationError

from service.settings import Environment, Settings

GIVEN = {
    "database_url": "postgresql+asyncpg://db",
    "psp_base_url": "http://psp",
    "psp_api_key": "sk_test_1",
    "psp_webhook_secret": "whsec_1",
}


def test_settings_come_from_the_environment(monkeypatch):
    for name, value in (GIVEN | {"lease_s": "45.5"}).items():
        monkeypatch.setenv(f"PAYSTORM_{name.upper()}", value)

    settings = Environment()

    assert settings.patience.lease_us == 45_500_000
    assert settings.psp_is_live is False


def test_a_composed_service_does_not_listen_to_the_environment(monkeypatch):
    monkeypatch.setenv("PAYSTORM_LEASE_S", "45")

    assert Settings(**GIVEN).lease_s == 30


@pytest.mark.parametrize(
    "wrong",
    [
        {"lease_s": 20},
        {"psp_timeout_s": 0},
        {"retry_cap_s": 1},
        {"lock_timeout_s": -1},
        {"pool_size": 0},
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(**GIVEN | wrong)


def test_secrets_are_not_shown():
    text = repr(Settings(**GIVEN))

    assert "sk_test_1" not in text
    assert "whsec_1" not in text
