"""Presets: storms with a name, each a file beside this one."""

from psp_chaos.faults.presets.preset import PRESETS, Preset, find_preset

__all__ = ["PRESETS", "Preset", "find_preset"]
