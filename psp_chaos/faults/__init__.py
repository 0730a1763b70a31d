"""Faults as data: what can go wrong, when, and what a sound service is entitled to while it does."""

from psp_chaos.faults.installed import Bite, Faults
from psp_chaos.faults.menu import MENU
from psp_chaos.faults.spec import FaultSpec, Selector, Window

__all__ = ["MENU", "Bite", "FaultSpec", "Faults", "Selector", "Window"]
