"""Data sets a person brings: arrays in an .npz, and folders of pictures."""

import numpy as np
import pytest
from PIL import Image

from opcviz.data import DataError, DataSpec, digest, load

RNG = np.random.default_rng(0)
Y = np.arange(12) % 3


def parts(x_train=None, **changes):
    x = RNG.integers(0, 256, (12, 6, 5, 3), dtype=np.uint8) if x_train is None else x_train
    return {"x_train": x, "y_train": Y, "x_test": x[:6], "y_test": Y[:6], **changes}


def read(tmp_path, **arrays):
    np.savez(tmp_path / "own.npz", **arrays)
    return load(DataSpec("arrays", str(tmp_path / "own.npz")))


class TestArrays:
    def test_every_layout_and_type_gives_the_same_pictures(self, tmp_path):
        x = RNG.integers(0, 256, (12, 6, 5, 3), dtype=np.uint8)
        forms = [
            x,
            x.transpose(0, 3, 1, 2),
            x / 255.0,
            (x / 255.0).astype(np.float32),
            (x / 255.0).astype(np.float16),
        ]
        images = [read(tmp_path, **parts(form)) for form in forms]
        assert images[0].shape == (3, 6, 5)
        assert images[0].name == "own"
        np.testing.assert_array_equal(images[0].x_train[4], x[4].transpose(2, 0, 1))
        assert len({digest(i) for i in images}) == 1

    def test_grey_without_channel_axis(self, tmp_path):
        x = RNG.integers(0, 256, (12, 6, 5), dtype=np.uint8)
        plain, axis = (read(tmp_path, **parts(form)) for form in (x, x[..., None]))
        assert plain.shape == (1, 6, 5)
        assert digest(plain) == digest(axis)

    def test_floats_go_to_the_nearest_level(self, tmp_path):
        x = np.broadcast_to(np.arange(12)[:, None, None], (12, 6, 5))
        for shift in (-0.4, 0.4):
            images = read(tmp_path, **parts(np.clip(x + shift, 0, None) / 255))
            np.testing.assert_array_equal(images.x_train[:, 0], x)

    @pytest.mark.parametrize("kind", ["U", "S"])
    def test_class_names(self, tmp_path, kind):
        names = np.array(["ant", "bee", "cat"]).astype(kind)
        assert read(tmp_path, **parts(class_names=names)).class_names == ("ant", "bee", "cat")
        assert read(tmp_path, **parts()).class_names == ("0", "1", "2")

    def test_relative_path_is_found_in_the_data_folder(self, tmp_path, monkeypatch):
        np.savez(tmp_path / "own.npz", **parts())
        monkeypatch.chdir("/")
        assert load(DataSpec("arrays", "own.npz"), root=tmp_path).classes == 3

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            (
                {"x_train": np.full((12, 6, 5), np.nan)},
                "NaN or infinite pixels, first in picture 0",
            ),
            ({"x_test": np.full((6, 6, 5, 3), 1.5)}, "x_test in .* must lie in 0..1"),
            ({"x_test": np.full((6, 6, 5, 3), -0.1)}, "must lie in 0..1"),
            ({"x_train": np.zeros((12, 6, 5, 3), np.int64)}, "type int64; wants uint8"),
            ({"x_train": np.zeros((12, 6, 5, 4), np.uint8)}, "C of 1 or 3"),
            ({"x_train": np.zeros((12, 3, 5, 3), np.uint8)}, "only one axis that can be C"),
            ({"x_train": np.zeros((12, 90), np.uint8)}, r"shape \(12, 90\)"),
            ({"x_test": np.zeros((6, 6, 6, 3), np.uint8)}, "bring both to one shape"),
            ({"x_test": np.zeros((0, 6, 5, 3), np.uint8), "y_test": Y[:0]}, "0 pictures"),
            ({"y_train": Y[:11]}, r"labels of shape \(11,\)"),
            ({"y_train": Y.astype(float)}, "y_train in .* wants integers"),
            ({"y_train": np.eye(3, dtype=int)[Y]}, r"argmax\(1\)"),
            ({"y_train": Y - 1}, "label -1 of train picture 0"),
            ({"y_train": np.where(Y == 2, 5, Y)}, "gap: 5 occurs but 2 does not"),
            ({"y_test": np.zeros(6, int)}, "no test picture of class 1"),
            ({"class_names": np.array(["a", "b"])}, "outside 0 to 1"),
            ({"class_names": np.array(["a", "b", "b"])}, "all different"),
            ({"class_names": np.arange(3)}, "wants a list of strings"),
            ({"class_names": np.array(["a", 1, None], dtype=object)}, "without object arrays"),
        ],
    )
    def test_refused_with_file_and_reason(self, tmp_path, changes, said):
        with pytest.raises(DataError, match=said) as caught:
            read(tmp_path, **parts(**changes))
        assert "own.npz" in str(caught.value)

    def test_missing_array_is_named(self, tmp_path):
        arrays = parts()
        del arrays["y_test"]
        with pytest.raises(DataError, match="has no y_test; it has x_train"):
            read(tmp_path, **arrays)

    @pytest.mark.parametrize(
        ("content", "said"),
        [(b"", "is empty"), (b"PK\x03\x04 nothing", "is damaged"), (b"text", "no zip archive")],
    )
    def test_unreadable_file(self, tmp_path, content, said):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(DataError, match=rf"bad.npz {said}|bad.npz .*{said}"):
            load(DataSpec("arrays", str(tmp_path / "bad.npz")))

    def test_damaged_member(self, tmp_path):
        file = tmp_path / "own.npz"
        np.savez(file, **parts())
        raw = bytearray(file.read_bytes())
        raw[400] ^= 255
        file.write_bytes(raw)
        with pytest.raises(DataError, match=r"own.npz cannot be read"):
            load(DataSpec("arrays", str(file)))

    def test_single_array_and_missing_file(self, tmp_path):
        np.save(tmp_path / "one.npy", Y)
        with pytest.raises(DataError, match="holds one array"):
            load(DataSpec("arrays", str(tmp_path / "one.npy")))
        with pytest.raises(DataError, match="no file"):
            load(DataSpec("arrays", str(tmp_path / "none.npz")))


def picture(path, array, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **how)


@pytest.fixture
def tree(tmp_path):
    """Two classes, 2 train and 1 test pictures each, 8×8 colour."""
    for part, count in (("train", 2), ("test", 1)):
        for name in ("bee", "ant"):
            for i in range(count):
                array = RNG.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                picture(tmp_path / "own" / part / name / f"{i}.png", array)
    return tmp_path / "own"


def read_tree(tree, size=8):
    return load(DataSpec("folder", str(tree), size))


class TestFolder:
    def test_reads_in_sorted_order(self, tree):
        images = read_tree(tree)
        assert images.class_names == ("ant", "bee")
        assert images.y_train.tolist() == [0, 0, 1, 1]
        assert images.name == "own"
        expected = np.asarray(Image.open(tree / "train" / "bee" / "1.png"))
        np.testing.assert_array_equal(images.x_train[3].permute(1, 2, 0), expected)

    def test_agrees_with_torchvision(self, tree):
        from torchvision.datasets import ImageFolder
        from torchvision.transforms import v2

        rng = np.random.default_rng(1)
        picture(tree / "train" / "bee" / "wide.png", rng.integers(0, 256, (9, 21, 3), np.uint8))
        picture(
            tree / "train" / "bee" / "more" / "tall.bmp", rng.integers(0, 256, (30, 7), np.uint8)
        )
        images = read_tree(tree, 12)
        theirs = ImageFolder(tree / "train", v2.Compose([v2.Resize((12, 12)), v2.PILToTensor()]))
        assert [label for _, label in theirs] == images.y_train.tolist()
        ours = sorted(x.numpy().tobytes() for x in images.x_train)
        assert ours == sorted(x.numpy().tobytes() for x, _ in theirs)

    def test_stays_grey_only_if_all_are(self, tree):
        for file in tree.rglob("*.png"):
            Image.open(file).convert("L").save(file)
        grey = read_tree(tree)
        assert grey.shape == (1, 8, 8)
        picture(tree / "test" / "ant" / "0.png", np.zeros((8, 8, 3), np.uint8))
        colour = read_tree(tree)
        assert colour.shape == (3, 8, 8)
        assert (colour.x_train == grey.x_train).all()  # grey repeated in each channel

    def test_sixteen_bit_grey_is_scaled_not_clipped(self, tree):
        for file in tree.rglob("*.png"):
            picture(file, np.full((8, 8), 0x4321, np.uint16))
        assert set(read_tree(tree).x_train.flatten().tolist()) == {0x43}

    def test_palette_and_alpha(self, tree):
        file = tree / "train" / "ant" / "0.png"
        array = np.zeros((8, 8, 3), np.uint8)
        array[..., 0] = 200
        Image.fromarray(array).convert("P", palette=Image.Palette.ADAPTIVE).save(file)
        array = np.dstack([array, np.full((8, 8), 9, np.uint8)])
        picture(tree / "train" / "ant" / "1.png", array)
        assert read_tree(tree).x_train[:2, 0].unique().tolist() == [200]

    def test_hidden_files_are_skipped(self, tree):
        (tree / "train" / "ant" / ".DS_Store").write_bytes(b"x")
        (tree / "train" / ".cache").mkdir()
        assert len(read_tree(tree).x_train) == 4

    def test_every_unreadable_picture_is_named(self, tree):
        whole = (tree / "train" / "bee" / "0.png").read_bytes()
        (tree / "train" / "bee" / "0.png").write_bytes(whole[: len(whole) // 2])
        (tree / "train" / "ant" / "notes.txt").write_text("no picture")
        with pytest.raises(DataError, match="2 of 5 pictures cannot be read") as caught:
            read_tree(tree)
        assert "bee/0.png" in str(caught.value)
        assert "ant/notes.txt" in str(caught.value)

    def test_float_pictures_are_refused(self, tree):
        picture(tree / "train" / "ant" / "deep.tiff", np.zeros((8, 8), np.float32))
        with pytest.raises(DataError, match=r"deep.tiff \(32-bit pixels of mode F"):
            read_tree(tree)

    def test_class_sets_must_match(self, tree):
        (tree / "train" / "cat").mkdir()
        with pytest.raises(DataError, match="test has no class folder cat"):
            read_tree(tree)
        (tree / "train" / "cat").rmdir()
        picture(tree / "test" / "eel" / "0.png", np.zeros((8, 8), np.uint8))
        with pytest.raises(DataError, match="train has no class folder eel"):
            read_tree(tree)

    def test_empty_class(self, tree):
        (tree / "test" / "bee" / "0.png").unlink()
        with pytest.raises(DataError, match="test has no pictures of class bee"):
            read_tree(tree)

    def test_missing_part_and_single_class(self, tmp_path):
        with pytest.raises(DataError, match=r"no folder .*train"):
            read_tree(tmp_path / "nowhere")
        for part in ("train", "test"):
            picture(tmp_path / part / "only" / "0.png", np.zeros((8, 8), np.uint8))
        with pytest.raises(DataError, match="1 class folders; at least two"):
            read_tree(tmp_path)
