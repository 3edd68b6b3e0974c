"""Making models: training one, bringing one, unlearning; and what they compute."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from ..common.plugins import loader
from ..common.progress import Progress
from ..data import DataError, Images, Split, identify
from ..methods import Method, NotDefined, Request, create
from ..methods import list_methods as registered_methods
from ..models import Architecture, BodyHead, as_body_head, wrap_network
from ..study.trainer import RETRAINED_SEED_OFFSET
from ..tasks.classification import Classification, ModelOutputs
from ..training import Outcome, Training
from .checks import check_data, check_seed, instance, shown
from .model import Model, check_model, check_models, working
from .networks import Maker, from_seed, maker_of, numbers

__all__ = ["list_methods", "observe", "train", "unlearn", "wrap"]


def train(
    data: Images,
    architecture: str | Architecture | Maker = "resnet8",
    *,
    seed: int = 0,
    progress: bool | Progress = True,
    **settings: object,
) -> Model:
    """Train a network on a whole data set: the original model.

    Args:
        data: the data set.
        architecture: `resnet8`, `resnet20`, `resnet18`, `torchvision:NAME`, an
            `opcviz.models.Architecture`, or what makes a network of your own: its class, or a
            function without arguments. Its last step must be an `nn.Linear`; samples come
            normalised to mean 0 and deviation 1 by channel.
        seed: of the initial weights, the order and the augmentation.
        progress: a progress bar; False for none, or a `Progress` that is told the steps.
        **settings: `epochs`, `lr`, `batch_size`, `optimizer`, `schedule`, `augment` and the rest of
            `opcviz.training.Training`, whose defaults these are.

    Raises:
        ConfigError: for an unknown architecture or setting, or a network that does not fit.
        TypeError, ValueError: for an argument of another type, or a seed outside 0 to 2³²−1.

    Example:
        >>> opcviz.train(data, "resnet8", epochs=1, lr=0.05, progress=False)
        Model(Original, seed 0, finished after 23 steps)
    """
    check_data(data)
    seed, training = check_seed(seed), Training.from_dict(settings)
    fresh = maker_of(data, architecture)
    network, outcome = _ask(
        create("original"), data, _nothing(data), None, fresh, training, seed, "training", progress
    )
    return Model(network, "Original", training, seed, outcome, "original", fresh, identify(data))


def wrap(
    net: nn.Module,
    data: Images,
    *,
    fresh: Maker | None = None,
    mean: Tensor | None = None,
    std: Tensor | None = None,
    title: str = "Original",
    seed: int = 0,
    **settings: object,
) -> Model:
    """A trained network of your own; it is copied and never changed.

    As the original it can be unlearned; as what somebody else's unlearning left it can be attacked.

    Args:
        net: any module whose last step is an `nn.Linear`; it is given samples as the data set has
            them, bytes as floats in [0, 1].
        data: the data set that it was trained on.
        fresh: makes a newly initialised network of the same kind, its class for example; wanted by
            methods that start anew (`retrain`).
        mean, std: (channels,) that the samples are normalised with before they reach the network;
            none: they are not.
        title: its name in messages.
        seed: of everything random in what is made of it.
        **settings: how it was trained, see `train`: some methods train the same way.

    Raises:
        ConfigError: for a network that does not fit the samples or has no linear head.
        TypeError, ValueError: for an argument of another type, or a seed outside 0 to 2³²−1.

    Example:
        >>> from torch import nn
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        >>> opcviz.wrap(net, data, epochs=5)
        Model(Original, seed 0, finished after 0 steps)
    """

    instance("net", net, nn.Module, "a trained network, a torch.nn.Module")
    check_data(data)
    if fresh is not None and not callable(fresh):
        raise TypeError(
            f"fresh: wants what makes a new network, its class for example, got {shown(fresh)}"
        )
    normalised = numbers("mean", mean), numbers("std", std)

    def wrapped(module: nn.Module) -> BodyHead:
        return wrap_network(module, data, *normalised)

    seed, training = check_seed(seed), Training.from_dict(settings)
    network = wrapped(copy.deepcopy(net)).eval().requires_grad_(True)
    maker = None if fresh is None else from_seed("fresh", fresh, wrapped)
    return Model(network, title, training, seed, Outcome(), "own", maker, identify(data))


def unlearn(
    original: Model,
    data: Images,
    split: Split,
    method: str | Method = "opc",
    *,
    seed: int | None = None,
    progress: bool | Progress = True,
    **settings: object,
) -> Model:
    """Make the model forget; the original is left as it was.

    A run that diverges is a result, too: see `outcome.status`.

    Args:
        original: the trained model.
        data: the data set that it was trained on.
        split: what is to be forgotten.
        method: a name that `list_methods` gives, or a method made before. `retrain` trains anew
            without the forget data: what unlearning is compared with.
        seed: of everything random; the original's unless given.
        progress: a progress bar; False for none, or a `Progress` that is told the steps.
        **settings: of the method, in place of those tuned for the data set where there are (today
            for digits), else of the paper's; `opcviz.methods.get_method(name)` lists them.

    Raises:
        ConfigError: for an unknown method or setting; the known ones are listed.
        NotDefined: when the method cannot forget what is asked, or needs what is not there.
        DataError: for a split, or an original, of another data set.
        TypeError, ValueError: for an argument of another type, or a seed outside 0 to 2³²−1.

    Example:
        >>> opcviz.unlearn(original, data, split, "rl", epochs=1, progress=False)
        Model(Random labels, seed 0, finished after 23 steps)
        >>> opcviz.unlearn(original, data, split, "amnesia")
        Traceback (most recent call last):
        ...
        opcviz.common.config.ConfigError: no method is called 'amnesia'; there are: ...
    """
    own_files()
    check_models(data, split, original=original)
    if not isinstance(method, str | Method):
        raise TypeError(
            f"method: wants a name that list_methods() gives, or a Method, got {shown(method)}"
        )
    if isinstance(method, str):
        method = create(method, dataset=data.name, scenario=split.forgets, **settings)
    elif settings:
        method = method.replace(**settings)
    title = method.info.title
    chosen = original.seed if seed is None else check_seed(seed)
    network, outcome = _ask(
        method,
        data,
        split,
        original.network,
        original.fresh,
        original.training,
        chosen,
        title,
        progress,
    )
    return replace(
        original,
        network=network,
        title=title,
        seed=chosen,
        outcome=outcome,
        method=method.info.name,
    )


def list_methods() -> list[str]:
    """Names of all methods for classifiers, the references `original` and `retrain` first.

    Methods of your own count, see `OPCVIZ_PLUGINS` in the README.

    Example:
        >>> methods = opcviz.list_methods()
        >>> methods[:2], "opc" in methods, "salun" in methods
        (['original', 'retrain'], True, True)
    """
    own_files()
    return [cls.info.name for cls in registered_methods(Classification.name)]


def observe(model: Model, data: Images, *, progress: bool | Progress = True) -> ModelOutputs:
    """Features and logits of every sample: what attacks and maps start from.

    Args:
        model: the model, in eval mode, in full precision.
        data: the data set, not necessarily the one that the model was trained on.
        progress: a progress bar; False for none.

    Returns:
        `train` and `test`, each with `features` (N, d), the input of the last linear layer,
        `logits` (N, C) and `labels` (N,).

    Raises:
        DataError: for samples of another shape than the model's.

    Example:
        >>> outputs = opcviz.observe(original, data, progress=False)
        >>> outputs.train.features.shape, outputs.test.logits.shape
        (torch.Size([1437, 64]), torch.Size([360, 10]))
    """
    check_data(data)
    check_model("model", model)
    if data.shape != model.trained_on.shape:
        raise DataError(
            f"data: is {identify(data)}, and the model was trained on {model.trained_on}; bring "
            "the samples to one shape"
        )
    with working(f"observing {model.title}", model.network, data, progress) as told:
        return Classification().observe(model.network, data, progress=told)


def _ask(
    method: Method,
    data: Images,
    split: Split,
    original: BodyHead | None,
    fresh: Callable[[int], BodyHead] | None,
    training: Training,
    seed: int,
    title: str,
    progress: bool | Progress,
) -> tuple[BodyHead, Outcome]:
    """Put the request to the method, as a study does."""
    start = seed if original is None else seed + RETRAINED_SEED_OFFSET

    def new() -> BodyHead:
        if fresh is None:
            raise NotDefined(
                f"method '{method.info.name}' starts from new weights: tell wrap() how a new "
                "network is made, as in wrap(net, data, fresh=MyNet)"
            )
        return fresh(start)

    shape_giver = original if original is not None else new()
    with working(title, shape_giver, data, progress) as told:
        network, outcome = method.unlearn(
            Request(
                task=Classification(),
                data=data,
                split=split,
                original=original,
                fresh=new,
                training=training,
                seed=seed,
                progress=told,
            )
        )
    return as_body_head(network).eval(), outcome


def _nothing(data: Images) -> Split:
    """Nothing is forgotten: what the original is trained on."""
    none = torch.empty(0, dtype=torch.int64, device=data.device)
    train, test = (torch.arange(len(y), device=data.device) for y in (data.y_train, data.y_test))
    return Split(none, train, none, test)


def own_files() -> None:
    """Load a user's own methods; what is wrong with one is a warning."""
    for refused in loader.load():
        warnings.warn(str(refused), stacklevel=3)
