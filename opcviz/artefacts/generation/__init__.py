"""Kinds of artefact about models that draw."""
