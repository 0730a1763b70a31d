"""`paystorm migrate`."""

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import ServiceDatabaseUrl

_PASSWORD = "PAYSTORM_ROLE_PASSWORD"  # noqa: S105 - the variable's name; what it holds never meets a command line


def migrate(*, database_url: ServiceDatabaseUrl, revision: str = "head", grant_to: str | None = None) -> ExitCode:
    """Bring a service's database to the newest schema: from nothing, or from any earlier release.

    All or nothing, and safe to repeat. No service migrates by itself; `/readyz` says what is missing.

    Parameters
    ----------
    revision
        Where to stop, for a release that is rolled out in steps.
    grant_to
        The role under which the service runs: it is given what the service needs and nothing else. Where it is missing
        it is created, with the password that the variable PAYSTORM_ROLE_PASSWORD holds.
    """
    import os

    from scenarios.cli.service_database import with_database
    from service.migrations import migrate as upgrade
    from service.store.grants import grant

    done = with_database(database_url, lambda database: upgrade(database, revision=revision))
    if done.before == done.after:
        print(f"at revision {done.after}; nothing to do")
    else:
        print(f"from {done.before or 'nothing'} to revision {done.after}")
    if grant_to is not None:
        password = os.environ.get(_PASSWORD)
        with_database(database_url, lambda database: grant(database, role=grant_to, password=password))
        print(f"granted to {grant_to}")
    return ExitCode.HOLDS
