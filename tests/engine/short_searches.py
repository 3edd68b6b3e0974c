"""Loaded by a worker that is a program of its own: the fixture of this name in `conftest.py`."""

from opcviz.attacks.inversion import live

live.FIRST = live.FIRST.replace(iterations=2)
live.NEXT = live.NEXT.replace(iterations=1)
