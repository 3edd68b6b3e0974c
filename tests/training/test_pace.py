"""In which number format a training computes: who decides, what it changes, what it does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.common.progress import Cancelled, Progress
from opcviz.data import Images, assemble
from opcviz.methods import Request, create, list_methods
from opcviz.models import Architecture, Classifier, build_classifier
from opcviz.training import Batch, Batches, Training, pace, train
from opcviz.training.resume import ResumeFile

SPEC = Training(epochs=3, batch_size=16, augment="crop_flip", precision="bf16")
NET = Architecture("resnet8", width=0.25)


@pytest.fixture(scope="module")
def photos() -> Images:
    rng = np.random.default_rng(0)

    def part(count: int) -> tuple[np.ndarray, np.ndarray]:
        return rng.integers(0, 256, (count, 3, 16, 16), dtype=np.uint8), np.arange(count) % 4

    return assemble("photos", part(48), part(8))


def trained(
    photos: Images, spec: Training, folder: Path | None = None, stop_at: int | None = None
) -> Classifier:
    seen: list[int] = []

    def listen(event: Any) -> None:
        seen.append(event.step)

    progress = Progress(listen, stop=lambda: stop_at is not None and len(seen) >= stop_at)
    model = build_classifier(NET, photos, 0)
    batches = Batches(photos, torch.arange(32), torch.arange(32, 48), spec.batch_size, spec.augment)
    train(model, batches, cross_entropy, spec, progress=progress, resume_dir=folder)
    return model


def cross_entropy(model: Classifier, batch: Batch) -> Tensor:
    return F.cross_entropy(model(batch.x), batch.y)


@pytest.mark.slow
def test_bf16_trains_other_weights_and_keeps_them_in_full(photos: Images, same_weights) -> None:
    half, full = trained(photos, SPEC), trained(photos, SPEC.replace(precision="fp32"))
    assert not same_weights(half, full)
    assert {p.dtype for p in half.parameters()} == {torch.float32}
    with torch.no_grad():
        x = photos.x_test.float() / 255
        apart = (half(x) - full(x)).abs().max() / full(x).abs().max()
    assert apart < 0.5  # the same function, but for rounding


@pytest.mark.slow
def test_a_run_in_bf16_resumes_bit_for_bit(
    tmp_path: Path, photos: Images, same_weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ResumeFile, "every", 0.0)
    spec = SPEC.replace(memory_format="channels_last")
    with pytest.raises(Cancelled):
        trained(photos, spec, tmp_path, stop_at=5)  # 2 steps an epoch: in the third
    assert [path.name for path in tmp_path.iterdir()] == ["resume.safetensors"]
    assert same_weights(trained(photos, spec, tmp_path), trained(photos, spec))


@pytest.mark.slow
def test_the_outcome_says_what_was_computed_in(photos: Images) -> None:
    for precision in ("fp32", "bf16"):
        spec = SPEC.replace(precision=precision, epochs=1)
        batches = Batches(photos, torch.arange(48), torch.arange(0), 24)
        outcome = train(build_classifier(NET, photos, 0), batches, cross_entropy, spec)
        assert outcome.precision == precision


def test_settings_before_there_was_an_order_in_memory_are_written_as_they_were() -> None:
    assert "memory_format" not in Training().to_dict()
    assert "memory_format" not in create("opc").to_dict()
    forced = Training(memory_format="contiguous")
    assert forced.to_dict()["memory_format"] == "contiguous"
    assert Training.from_dict(forced.to_dict()) == forced


def test_a_method_takes_the_study_s_format_unless_it_says_otherwise(
    tiny_request: Callable[..., Request],
) -> None:
    given = tiny_request(training=Training(epochs=1, precision="bf16"))
    cases = (("auto", "bf16"), ("fp32", "fp32"))
    for asked, expected in cases:
        _, outcome = create("ft", epochs=1, precision=asked).unlearn(given)
        assert outcome.precision == expected


def test_the_digits_stay_in_full_precision(tiny_images: Images) -> None:
    model = build_classifier(Architecture(), tiny_images, 0)
    chosen = pace(Training(), model, tiny_images)
    assert (chosen.precision, chosen.memory_format) == ("fp32", torch.contiguous_format)


EXACT = [cls.info.name for cls in list_methods() if cls.exact.startswith("all of it")]


def test_who_is_exact() -> None:
    assert sorted(EXACT) == ["fisher", "iu", "opc_head", "ssd"]


@pytest.mark.parametrize("name", EXACT)
def test_what_is_declared_exact_never_computes_in_half_width(
    name: str, tiny_request: Callable[..., Request]
) -> None:
    """Every linear layer's input is looked at, whatever precision the study asks."""
    seen: set[torch.dtype] = set()

    def look(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if isinstance(module, nn.Linear):
            seen.update(
                {torch.get_autocast_dtype("cpu")}
                if torch.is_autocast_enabled("cpu")
                else {output.dtype}
            )

    handle = nn.modules.module.register_module_forward_hook(look)
    try:
        _, outcome = create(name).unlearn(tiny_request(training=Training(precision="bf16")))
    finally:
        handle.remove()
    assert seen == {torch.float32}
    assert outcome.precision == "fp32"


@pytest.mark.parametrize(
    "cls", [c for c in list_methods() if c.exact and c.info.name not in EXACT], ids=str
)
def test_a_method_with_an_exact_part_says_which(cls: type) -> None:
    part, _, rest = cls.exact.partition("; ")
    assert part
    assert rest == "the training follows the precision"
