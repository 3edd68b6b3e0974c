"""A killed run continues bit for bit; a file that cannot be used never ends the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.common.progress import Cancelled, Progress
from opcviz.data import Images
from opcviz.models import Classifier, save_weights
from opcviz.training import Batch, Batches, Outcome, Training, train
from opcviz.training.resume import ResumeFile

FILE = "resume.safetensors"


class Killed(BaseException):
    """Stands for the process's end: no handler of ours may catch it."""


class Norms:
    """A watch with a memory: the norm of the head after each epoch."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def __call__(self, model: Classifier, epoch: int) -> None:
        assert epoch == len(self.seen)
        self.seen.append(float(model.head.weight.norm()))

    def state(self) -> dict[str, Tensor]:
        return {"seen": torch.tensor(self.seen, dtype=torch.float64)}

    def load(self, state: dict[str, Tensor]) -> None:
        self.seen = state["seen"].tolist()


def model_of(images: Images, hidden: int = 12) -> Classifier:
    """With dropout and batch norm: everything that draws or remembers is on the resumed path."""
    torch.manual_seed(5)
    net = nn.Sequential(
        nn.Flatten(),
        nn.Linear(64, hidden),
        nn.BatchNorm1d(hidden),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(hidden, images.classes),
    )
    return Classifier(net, *images.mean_std(), images.shape)


def objective(model: Classifier, batch: Batch) -> Tensor:
    return F.cross_entropy(model(batch.x), batch.y)


def run(images: Images, spec: Training, resume_dir: Path | None, progress: Progress | None = None):
    model, watch = model_of(images), Norms()
    retain, forget = torch.arange(30), torch.arange(30, 48)
    batches = Batches(images, retain, forget, spec.batch_size, spec.augment)
    outcome = train(
        model,
        batches,
        objective,
        spec,
        seed=4,
        progress=progress,
        watch=watch,
        resume_dir=resume_dir,
    )
    return model, watch, outcome


def stop_at(step: int, error: type[BaseException]) -> Progress:
    def listen(event) -> None:
        if event.step == step:
            raise error

    return Progress(listen)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save after every epoch, however short."""
    monkeypatch.setattr(ResumeFile, "every", 0.0)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd"},
        {"optimizer": "adam"},
        {"optimizer": "adamw"},
        {"optimizer": "adam", "ema": 0.9, "clip": 0.5},
    ],
    ids=["sgd", "adam", "adamw", "averaged"],
)
@pytest.mark.parametrize("error", [Killed, Cancelled])
def test_a_stopped_run_continues_bit_for_bit(
    tmp_path: Path, tiny_images: Images, same_weights, settings: dict[str, object], error
) -> None:
    spec = Training(epochs=5, batch_size=8, lr=0.02, augment="crop").replace(**settings)
    whole, whole_watch, whole_outcome = run(tiny_images, spec, None)
    with pytest.raises(error):
        run(tiny_images, spec, tmp_path, stop_at(11, error))  # 4 steps an epoch: in the third
    assert (tmp_path / FILE).is_file()
    heard: list[int] = []
    progress = Progress(lambda event: heard.append(event.step))
    model, watch, outcome = run(tiny_images, spec, tmp_path, progress)
    assert heard == list(range(9, 21))  # goes on behind the second epoch
    assert same_weights(model, whole)
    assert watch.seen == whole_watch.seen
    assert (outcome.step, outcome.gradients) == (whole_outcome.step, whole_outcome.gradients)
    assert list(tmp_path.iterdir()) == []  # the finished run leaves nothing


@pytest.mark.usefixtures("eager")
def test_a_resumed_run_still_knows_where_its_loss_began(
    tmp_path: Path, tiny_images: Images
) -> None:
    """What has grown to 10⁵ times the first loss has exploded, however often it was resumed."""
    spec = Training(epochs=3, batch_size=8, lr=1e-6)  # 4 steps an epoch

    def run_growing(taken: int, progress: Progress | None = None) -> Outcome:
        steps = iter(range(taken + 1, 99))

        def growing(model: Classifier, batch: Batch) -> Tensor:
            return objective(model, batch) * 0 + 2e2 * 3 ** (next(steps) - 1)

        batches = Batches(tiny_images, torch.arange(30), torch.arange(30, 48), 8)
        return train(
            model_of(tiny_images), batches, growing, spec, progress=progress, resume_dir=tmp_path
        )

    whole = run_growing(0)
    assert (whole.status, whole.step) == ("diverged", 10)  # 3⁹ = 19 683
    with pytest.raises(Killed):
        run_growing(0, stop_at(9, Killed))
    resumed = run_growing(8)
    assert (resumed.status, resumed.step) == ("diverged", 10)


def test_a_short_run_is_not_saved(tmp_path: Path, tiny_images: Images) -> None:
    with pytest.raises(Killed):
        run(tiny_images, Training(epochs=5, batch_size=8), tmp_path / "w", stop_at(11, Killed))
    assert not (tmp_path / "w").exists()


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _other_model(path: Path) -> None:
    """A sound file whose first tensors fit and whose last ones do not."""
    images = Images(
        "other",
        torch.zeros(2, 1, 8, 8, dtype=torch.uint8),
        torch.arange(2),
        torch.zeros(2, 1, 8, 8, dtype=torch.uint8),
        torch.arange(2),
        ("a", "b"),
    )
    tensors = {f"model.{k}": v + 1 for k, v in model_of(images).state_dict().items()}
    save_weights(path, tensors, {"epoch": 1, "step": 1, "gradients": 1, "seconds": 0.0})


def _no_record(path: Path) -> None:
    save_weights(path, {"x": torch.zeros(1)}, {})


@pytest.mark.slow
@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("damage", [_truncate, _other_model, _no_record])
def test_a_file_that_cannot_be_used_is_set_aside(
    tmp_path: Path, tiny_images: Images, same_weights, damage
) -> None:
    spec = Training(epochs=3, batch_size=8)
    whole, whole_watch, _ = run(tiny_images, spec, None)
    with pytest.raises(Killed):
        run(tiny_images, spec, tmp_path, stop_at(10, Killed))
    damage(tmp_path / FILE)
    model, watch, _ = run(tiny_images, spec, tmp_path)
    assert same_weights(model, whole)
    assert watch.seen == whole_watch.seen
    assert [path.name for path in tmp_path.iterdir()] == ["resume.damaged"]


@pytest.mark.usefixtures("eager")
def test_a_diverged_run_leaves_no_file(tmp_path: Path, tiny_images: Images) -> None:
    spec = Training(epochs=3, batch_size=8)
    steps = iter(range(1, 99))

    def explode(model: Classifier, batch: Batch) -> Tensor:
        return objective(model, batch) * (float("nan") if next(steps) == 10 else 1)

    batches = Batches(tiny_images, torch.arange(30), torch.arange(30, 48), 8)
    outcome = train(model_of(tiny_images), batches, explode, spec, resume_dir=tmp_path)
    assert outcome.reason == "diverged at step 10"
    assert list(tmp_path.iterdir()) == []


KILLED = """
    import os, signal, sys
    from pathlib import Path
    import torch
    sys.path[:0] = {path!r}
    import conftest, test_resume
    from opcviz.common.progress import Progress
    from opcviz.training.resume import ResumeFile
    from opcviz.training import Training

    ResumeFile.every = 0.0
    torch.set_num_threads(int(sys.argv[2]))
    def listen(event):
        if event.step == 11:
            os.kill(os.getpid(), signal.SIGKILL)
    spec = Training(epochs=5, batch_size=8)
    test_resume.run(conftest.make_images(), spec, Path(sys.argv[1]), Progress(listen))
"""


@pytest.mark.slow  # a process of its own; what stands for it above stops in this one
@pytest.mark.usefixtures("eager")
def test_a_run_survives_kill_9(tmp_path: Path, tiny_images: Images, same_weights) -> None:
    here = Path(__file__).resolve().parent  # and the folders that it stands in
    path = [str(folder) for folder in (here, here.parent, here.parents[1])]
    code = textwrap.dedent(KILLED).format(path=path)
    command = [sys.executable, "-c", code, str(tmp_path), str(torch.get_num_threads())]
    done = subprocess.run(command, env=os.environ, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    spec = Training(epochs=5, batch_size=8)
    whole, _, _ = run(tiny_images, spec, None)
    model, _, _ = run(tiny_images, spec, tmp_path)
    assert same_weights(model, whole)
