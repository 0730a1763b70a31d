"""A server that asks for a password: the world proves that it knows it, and the run is the same as without."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from scenarios.embedded_postgres import EmbeddedPostgres
from scenarios.virtual.backends import Backends
from scenarios.virtual.errors import Unsupported
from scenarios.virtual.scram import ScramClient
from scenarios.virtual.world import World

EPOCH_US = 1_767_225_600_000_000


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedPostgres]:
    """A server on which `guest` needs the password `pencil`."""
    with EmbeddedPostgres.start() as server:
        asyncio.run(_guard(server))
        yield server


async def _guard(server: EmbeddedPostgres) -> None:
    owner = await asyncpg.connect(host=str(server.folder), user="postgres", database="postgres")
    await owner.execute("CREATE ROLE guest LOGIN PASSWORD 'pencil'")
    rules = "local all guest scram-sha-256\nlocal all all trust\n"
    (server.folder / "data" / "pg_hba.conf").write_text(rules)
    await owner.execute("SELECT pg_reload_conf()")
    await owner.close()


def ask_as_guest(server: EmbeddedPostgres, *, password: str | None) -> str:
    async def program() -> str:
        connection = await asyncpg.connect(host=str(server.folder), user="guest", database="postgres")
        name: str = await connection.fetchval("SELECT current_user::text")
        await connection.close()
        return name

    backends = Backends(server.socket_path, password=password)
    try:
        with World(seed=1, epoch_us=EPOCH_US, postgres=backends) as world:
            name: str = world.run(world.process("program/1").spawn(program()))
    finally:
        backends.close()
    return name


def test_the_right_password_opens_the_server(guarded):
    assert ask_as_guest(guarded, password="pencil") == "guest"


def test_a_wrong_password_is_refused_by_the_server(guarded):
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask_as_guest(guarded, password="pen")


def test_a_missing_password_is_asked_for_in_words(guarded):
    with pytest.raises(Unsupported, match="asks for a password; write it into the URL"):
        ask_as_guest(guarded, password=None)


def test_a_server_with_somebody_elses_nonce_is_not_answered():
    client = ScramClient("pencil")
    client.first()

    with pytest.raises(Unsupported, match="somebody else's nonce"):
        client.final(b"r=another,s=QSXCR+Q6sek8bf92,i=4096")


def test_a_server_that_does_not_know_the_password_is_found_out():
    client = ScramClient("pencil")
    nonce = client.first().partition(b"r=")[2]
    client.final(b"r=" + nonce + b"theirs,s=QSXCR+Q6sek8bf92,i=4096")

    with pytest.raises(Unsupported, match="does not know the password itself"):
        client.verify(b"v=cmdIbmJU9jKbbY9UoGB90k8ujzFK1wZW1TfPVcS0vXk=")
