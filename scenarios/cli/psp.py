"""`paystorm psp`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import Port
from scenarios.errors import BadInput

if TYPE_CHECKING:
    from psp_chaos.faults.spec import FaultSpec
    from psp_chaos.settings import ApiKey, PresetEndpoint

type Several = Annotated[tuple[str, ...], Parameter(negative="", show_default=False)]
type Files = Annotated[tuple[Path, ...], Parameter(negative="", show_default=False)]
type ProfileName = Literal["stripe-v1", "adyen", "checkout", "paypal", "none"]

LOOPBACK = "127.0.0.1"
KEY = "sk_test_paystorm"


def psp(
    *,
    port: Port = 8420,
    host: str = LOOPBACK,
    preset: Several = (),
    faults: Files = (),
    seed: int = 0,
    state: Path | None = None,
    key: Several = (),
    token: str | None = None,
    webhook: Several = (),
    profile: ProfileName = "stripe-v1",
    strict: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    allow_webhooks_to: Several = (),
) -> ExitCode:
    """Start the misbehaving payment provider alone, on Stripe's wire, until Ctrl-C.

    Point the official SDK at it and switch faults on and off while it runs: on its page, or with its control plane.

    Parameters
    ----------
    port
        Where it listens; 0 for any free port.
    host
        The address it listens at; others than loopback need --key and --token.
    preset
        Begin with these faults; may be given more than once.
    faults
        Begin with the faults of this TOML or JSON file; may be given more than once.
    seed
        What the faults draw follows from it.
    state
        Keep everything in this file, and go on from there next time; nothing booked is lost, not even by SIGKILL.
    key
        A secret key, or KEY@ACCOUNT; the first one is the default account's. `sk_live_…` opens its live mode.
    token
        The control plane's token; by default a new one is made and printed.
    webhook
        Send every event to this address; its host is trusted with that.
    profile
        Treat idempotency keys as this provider does.
    strict
        Refuse parameters that the PSP does not know, as Stripe does, instead of logging them.
    allow_webhooks_to
        Let webhooks go to this host; this machine is always allowed.
    """
    import asyncio
    import secrets
    from contextlib import suppress

    from psp_chaos.errors import PspError
    from psp_chaos.settings import PspSettings
    from psp_chaos.standing.process import Standing, require_secrets, stand
    from scenarios.cli.psp_output import Doorkeeper

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
        standing = Standing(
            settings=settings, host=host, port=port, seed=seed, state=state, faults=_faults(preset, faults)
        )
        with suppress(KeyboardInterrupt), Doorkeeper(standing, is_new_token=token is None) as doorkeeper:
            asyncio.run(stand(standing, onlooker=doorkeeper))
    except PspError as error:
        raise BadInput(str(error)) from None
    return ExitCode.HOLDS


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
    import secrets

    from psp_chaos.settings import PresetEndpoint

    return tuple(PresetEndpoint(url=url, secret=f"whsec_{secrets.token_hex(16)}") for url in dict.fromkeys(urls))


def _faults(presets: Sequence[str], files: Sequence[Path]) -> "tuple[FaultSpec, ...]":
    from psp_chaos.faults.files import read_faults
    from psp_chaos.faults.presets import find_preset

    chosen = [spec for name in presets for spec in find_preset(name).faults]
    return (*chosen, *(spec for path in files for spec in read_faults(path)))
