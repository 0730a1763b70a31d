"""`paystorm psp`."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import Port
from scenarios.errors import BadInput

if TYPE_CHECKING:
    from psp_chaos.faults.spec import FaultSpec
    from psp_chaos.settings import ApiKey, PresetEndpoint
    from psp_chaos.standing.process import Standing

_STATE_HELP = (
    "Keep everything in this file, and go on from there next time; nothing booked is lost, not even by SIGKILL."
)
_KEY_HELP = "A secret key, or KEY@ACCOUNT; the first one is the default account's. `sk_live_…` opens its live mode."
_CONTROL_HELP = "The control plane's token; by default a new one is made and printed."
_STRICT_HELP = "Refuse parameters that the PSP does not know, as Stripe does, instead of logging them."


def _several(text: str) -> Parameter:
    return Parameter(help=f"{text}; may be given more than once.", negative="", show_default=False)


type Host = Annotated[str, Parameter(help="The address it listens at; others than loopback need --key and --token.")]
type Presets = Annotated[tuple[str, ...], _several("Begin with these faults")]
type FaultFiles = Annotated[tuple[Path, ...], _several("Begin with the faults of this TOML or JSON file")]
type Seed = Annotated[int, Parameter(help="What the faults draw follows from it.")]
type StateFile = Annotated[Path | None, Parameter(help=_STATE_HELP)]
# What is on a command line every user of the machine can read; what is in the environment nobody else.
type Keys = Annotated[
    tuple[str, ...], Parameter(help=_KEY_HELP, negative="", show_default=False, env_var="PSP_SECRET_KEY")
]
type Token = Annotated[str | None, Parameter(help=_CONTROL_HELP, env_var="PSP_CONTROL_TOKEN")]
type Addresses = Annotated[tuple[str, ...], _several("Send every event to this address; its host is trusted with that")]
type ProfileName = Literal["stripe-v1", "adyen", "checkout", "paypal", "none"]
type Profile = Annotated[ProfileName, Parameter(help="Treat idempotency keys as this provider does.")]
type Strict = Annotated[bool, Parameter(help=_STRICT_HELP, negative="", show_default=False)]
type Hosts = Annotated[tuple[str, ...], _several("Let webhooks go to this host; this machine is always allowed")]

LOOPBACK = "127.0.0.1"
KEY = "sk_test_paystorm"


def psp(
    *,
    port: Port = 8420,
    host: Host = LOOPBACK,
    preset: Presets = (),
    faults: FaultFiles = (),
    seed: Seed = 0,
    state: StateFile = None,
    key: Keys = (),
    token: Token = None,
    webhook: Addresses = (),
    profile: Profile = "stripe-v1",
    strict: Strict = False,
    allow_webhooks_to: Hosts = (),
) -> ExitCode:
    """Start the misbehaving payment provider alone, on Stripe's wire, until Ctrl-C.

    Point the official SDK at it and switch faults on and off while it runs: on its page, or with its control plane.
    """
    from psp_chaos.errors import PspError
    from psp_chaos.settings import PspSettings
    from psp_chaos.standing.process import Standing, require_secrets

    if token is not None and not token.strip():
        raise BadInput("--token: it is empty")
    try:
        require_secrets(host, has_own_secrets=bool(key) and token is not None)
        first, *others = _api_keys(key or (KEY,))
        settings = PspSettings(
            secret_key=first.secret,
            api_keys=tuple(others),
            control_token=token or f"control_{secrets.token_hex(8)}",
            webhook_endpoints=_endpoints(webhook),
            webhook_hosts=allow_webhooks_to,
            idempotency_profile=profile,
            strict_parameters=strict,
        )
        chosen = _faults(preset, faults)
        standing = Standing(settings=settings, host=host, port=port, seed=seed, state=state, faults=chosen)
        _stand(standing, is_new_token=token is None)
    except PspError as error:
        raise BadInput(str(error)) from None
    return ExitCode.HOLDS


def _stand(standing: "Standing", *, is_new_token: bool) -> None:
    """Serve until somebody has enough of it."""
    import asyncio

    from psp_chaos.standing.process import stand
    from scenarios.cli.psp_output import Doorkeeper

    with suppress(KeyboardInterrupt), Doorkeeper(standing, is_new_token=is_new_token) as doorkeeper:
        asyncio.run(stand(standing, onlooker=doorkeeper))


def _api_keys(texts: Sequence[str]) -> "list[ApiKey]":
    from psp_chaos.settings import ACCOUNT, ApiKey

    keys = []
    for text in texts:
        secret, at, account = text.partition("@")
        if not secret or (at and not account):
            raise BadInput(f"--key {text!r}: expected KEY or KEY@ACCOUNT, such as sk_test_shop@acct_shop")
        keys.append(ApiKey(secret=secret, account=account or ACCOUNT))
    if keys[0].account != ACCOUNT:
        raise BadInput(f"--key {texts[0]!r}: the first key is the default account's; give it without @")
    if len({key.secret for key in keys}) < len(keys):
        raise BadInput("--key: the same key is given twice")
    return keys


def _endpoints(urls: Sequence[str]) -> "tuple[PresetEndpoint, ...]":
    from psp_chaos.settings import PresetEndpoint

    return tuple(PresetEndpoint(url=url, secret=f"whsec_{secrets.token_hex(16)}") for url in dict.fromkeys(urls))


def _faults(presets: Sequence[str], files: Sequence[Path]) -> "tuple[FaultSpec, ...]":
    from psp_chaos.faults.files import read_faults
    from psp_chaos.faults.presets import find_preset

    chosen = [spec for name in presets for spec in find_preset(name).faults]
    return (*chosen, *(spec for path in files for spec in read_faults(path)))
