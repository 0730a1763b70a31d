"""The live tier: the same service, PSP and customers as real processes in real time, on loopback only.

Nothing here repeats exactly, because the machine decides who comes first. What it finds is real nevertheless, and the
same judge reads the same evidence.
"""
