"""What a worker of joblib does, wherever it is: it hands orders to a playhouse of its machine and keeps that open.

A worker has as many playhouses as it has threads that perform, each with its own server. They stay open until the
worker ends or is told that the sweep is over; when it is killed they notice, and end by themselves.
"""

import atexit
import os
import signal
import threading
import time
from collections import defaultdict

from scenarios.campaign.orders import Chunk, Order, Outcome, Report
from scenarios.campaign.playhouse import Closed, Playhouse
from scenarios.errors import InfrastructureFailed, ScenarioError

_TRIES = 3  # a playhouse that ran out of memory, or whose server was killed, is replaced so often
_PARENT_PERIOD_S = 0.5


def perform_chunk(chunk: Chunk) -> Report:
    """Perform the runs of a chunk.

    It never raises: an exception would make joblib kill all workers at once, whatever they are about.
    """
    outcomes: list[Outcome] = []
    try:
        for order in chunk.orders:
            outcomes.append(_perform(order, chunk))
            if chunk.until_found and outcomes[-1].result.broken:
                break
    except ScenarioError as error:
        return Report(outcomes=outcomes, failure=error)
    return Report(outcomes=outcomes, failure=None)


def close_playhouses() -> None:
    """Close those that nobody uses at the moment."""
    with _idle_lock:
        houses = [house for idle in _idle.values() for house in idle]
        _idle.clear()
    for house in houses:
        house.close()


def serve(sweep_pid: int) -> None:
    """Begin to work for the sweep that spawned this process: end with it, and leave Ctrl-C to it.

    A terminal tells everybody of Ctrl-C. Of the death of the sweep nobody tells: we would wait for its next word.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(sweep_pid,), daemon=True).start()


def _end_with(sweep_pid: int) -> None:
    while os.getppid() == sweep_pid:
        time.sleep(_PARENT_PERIOD_S)
    os._exit(1)  # the playhouses see it, and take their servers down


_idle: defaultdict[str | None, list[Playhouse]] = defaultdict(list)  # by the server that they use
_idle_lock = threading.Lock()
atexit.register(close_playhouses)


def _perform(order: Order, chunk: Chunk) -> Outcome:
    """Perform one run; if its playhouse fails, again in another one."""
    outcome, last_words = None, ""
    for _ in range(_TRIES):
        try:
            house = _find_playhouse(order, chunk)
            outcome = house.perform(order)
        except Closed as error:
            last_words = str(error)
            continue
        if outcome.result.validity != "failed":
            with _idle_lock:
                _idle[chunk.database_url].append(house)
            return outcome
        house.close()
    if outcome is None:
        raise InfrastructureFailed(
            f"the process that performs {order.task.scenario} seed {order.task.seed} died {_TRIES} times: {last_words}"
        )
    return outcome


def _find_playhouse(order: Order, chunk: Chunk) -> Playhouse:
    """Return an open playhouse; for a repetition, another one than that of the first time."""
    taken = None if order.first is None else order.first.house
    with _idle_lock:
        idle = _idle[chunk.database_url]
        house = next((one for one in idle if one.id != taken), None)
        if house is not None:
            idle.remove(house)
    if house is None:
        house = Playhouse(database_url=chunk.database_url)
        _check_code(house, chunk)
    return house


def _check_code(house: Playhouse, chunk: Chunk) -> None:
    if house.code != chunk.code:
        host = house.id.partition(":")[0]
        house.close()
        raise InfrastructureFailed(
            f"{host} runs other code than the sweep: the same versions of paystorm, Python and all libraries are needed"
        )
