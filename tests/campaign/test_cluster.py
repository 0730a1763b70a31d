"""The same sweep on a Dask cluster of two local workers, each with a PostgreSQL server of its own."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from distributed import Client

pytestmark = pytest.mark.slow


def start(module: str, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments, "--no-dashboard"], stdout=output, stderr=output
        )


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers of one thread."""
    tmp_path = tmp_path_factory.mktemp("cluster")
    file, log = tmp_path / "scheduler.json", tmp_path / "dask.log"
    options = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)]
    processes = [start("distributed.cli.dask_scheduler", *options, log=log)]
    while not file.exists() or not file.read_text().endswith("}"):  # it is written while we look
        time.sleep(0.05)
    address = json.loads(file.read_text())["address"]
    options = ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--local-directory", str(tmp_path)]
    processes += [start("distributed.cli.dask_worker", address, *options, log=log) for _ in range(2)]
    yield address
    for process in reversed(processes):
        process.terminate()
        process.wait()


class Heartbeats(threading.Thread):
    """Watches how long the scheduler hears nothing of a worker."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.longest_s = 0.0
        self.workers = {*client.scheduler_info()["workers"]}
        self._client = client
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.2):
            silences = self._client.run_on_scheduler(_silences)
            self.workers |= {*silences}
            self.longest_s = max(self.longest_s, *silences.values())

    def stop(self) -> None:
        self._over.set()
        self.join()


def _silences(dask_scheduler: object) -> dict[str, float]:
    return {address: time.time() - worker.last_seen for address, worker in dask_scheduler.workers.items()}


def test_a_cluster_finds_the_same_and_its_workers_stay_in_touch(scheduler, sweep, small_plan, expected):
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2)
        heartbeats, dask = Heartbeats(client), ["--backend", "dask", "--scheduler", scheduler]
        heartbeats.start()
        swept = sweep("lost-webhooks", "--seeds", "1..4", "--repeat", "0", *dask)
        heartbeats.stop()
        playhouses = client.run(_count_playhouses)

    assert swept.code == 0, swept.stderr
    assert swept.results == expected(small_plan("lost-webhooks", seeds="1..4"))
    assert len(heartbeats.workers) == 2  # nobody was taken for dead
    assert heartbeats.longest_s < 5
    assert {*playhouses.values()} == {0}


def _count_playhouses() -> int:
    processes = psutil.process_iter(["cmdline", "ppid"])  # which leaves out who ends meanwhile
    children = [process for process in processes if process.info["ppid"] == os.getpid()]
    return sum("playhouse_main" in " ".join(child.info["cmdline"] or ()) for child in children)


@pytest.mark.campaign
def test_a_killed_worker_takes_its_server_along_and_the_other_one_goes_on(scheduler, long_sweep):
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2)
        pids = client.run(_pid)
    sweep = long_sweep("--backend", "dask", "--scheduler", scheduler)
    sweep.wait_for_results()
    victim = psutil.Process(next(iter(pids.values())))
    servers = victim.children(recursive=True)

    victim.kill()
    sweep.wait_for_results(sweep.lines + 2)
    sweep.process.terminate()
    code, _, stderr = sweep.end()

    assert code == 130, stderr
    assert psutil.wait_procs(servers, timeout=10)[1] == []


def _pid() -> int:
    return psutil.Process().pid


def test_nobody_at_the_address_is_exit_code_4(sweep, monkeypatch):
    monkeypatch.setattr("scenarios.campaign.cluster._CONNECT_TIMEOUT_S", 1)

    swept = sweep("all", "--seeds", "1", "--backend", "dask", "--scheduler", "tcp://127.0.0.1:1")

    assert swept.code == 4
    assert "paystorm: no Dask scheduler at tcp://127.0.0.1:1" in swept.stderr
    assert not swept.folder.exists()
