"""The control plane under `/_chaos`: what an operator can see and do, for programs as JSON and for people as pages.

It has a token of its own, is never under `/v1`, and is there only where the provider runs as a process.
"""

from psp_chaos.control.plane import ControlPlane
from psp_chaos.control.plant import Plant

__all__ = ["ControlPlane", "Plant"]
