"""`paystorm merchants` and `paystorm keys`."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from cyclopts import App

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, ServiceDatabaseUrl
from scenarios.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.merchants import ApiKey, Registry

merchants = App(name="merchants", help="Create and list the merchants of a service.")
keys = App(name="keys", help="Create, list and revoke the API keys of merchants.")


@merchants.command(name="create")
def create_merchant(
    name: str, *, database_url: ServiceDatabaseUrl, merchant_id: str | None = None, as_json: AsJson = False
) -> ExitCode:
    """Let a merchant in; give it a key with `paystorm keys create`.

    Parameters
    ----------
    name
        What people call the merchant.
    merchant_id
        The id to use instead of a new one.
    """
    made = _with_registry(database_url, lambda registry: registry.create_merchant(name=name, merchant_id=merchant_id))
    if made is None:
        raise BadInput(f"there is a merchant {merchant_id} already")
    print(json.dumps({"id": made, "name": name}) if as_json else made)
    return ExitCode.HOLDS


@merchants.command(name="list")
def list_merchants(*, database_url: ServiceDatabaseUrl, as_json: AsJson = False) -> ExitCode:
    """List the merchants and how many keys each can use."""
    found = _with_registry(database_url, lambda registry: registry.merchants())
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    for one in () if as_json else found:
        print(f"{one.id}  {one.name}  ({one.keys} keys)")
    return ExitCode.HOLDS


@keys.command(name="create")
def create_key(
    merchant_id: str, *, database_url: ServiceDatabaseUrl, name: str = "key", as_json: AsJson = False
) -> ExitCode:
    """Make an API key for a merchant. It is shown this once; only its hash is stored.

    Parameters
    ----------
    name
        What it is for.
    """
    made = _with_registry(database_url, lambda registry: registry.create_key(merchant_id=merchant_id, name=name))
    if made is None:
        raise BadInput(f"no merchant {merchant_id}; `paystorm merchants list` shows them")
    key, secret = made
    print(json.dumps(asdict(key) | {"secret": secret}, indent=2) if as_json else f"{key.id}  {secret}")
    return ExitCode.HOLDS


@keys.command(name="list")
def list_keys(*, database_url: ServiceDatabaseUrl, merchant_id: str | None = None, as_json: AsJson = False) -> ExitCode:
    """List API keys without their secrets, which nobody has but the merchants."""
    found = _with_registry(database_url, lambda registry: registry.keys(merchant_id=merchant_id))
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    for one in () if as_json else found:
        print(_line(one))
    return ExitCode.HOLDS


@keys.command(name="revoke")
def revoke_key(key_id: str, *, database_url: ServiceDatabaseUrl) -> ExitCode:
    """Let a key work no more; services that know it may accept it for another `authentication_cache_s`."""
    if not _with_registry(database_url, lambda registry: registry.revoke_key(key_id)):
        raise BadInput(f"no key {key_id}; `paystorm keys list` shows them")
    print(f"{key_id} is revoked")
    return ExitCode.HOLDS


def _line(key: "ApiKey") -> str:
    from service.schemas import rfc3339

    revoked = "" if key.revoked_at_us is None else f"  revoked {rfc3339(key.revoked_at_us)}"
    return f"{key.id}  {key.merchant_id}  {key.name}  created {rfc3339(key.created_at_us)}{revoked}"


def _with_registry[Result](url: str, work: "Callable[[Registry], Awaitable[Result]]") -> Result:
    from scenarios.cli.service_database import with_database
    from service.merchants import Registry
    from service.system import SystemClock, SystemIds

    return with_database(url, lambda database: work(Registry(database=database, clock=SystemClock(), ids=SystemIds())))
