"""Tables of pictures: parquet, and what `datasets` saves."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from opcviz.data import DataError, DataSpec, digest, load
from opcviz.data.tables import train_names

PICTURES = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
LABELS = [0, 1, 2, 0, 1, 2]
NAMES = ["ant", "bee", "cat"]


def encoded(picture: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()


def table(labels: list[object], names: list[str] | None = None, **changed: object) -> pa.Table:
    cells = [{"bytes": encoded(p), "path": f"p{i}.png"} for i, p in enumerate(PICTURES)]
    made = pa.table({"image": changed.get("image", cells), "label": labels})
    if names is None:
        return made
    features = {"label": {"names": names, "_type": "ClassLabel"}}
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    return made.replace_schema_metadata(about)


def in_parquet(folder: Path, made: pa.Table, under: str = "data") -> DataSpec:
    (folder / under).mkdir(exist_ok=True)
    for part in ("train", "test"):
        pq.write_table(made, folder / under / f"{part}-00000-of-00001.parquet")
    return DataSpec("table", str(folder), size=8)


def saved(folder: Path, made: pa.Table) -> DataSpec:
    for part in ("train", "validation"):
        (folder / part).mkdir()
        with pa.OSFile(str(folder / part / "data-00000-of-00001.arrow"), "wb") as file:
            with pa.ipc.new_stream(file, made.schema) as stream:
                stream.write_table(made)
    return DataSpec("table", str(folder), size=8)


@pytest.mark.parametrize("write", [in_parquet, saved])
def test_every_pixel_label_and_name_arrives(tmp_path: Path, write) -> None:
    images = load(write(tmp_path, table(LABELS, NAMES)))
    np.testing.assert_array_equal(images.x_train, PICTURES.transpose(0, 3, 1, 2))
    assert images.y_test.tolist() == LABELS
    assert images.class_names == tuple(NAMES)
    assert train_names(tmp_path) == [f"p{i}.png" for i in range(6)]


def test_one_file_that_names_the_split_of_each_row(tmp_path: Path) -> None:
    made = table(LABELS, NAMES)
    rows = made.append_column("split", pa.array(["train"] * 6))
    other = made.take([2, 1, 0]).append_column("split", pa.array(["test"] * 3))
    pq.write_table(pa.concat_tables([rows, other]), tmp_path / "all.parquet")
    images = load(DataSpec("table", str(tmp_path / "all.parquet"), size=8))
    assert (images.y_train.tolist(), images.y_test.tolist()) == (LABELS, [2, 1, 0])
    assert train_names(tmp_path / "all.parquet") == [f"p{i}.png" for i in range(6)]
    pq.write_table(made, tmp_path / "none.parquet")
    with pytest.raises(DataError, match="no column split; it has image, label"):
        load(DataSpec("table", str(tmp_path / "none.parquet")))


def test_labels_in_words_and_plain_bytes(tmp_path: Path) -> None:
    bare = table([NAMES[n] for n in LABELS], image=[encoded(p) for p in PICTURES])
    images = load(in_parquet(tmp_path, bare))
    (tmp_path / "numbered").mkdir()
    assert digest(images) == digest(load(in_parquet(tmp_path / "numbered", table(LABELS, NAMES))))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (table(LABELS).drop_columns("label"), "no column label or labels.*; it has image"),
        (table([0.5] * 6), "row 0: label '0.5' is no whole number"),
        (table([None] * 6), "row 0: label 'None'"),
        (table([0, 1, 2, 0, 1, 7], NAMES), "label 7 of train picture 5 is outside"),
        (table([2**63 - 1, *LABELS[1:]]), "a label is too large"),
        (table(LABELS, image=[b"nothing"] * 6), "row 0: the picture cannot be read"),
        (table(LABELS, image=[{"bytes": None, "path": "/etc/passwd"}] * 6), "path is not followed"),
        (table(LABELS).slice(0, 0), "the train split has no rows"),
        (table(LABELS, [1, 2, 3]), "no list of strings"),
    ],
)
def test_refused_with_file_row_and_reason(tmp_path: Path, made: pa.Table, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        load(in_parquet(tmp_path, made))
    assert str(tmp_path) in str(caught.value)


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no table of the train split\. A table of pictures is"):
        load(DataSpec("table", str(tmp_path)))
    (tmp_path / "train.parquet").write_bytes(b"PAR1 but nothing else PAR1")
    with pytest.raises(DataError, match=r"train\.parquet cannot be read as a table"):
        load(DataSpec("table", str(tmp_path)))


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = in_parquet(tmp_path, table(LABELS))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match="`pip install pyarrow` brings it"):
        load(spec)
