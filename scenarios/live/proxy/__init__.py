"""A TCP proxy that misbehaves on request: between customers, service, PSP and database.

`link` listens and chooses an upstream, `conversation` carries the bytes of one connection, `troubles` are asked what
becomes of them. Where there is no trouble, bytes pass as they come.
"""

from scenarios.live.proxy.link import Link
from scenarios.live.proxy.places import Place
from scenarios.live.proxy.troubles import Cut, CutReply, Duplicated, Fate, HalfOpened, Shortened, Trouble, Way

__all__ = ["Cut", "CutReply", "Duplicated", "Fate", "HalfOpened", "Link", "Place", "Shortened", "Trouble", "Way"]
