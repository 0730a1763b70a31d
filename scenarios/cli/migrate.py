"""`paystorm migrate`."""

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import ServiceDatabaseUrl


def migrate(*, database_url: ServiceDatabaseUrl, revision: str = "head") -> ExitCode:
    """Bring a service's database to the newest schema: from nothing, or from any earlier release.

    All or nothing, and safe to repeat. No service migrates by itself; `/readyz` says what is missing.

    Parameters
    ----------
    revision
        Where to stop, for a release that is rolled out in steps.
    """
    from scenarios.cli.service_database import with_database
    from service.migrations import migrate as upgrade

    done = with_database(database_url, lambda database: upgrade(database, revision=revision))
    if done.before == done.after:
        print(f"at revision {done.after}; nothing to do")
    else:
        print(f"from {done.before or 'nothing'} to revision {done.after}")
    return ExitCode.HOLDS
