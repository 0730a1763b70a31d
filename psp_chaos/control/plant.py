"""The plant: the provider that is controlled, with what it was made of."""

from dataclasses import dataclass
from typing import Literal

from psp_chaos.app import Psp
from psp_chaos.control.refusals import NotThere
from psp_chaos.errors import ClockElsewhere
from psp_chaos.keeping.archive import Archive
from psp_chaos.ports import Clock, Ids
from psp_chaos.settings import PspSettings
from psp_chaos.standing_clock import StandingClock
from psp_chaos.wire.realms import Realm

type Mode = Literal["test", "live"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plant:
    """One provider that runs as a process."""

    psp: Psp
    settings: PspSettings
    clock: Clock
    ids: Ids  # names sessions; nobody may be able to guess them
    archive: Archive

    @property
    def standing_clock(self) -> StandingClock:
        """The clock, if it may be moved from here."""
        if not isinstance(self.clock, StandingClock):
            raise ClockElsewhere
        return self.clock

    @property
    def has_standing_clock(self) -> bool:
        """Tell whether the clock may be moved from here."""
        return isinstance(self.clock, StandingClock)

    def realm(self, *, account: str | None, mode: Mode | None) -> Realm:
        """Return the first realm that has this account and mode; what is not given matches every one."""
        for realm in self.psp.realms.all:
            if account in (None, realm.account) and mode in (None, mode_of(realm)):
                return realm
        known = ", ".join(f"{realm.account} in {mode_of(realm)} mode" for realm in self.psp.realms.all)
        raise NotThere(f"There is no account '{account or 'of any name'}' in {mode or 'any'} mode; there is {known}.")

    async def advance(self, seconds: float) -> int:
        """Move the clock forward and let happen what is due until then; return how many things that were."""
        clock, psp = self.standing_clock, self.psp
        woken = await clock.advance(seconds, is_quiet=lambda: psp.pending <= clock.sleeping)
        self.archive.commit()
        return woken

    def freeze(self) -> None:
        """Stop the clock."""
        self.standing_clock.freeze()
        self.archive.commit()

    def unfreeze(self) -> None:
        """Let the clock run on."""
        self.standing_clock.resume()
        self.archive.commit()

    async def reset(self) -> None:
        """Start anew with empty books and no faults; the clock stays as it is."""
        await self.psp.reset()
        self.psp.resume()
        if self.has_standing_clock:
            self.standing_clock.keep()
        self.archive.commit()


def mode_of(realm: Realm) -> Mode:
    """Return the mode of a realm as requests name it."""
    return "live" if realm.is_live else "test"
