"""Queueing theory, as every textbook has it. Rates are per second, loads in erlangs (rate times service time)."""

from collections.abc import Sequence


def erlang_b(servers: int, load: float) -> float:
    """Return the share of customers that find every server busy where nobody waits (Erlang's loss formula)."""
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * blocked / (server + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Return the share of customers that have to wait in M/M/c (Erlang's delay formula)."""
    assert 0 <= load < servers, "a queue that cannot hold has no such share"
    blocked = erlang_b(servers, load)
    return servers * blocked / (servers - load * (1 - blocked))


def mmc_response_s(servers: int, *, rate: float, service_s: float) -> float:
    """Return the mean time in an M/M/c system, waiting and being served."""
    load = rate * service_s
    return service_s * (1 + erlang_c(servers, load) / (servers - load))


def mg1_wait_s(*, rate: float, service_s: float, variation: float) -> float:
    """Return the mean wait in M/G/1 (Pollaczek and Khinchine).

    Args:
        rate: Of arrivals.
        service_s: Mean service time.
        variation: Its squared coefficient of variation: 0 where it is constant, 1 where it is exponential.
    """
    load = rate * service_s
    assert load < 1, "the queue grows for ever"
    return load * service_s * (1 + variation) / (2 * (1 - load))


def shared_response_s(*, rate: float, service_s: float, demand_s: float) -> float:
    """Return the mean time that a demand takes in M/G/1 where all who are there share the server.

    It depends on the mean service time alone (insensitivity), so an event loop may be taken for such a server.
    """
    load = rate * service_s
    assert load < 1, "the server cannot keep up"
    return demand_s / (1 - load)


def mva_rate(customers: int, *, demands_s: Sequence[float], think_s: float) -> float:
    """Return the throughput of a closed network of single servers (exact mean value analysis)."""
    queues = [0.0] * len(demands_s)
    rate = 0.0
    for present in range(1, customers + 1):
        responses = [demand_s * (1 + queue) for demand_s, queue in zip(demands_s, queues, strict=True)]
        rate = present / (think_s + sum(responses))
        queues = [rate * response for response in responses]
    return rate
