"""What a scenario may set of the service and of the PSP, held against the models that those will read."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, JsonValue

from psp_chaos.settings import PspSettings
from scenarios.misfits import refuse_unknown
from service.settings import Settings

# The stage decides who talks to whom, and with which secrets.
_OF_THE_STAGE: Mapping[str, str] = {
    "database_url": "postgresql://",
    "psp_base_url": "http://psp",
    "psp_api_key": "sk_test_any",
    "psp_webhook_secret": "whsec_any",
}
# These have settings of their own in a scenario, or are the stage's as well.
_NOT_OF_THE_PSP = frozenset(
    {
        "secret_key",
        "api_keys",
        "control_token",
        "webhook_endpoints",
        "webhook_hosts",
        "latency_s",
        "asynchronous_share",
        "asynchronous_s",
    }
)

SERVICE_SETTINGS = tuple(name for name in Settings.model_fields if name not in _OF_THE_STAGE)
PSP_SETTINGS = tuple(name for name in PspSettings.model_fields if name not in _NOT_OF_THE_PSP)


def check_service_settings(values: Mapping[str, JsonValue]) -> None:
    """Refuse what the service would not start with.

    Raises:
        ValidationError: A name or a value is wrong; the error is placed at it.
    """
    _check(values, known=SERVICE_SETTINGS, model=Settings, rest=_OF_THE_STAGE)


def check_psp_settings(values: Mapping[str, JsonValue]) -> None:
    """Refuse what the PSP would not start with.

    Raises:
        ValidationError: As above.
    """
    _check(values, known=PSP_SETTINGS, model=PspSettings, rest={})


def _check(
    values: Mapping[str, JsonValue], *, known: Iterable[str], model: type[BaseModel], rest: Mapping[str, str]
) -> None:
    refuse_unknown(values, known=known, what="setting")
    model.model_validate({**rest, **values})
