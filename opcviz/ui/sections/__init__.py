"""Sections of pages, each a kind of evidence for the models shown."""
