"""Secrets that are not the endpoint's."""

from random import Random


def stranger_secret(random: Random) -> str:
    """Draw a secret of the usual form that belongs to nobody."""
    return f"whsec_{random.getrandbits(96):024x}"
