"""Kinds of artefact about models that make records of earthquakes."""
