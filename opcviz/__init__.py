"""opcviz: a laboratory that shows whether a neural network really forgot."""

__version__ = "0.1.0"
