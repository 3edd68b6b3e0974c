"""Unlearning methods for models that make records of earthquakes."""
