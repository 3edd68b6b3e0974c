"""How deep a method forgets and what it pays: see `__main__`."""
