"""The part of a load that one of Locust's processes performs: what all its users share.

Only for Locust's own process.
"""

import itertools
import time
from dataclasses import replace

from locust.env import Environment
from locust.runners import MasterRunner

from scenarios.customers.client import PaystormClient
from scenarios.library import find_scenario
from scenarios.live.arrivals import ArrivalProcess, arrival_moments
from scenarios.live.diary_file import DiaryFile, WrittenDiary
from scenarios.live.entrance import Entrance
from scenarios.live.load_settings import LoadSettings
from scenarios.live.remote_diary import Post
from scenarios.live.shift import Shift


class LoadPart:
    """One process of the load; its diary is a file, or is sent to the master."""

    def __init__(self, settings: LoadSettings, *, post: Post) -> None:
        self._settings = settings
        self._post = post
        self._users = itertools.count(1)
        self._shift: Shift | None = None
        self.client = PaystormClient(api_key=settings.api_key)
        self.diary = self._open_diary()
        self.entrance = Entrance()
        self.rate_per_s = 0.0  # of an open load; 0: it is closed

    def begin(self, environment: Environment) -> None:
        """Learn what is to be played; a worker has heard it from its master by now."""
        options = environment.parsed_options
        assert options is not None, "Locust has read its command line"
        self.name: str = options.scenario
        self.scenario = find_scenario(self.name)
        self.seed: int = options.paystorm_seed
        if not isinstance(environment.runner, MasterRunner):  # who has no users of its own
            self.rate_per_s = options.paystorm_rate
        self.process, self.parts = ArrivalProcess(options.paystorm_arrivals), int(options.paystorm_parts)
        self.number: int = getattr(environment.runner, "worker_index", 0)  # Locust's types do not know it

    def next_user(self) -> str:
        """Return a number that no other process of this load gives; the first process counts as if it were alone."""
        user = next(self._users)
        return f"{user}" if self.number == 0 else f"{self.number}-{user}"

    def open(self) -> None:
        """Let the customers of an open load in from now on; those of a closed one come by themselves."""
        if not self.rate_per_s or self._shift is not None:
            return
        self._shift = Shift(part=self.number, began_at_us=_now_us())
        moments = arrival_moments(
            self.process, rate_per_s=self.rate_per_s, seed=self.seed, part=self.number, parts=self.parts
        )
        self._note(self._shift)
        self.entrance.open(moments, began_at_us=self._shift.began_at_us)

    def close(self) -> None:
        """Note that nobody is let in any more."""
        if self._shift is not None:
            self._shift = replace(self._shift, ended_at_us=_now_us())
            self._note(self._shift)

    def _open_diary(self) -> WrittenDiary:
        if self._settings.diary is None:
            return WrittenDiary(now_us=_now_us, append=self._post.send_line)
        return DiaryFile(self._settings.diary, now_us=_now_us)

    def _note(self, shift: Shift) -> None:
        if self._settings.diary is None:
            self._post.send_shift(shift)
        else:
            shift.write(self._settings.diary.parent)


def _now_us() -> int:
    return time.time_ns() // 1000
