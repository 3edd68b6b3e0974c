"""Attacks that ask what a model still knows of the data it was told to forget."""
