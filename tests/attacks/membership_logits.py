"""Random answers for the tests of membership attacks."""

import torch


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def logits_of(n, sure=0.0, classes=5, seed=0, labels=None):
    """Random logits that raise the true class by `sure`."""
    g = generator(seed)
    y = torch.arange(n) % classes if labels is None else labels
    z = torch.randn(n, classes, generator=g)
    return z + sure * torch.nn.functional.one_hot(y, classes), y
