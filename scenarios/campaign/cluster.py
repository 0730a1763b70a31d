"""Runs on a Dask cluster: a thread of a worker is a job. Only who has Dask can import this."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from distributed import Client, KilledWorker
from distributed.client import FutureCancelledError
from distributed.comm import parse_address
from distributed.comm.addressing import parse_host_port
from joblib import Parallel, delayed, parallel_config

from scenarios.campaign.backends import AHEAD, Backend, WorkersDied, first_line
from scenarios.campaign.orders import Chunk, Report
from scenarios.campaign.stagehand import close_playhouses, perform_chunk
from scenarios.errors import BadInput, InfrastructureFailed

_CONNECT_TIMEOUT_S = 10


class _Dask:
    def __init__(self, client: Client) -> None:
        self.jobs = sum(client.ncores().values())
        self._client = client

    def perform(self, chunks: Iterable[Chunk]) -> Iterator[Report]:
        with parallel_config(backend="dask", client=self._client):
            parallel = Parallel(n_jobs=-1, return_as="generator_unordered", batch_size=1, pre_dispatch=AHEAD)
        try:
            yield from parallel(delayed(perform_chunk)(chunk) for chunk in chunks)
        except KilledWorker as error:
            raise WorkersDied(first_line(error)) from None
        except FutureCancelledError:
            raise InfrastructureFailed("the connection to the Dask scheduler was lost") from None
        except Exception as error:  # noqa: BLE001 - runs raise nothing, so this is Dask, whatever it is
            raise InfrastructureFailed(f"the Dask workers cannot work: {first_line(error)}") from None


@contextmanager
def cluster_backend(address: str) -> Iterator[Backend]:
    """Yield the cluster behind a scheduler.

    Raises:
        BadInput: That is no address.
        InfrastructureFailed: Nobody answers at the address, or there is no worker.
    """
    _check(address)
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what matters comes to us as an exception
    try:
        client = Client(address, timeout=_CONNECT_TIMEOUT_S, set_as_default=False)
    except OSError as error:
        raise InfrastructureFailed(f"no Dask scheduler at {address}: {first_line(error)}") from None
    with client:
        if not client.ncores():
            raise InfrastructureFailed(f"the Dask scheduler at {address} has no workers")
        yield _Dask(client)
        with suppress(OSError):  # a scheduler that is gone
            client.run(close_playhouses)


def _check(address: str) -> None:
    try:
        parse_host_port(parse_address(address)[1])
    except ValueError:
        raise BadInput(f"--scheduler {address}: not an address; expected one like tcp://127.0.0.1:8786") from None
