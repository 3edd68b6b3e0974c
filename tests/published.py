"""Networks as others write them, in plain torch: the oracles of what is recognised.

Each is written from the structure its publishers describe, with their names for the layers, so that
a state dict of it looks like theirs.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from later import Later
from torch import Tensor, nn
from torch.nn import functional as F

zoo = Later("torchvision.models")


def trained_like(net: nn.Module, seed: int = 0) -> nn.Module:
    """The network in eval mode with statistics and gains that are not those of a new one."""
    generator = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d | nn.LayerNorm):
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.uniform_(-0.3, 0.3, generator=generator)
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
    return net.eval()


class Normalise(nn.Module):
    """The layer that many robust models carry in front."""

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std


def replaced_stem(classes: int = 10) -> nn.Module:
    net = zoo.resnet18(num_classes=classes)
    net.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    net.maxpool = nn.Identity()
    return net


def pooled_stem() -> nn.Module:
    net = zoo.resnet18(num_classes=10)
    net.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    return net


class NamedBlock(nn.Module):
    """A basic block whose shortcut is called `shortcut`, empty where nothing changes."""

    def __init__(self, inputs: int, outputs: int, stride: int, shortcut: str) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.pad = 0
        self.shortcut: nn.Module = nn.Sequential()
        if stride != 1 or inputs != outputs:
            if shortcut == "A":
                self.pad = outputs // 4
            else:
                self.shortcut = nn.Sequential(
                    nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
                )

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.pad:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad), "constant", 0)
        return F.relu(out + self.shortcut(x))


class NamedResNet(nn.Module):
    """conv1, bn1, layer1…, linear: the names of two well-known collections for CIFAR."""

    def __init__(self, widths: tuple[int, ...], depth: int, shortcut: str) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        inputs = widths[0]
        for i, width in enumerate(widths):
            blocks = []
            for j in range(depth):
                blocks.append(NamedBlock(inputs, width, 2 if i and not j else 1, shortcut))
                inputs = width
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.stages = len(widths)
        self.linear = nn.Linear(inputs, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.linear(F.avg_pool2d(x, x.shape[-1]).flatten(1))


class CountedBlock(nn.Module):
    """A block whose layers are counted in one row."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.residual_function = nn.Sequential(
            *(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)),
            *(nn.ReLU(), nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.residual_function(x) + self.shortcut(x))


class CountedResNet(nn.Module):
    """ResNet-18 with the layer names of the paper's table: conv2_x to conv5_x."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(
            nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU()
        )
        inputs = 64
        for i, width in enumerate((64, 128, 256, 512)):
            first = CountedBlock(inputs, width, 2 if i else 1)
            setattr(self, f"conv{i + 2}_x", nn.Sequential(first, CountedBlock(width, width, 1)))
            inputs = width
        self.fc = nn.Linear(512, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        for i in range(4):
            x = getattr(self, f"conv{i + 2}_x")(x)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class SmallVGG(nn.Module):
    """VGG-16-BN with one linear layer, and with the average pool of one pixel that some add."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        layers, channels = [], 3
        for width in (64, 64, 0, 128, 128, 0, *[256] * 3, 0, *[512] * 3, 0, *[512] * 3, 0):
            if not width:
                layers.append(nn.MaxPool2d(2, 2))
                continue
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        self.features = nn.Sequential(*layers, nn.AvgPool2d(1, 1))
        self.classifier = head

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))


class WideBlockA(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.equal = inputs == outputs
        self.convShortcut = (
            None if self.equal else nn.Conv2d(inputs, outputs, 1, stride, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        if not self.equal:
            x = F.relu(self.bn1(x))
            out = F.relu(self.bn2(self.conv1(x)))
            return self.convShortcut(x) + self.conv2(out)
        out = F.relu(self.bn2(self.conv1(F.relu(self.bn1(x)))))
        return x + self.conv2(out)


class WideStageA(nn.Module):
    def __init__(self, blocks: list[nn.Module]) -> None:
        super().__init__()
        self.layer = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class WideA(nn.Module):
    """WRN-10-2: block1.layer.0…, fc, and the copy of its first stage that one code keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.block1 = WideStageA([WideBlockA(16, 32, 1)])
        self.sub_block1 = WideStageA([WideBlockA(16, 32, 1)])
        self.block2 = WideStageA([WideBlockA(32, 64, 2)])
        self.block3 = WideStageA([WideBlockA(64, 128, 2)])
        self.bn1 = nn.BatchNorm2d(128)
        self.fc = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(F.avg_pool2d(F.relu(self.bn1(x)), 8).flatten(1))


class WideBlockB(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=True)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, stride, 1, bias=True)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=True))

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv2(F.relu(self.bn2(self.conv1(F.relu(self.bn1(x))))))
        return out + self.shortcut(x)


class WideB(nn.Module):
    """WRN-16-2: layer1.0…, biased convolutions, linear."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=True)
        inputs = 16
        for i, width in enumerate((32, 64, 128)):
            first = WideBlockB(inputs, width, 2 if i else 1)
            setattr(self, f"layer{i + 1}", nn.Sequential(first, WideBlockB(width, width, 1)))
            inputs = width
        self.bn1 = nn.BatchNorm2d(128)
        self.linear = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return self.linear(F.avg_pool2d(F.relu(self.bn1(x)), 8).flatten(1))


class PlainBlock(nn.Module):
    """A transformer block around torch's own attention, under the usual names."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = nn.Module()
        self.attn.qkv = nn.Linear(width, 3 * width)
        self.attn.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Module()
        self.mlp.fc1 = nn.Linear(width, 2 * width)
        self.mlp.fc2 = nn.Linear(2 * width, width)
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        mixed, _ = F.multi_head_attention_forward(
            *(y.transpose(0, 1),) * 3,
            *(y.shape[-1], self.heads, self.attn.qkv.weight, self.attn.qkv.bias),
            *(None, None, False, 0.0, self.attn.proj.weight, self.attn.proj.bias),
            training=False,
        )
        x = x + mixed.transpose(0, 1)
        return x + self.mlp.fc2(F.gelu(self.mlp.fc1(self.norm2(x))))


class PlainViT(nn.Module):
    """patch_embed.proj, cls_token, pos_embed, blocks.0…, norm, head."""

    def __init__(self, width: int = 48, depth: int = 2, heads: int = 3, patch: int = 8) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.randn(1, 1, width))
        self.pos_embed = nn.Parameter(torch.randn(1, (32 // patch) ** 2 + 1, width))
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, patch, patch)
        self.blocks = nn.ModuleList([PlainBlock(width, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])


def torchvision_vit() -> nn.Module:
    net = zoo.VisionTransformer(32, 8, 2, 4, 32, 64, num_classes=10)
    nn.init.normal_(net.heads.head.weight, std=0.1)  # torchvision begins with zeros
    return net


def hidden_head(hidden: int, first: int) -> nn.Module:
    """Three linear layers, the first of them `first` places behind a dropout."""
    layers = (
        *(nn.Linear(512, hidden), nn.ReLU(), nn.Dropout()),
        *(nn.Linear(hidden, hidden), nn.ReLU()),
    )
    middle = () if first else (nn.Dropout(),)
    return nn.Sequential(*[nn.Dropout()] * first, *layers, *middle, nn.Linear(hidden, 10))


FORMS: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "torchvision ResNet-18, replaced stem": (replaced_stem, "small:resnet18"),
    "torchvision ResNet-18, pool kept": (pooled_stem, "pooled:resnet18"),
    "ResNet-18 with `shortcut` and `linear`": (
        lambda: NamedResNet((64, 128, 256, 512), 2, "B"),
        "small:resnet18",
    ),
    "ResNet-18 counted as in the paper": (CountedResNet, "small:resnet18"),
    "ResNet-20, option A": (lambda: NamedResNet((16, 32, 64), 3, "A"), "cifar:resnet20"),
    "ResNet-32, option B": (lambda: NamedResNet((16, 32, 64), 5, "B"), "cifar-b:resnet32"),
    "VGG-16-BN, one linear layer": (lambda: SmallVGG(nn.Linear(512, 10)), "small:vgg16_bn"),
    "VGG-16-BN, three linear layers": (
        lambda: SmallVGG(hidden_head(128, 0)),
        "small:vgg16_bn-128",
    ),
    "VGG-16-BN, dropout first": (lambda: SmallVGG(hidden_head(96, 1)), "small:vgg16_bn-96"),
    "Wide ResNet": (WideA, "wrn:10-2"),
    "Wide ResNet, biased": (WideB, "wrn-b:16-2"),
    "small ViT": (PlainViT, "vit:side32-patch8-width48-depth2-heads3-mlp96"),
    "small ViT of torchvision": (
        torchvision_vit,
        "vit:side32-patch8-width32-depth2-heads4-mlp64",
    ),
    "torchvision's MobileNetV2": (
        lambda: zoo.mobilenet_v2(num_classes=10),
        "torchvision:mobilenet_v2",
    ),
}
"""What it is, how it is made, and the architecture that it should be found to be."""
