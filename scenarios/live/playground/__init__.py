"""The playground: one page about a live system, from which everything else of it is reached.

It shows what runs where, lets people pay and switch faults, and follows the last payments. It lives in the process that
supervises the others, so it is gone when they are.
"""

from scenarios.live.playground.playground import Playground
from scenarios.live.playground.standing import serve_playground

__all__ = ["Playground", "serve_playground"]
