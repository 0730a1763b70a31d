"""What a server is for decides which guarantees it may trade for speed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A named set of server settings."""

    name: str
    settings: Mapping[str, str]


_ALWAYS = {
    "listen_addresses": "",  # unix socket only: nothing of ours is reachable from a network
    "timezone": "UTC",
    "max_connections": "200",
    "log_min_messages": "fatal",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    # In files of the data folder, which is removed; in /dev/shm what a killed server leaves would stay for good.
    "dynamic_shared_memory_type": "mmap",
}

_NO_BACKGROUND_NOISE = {
    # Whatever runs on its own schedule would make two runs of one seed differ.
    "autovacuum": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
}


def _profile(name: str, *layers: Mapping[str, str]) -> Profile:
    merged: dict[str, str] = {}
    for layer in layers:
        merged.update(layer)
    return Profile(name=name, settings=MappingProxyType(merged))


SIMULATED = _profile(
    "simulated",
    _ALWAYS,
    _NO_BACKGROUND_NOISE,
    {
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        # Simulated connections are short: planning a statement anew for each value would never pay off.
        "plan_cache_mode": "force_generic_plan",
        # Nobody looks at these while a run lasts.
        "track_activities": "off",
        "track_counts": "off",
        "update_process_title": "off",
    },
)
"""For virtual time: the machine never dies, so nothing need reach the disk."""

KILLABLE = _profile("killable", _ALWAYS, {"fsync": "off"})
"""For servers killed with SIGKILL: what was written is safe with the kernel. synchronous_commit stays on, or
acknowledged commits are lost; full_page_writes too, because a kill may come between the two halves of a page."""

DURABLE = _profile("durable", _ALWAYS)
"""PostgreSQL's own defaults: survives a power cut."""
