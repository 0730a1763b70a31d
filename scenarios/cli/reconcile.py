"""`paystorm reconcile`."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson

if TYPE_CHECKING:
    from rich.table import Table

    from service.reconciliation import Reconciliation
    from service.settings import Settings

type ServiceDatabase = Annotated[str, Parameter(help="The service's own database; it is written to, as by a worker.")]
type PspUrl = Annotated[str, Parameter(help="Where the PSP's API is, such as https://api.stripe.com.")]
type PspKey = Annotated[str, Parameter(help="The secret key at the PSP.", env_var="PAYSTORM_PSP_API_KEY")]
type Since = Annotated[
    datetime | None,
    Parameter(help="Read and compare from then on (UTC); by default from where the last reading ended."),
]


def reconcile(
    *, database_url: ServiceDatabase, psp_url: PspUrl, psp_key: PspKey, since: Since = None, as_json: AsJson = False
) -> ExitCode:
    """Hold the PSP's statement against the books of a payment service once, and repair what is safe to repair.

    Exit code 0: nothing was found, or all of it is repaired; 1: something is open or needs a person; 4: the database
    or the PSP cannot be reached. It may run beside the service's workers, and again at any time.
    """
    import asyncio
    from datetime import UTC

    from service.schemas import microseconds

    settings = _settings(database_url=database_url, psp_url=psp_url, psp_key=psp_key)
    since_us = None if since is None else microseconds(since if since.tzinfo else since.replace(tzinfo=UTC))
    reconciliation = asyncio.run(_reconcile(settings, since_us=since_us))
    print(_json(reconciliation)) if as_json else _print(reconciliation)
    return ExitCode.HOLDS if reconciliation.is_settled else ExitCode.BROKEN


def _settings(*, database_url: str, psp_url: str, psp_key: str) -> "Settings":
    from urllib.parse import urlsplit

    from scenarios.database import parse_url
    from scenarios.errors import BadInput
    from service.settings import Settings

    if urlsplit(psp_url).scheme not in ("http", "https"):
        raise BadInput("--psp-url is not a URL; expected https://host")
    return Settings(
        database_url=parse_url(database_url).render_as_string(hide_password=False),
        psp_base_url=psp_url,
        psp_api_key=psp_key,
        psp_webhook_secret="none",  # noqa: S106 - nobody listens
        pool_size=2,
    )


async def _reconcile(settings: "Settings", *, since_us: int | None) -> "Reconciliation":
    from sqlalchemy.exc import ProgrammingError

    from engine.errors import StoreError
    from scenarios.errors import BadInput, InfrastructureFailed
    from service.main import real_service
    from service.reconciliation import reconcile as reconcile_once
    from service.system import SystemClock
    from service.wiring import create_database_engine

    database = create_database_engine(settings)
    try:
        async with real_service(settings) as service:
            done = await reconcile_once(service, database, clock=SystemClock(), since_us=since_us)
    except StoreError as error:
        raise InfrastructureFailed(f"the database cannot be reached: {error}") from None
    except ProgrammingError:
        raise BadInput("--database-url is not the database of a payment service, or of another version of it") from None
    finally:
        await database.dispose()
    if done.reading is None:
        raise InfrastructureFailed("another worker is reading the statement; try again when it is done")
    if not done.reading.is_complete:
        raise InfrastructureFailed("the PSP's statement could not be read to its end; what was read is kept")
    return done


def _json(reconciliation: "Reconciliation") -> str:
    import json
    from dataclasses import asdict

    done = {
        "reading": None if reconciliation.reading is None else asdict(reconciliation.reading),
        "repairs_tried": reconciliation.repairs_tried,
        "is_settled": reconciliation.is_settled,
        "discrepancies": [asdict(one) for one in reconciliation.sums],
    }
    return json.dumps(done, indent=2)


def _print(reconciliation: "Reconciliation") -> None:
    from rich.console import Console

    reading = reconciliation.reading
    assert reading is not None
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"statement  {reading.lines_read:,} lines read, {reading.lines_new:,} of them new")
    console.print(
        f"matched    {reading.objects_agreed:,} agree, {reading.objects_settled:,} were asked about,"
        f" {reading.objects_waiting:,} are waited for"
    )
    if reconciliation.sums:
        console.print(_table(reconciliation))
    needs_person = sum(one.count for one in reconciliation.sums if one.state == "needs_person")
    still_open = sum(one.count for one in reconciliation.sums if one.state == "open")
    repaired = sum(one.count for one in reconciliation.sums if one.state == "repaired")
    console.print(f"repaired {repaired:,} · open {still_open:,} · needs a person {needs_person:,}")


def _table(reconciliation: "Reconciliation") -> "Table":
    from rich.box import SIMPLE
    from rich.table import Table

    from engine.money import Money

    table = Table("discrepancy", "state", box=SIMPLE)
    table.add_column("count", justify="right")
    table.add_column("amount", justify="right")
    for one in reconciliation.sums:
        amount = Money(amount_minor=one.amount_minor, currency=one.currency)
        table.add_row(one.kind, one.state.replace("_", " "), f"{one.count:,}", str(amount))
    return table
