"""Small networks with fixed random weights, and the textbook gradient of one picture."""

import torch
from torch import nn
from torch.nn import functional as F

from opcviz.attacks.inversion.gradients import GradientMatch
from opcviz.models import Architecture, build_network


class Odd(nn.Module):
    """Everything the layer route has a formula for: groups, strides, biases, tokens, in place."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.wide = nn.Conv2d(4, 8, 3, stride=2, padding=(1, 0), groups=2)
        self.point = nn.Conv2d(8, 16, 1, stride=2, bias=False)
        self.dilated = nn.Conv2d(16, 8, 3, padding=2, dilation=2)
        self.tokens = nn.Linear(8, 6)
        self.flat = nn.BatchNorm1d(6)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = F.softplus(self.norm(self.stem(x)))
        x = F.silu(self.point(F.silu(self.wide(x))), inplace=True)
        x += x.clone() ** 2  # a sum in place over an activation
        x = torch.tanh(self.dilated(x)).flatten(2).mT
        return self.head(self.flat(torch.tanh(self.tokens(x)).mean(1)))


class Scaled(nn.Module):
    """A weight outside any layer: only the torch.func route can take it."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.gain = nn.Parameter(torch.rand(3, 1, 1) + 0.5)
        self.head = nn.Linear(3, 3)

    def forward(self, x):
        return self.head(torch.tanh(self.conv(x) * self.gain).mean((2, 3)))


class InPlace(nn.Module):
    """Layers whose outputs are overwritten by what follows, as torchvision's ResNets do."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.again = nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        first = F.relu(self.norm(self.conv(x)), inplace=True)
        out = self.again(first)
        out += first
        return self.head(F.relu(out, inplace=True).mean((2, 3)))


def ready(net, seed=0, dtype=torch.float64):
    """Random weights and running statistics, eval mode, no gradients."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in [*net.named_parameters(), *net.named_buffers()]:
            if value.is_floating_point():
                value.copy_(torch.randn(value.shape, generator=generator) * 0.5)
            if name.endswith("running_var"):
                value.abs_().add_(0.5)
    return net.to(dtype).eval().requires_grad_(False)


def small_resnet(seed=0, dtype=torch.float64):
    torch.manual_seed(seed)
    net = build_network(Architecture("resnet8", width=0.5), 2, 3)
    return ready(net, seed, dtype)


def regression(seed):
    return ready(nn.Sequential(nn.Flatten(), nn.Linear(36, 3)), seed, torch.float32)


def batch(n=3, channels=2, side=6, classes=3, seed=1, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand((n, channels, side, side), generator=generator).to(dtype)
    return x, torch.randint(classes, (n,), generator=generator)


def plain_gradient(model, x, label, create_graph=False):
    """One picture's weight gradient by the textbook: a batch of one and torch.autograd."""
    weights = [p.detach().requires_grad_() for p in model.parameters()]
    names = [name for name, _ in model.named_parameters()]
    logits = torch.func.functional_call(model, dict(zip(names, weights, strict=True)), (x[None],))
    loss = F.cross_entropy(logits, label[None])
    found = torch.autograd.grad(loss, weights, create_graph=create_graph)
    return dict(zip(names, found, strict=True))


MODELS = {
    "odd": lambda: ready(Odd()),
    "scaled": lambda: ready(Scaled()),
    "in place": lambda: ready(InPlace()),
    "resnet": small_resnet,
}


def picture_gradients(model, x, y):
    """Weight name to (B, *weight.shape): the gradient of each picture alone, by our own routes."""
    return GradientMatch([model], tuple(x.shape[1:])).gradients(x, y)
