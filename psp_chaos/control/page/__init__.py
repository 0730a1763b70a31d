"""The control plane for people: pages that work without scripts, with a keyboard and on a telephone."""
