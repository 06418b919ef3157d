"""Sets of drawings that are not as they should be: turned round with a notice, or refused; and folders of them."""

import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.tasks import omniglot
from core.tasks.download import DataError
from tests.core.small_omniglot import SMALL, picture, small_zip, stored


def inverted(content: bytes) -> bytes:
    return stored(Image.fromarray(~np.asarray(Image.open(io.BytesIO(content)))))


def on_nothing(mode: str):
    """The same drawing on a transparent background, under which everything is black."""

    def change(content: bytes) -> bytes:
        ink = ~np.asarray(Image.open(io.BytesIO(content)))
        if mode == "P":
            page = Image.fromarray(ink.astype(np.uint8), "P")
            page.putpalette([0, 0, 0, 0, 0, 0])
            return stored(page, transparency=b"\x00\xff")
        alpha = Image.fromarray((255 * ink).astype(np.uint8))
        page = Image.new("RGB" if mode == "RGBA" else "L", alpha.size)
        page.putalpha(alpha)
        return stored(page)

    return change


def each(how):
    return lambda members: {name: how(content) for name, content in members.items()}


def one_of(number, how):
    """Change one drawing alone."""
    return lambda members: {
        name: how(content) if i == number else content for i, (name, content) in enumerate(members.items())
    }


def images() -> np.ndarray:
    omniglot._load.cache_clear()
    return omniglot.load().images


@pytest.mark.parametrize(
    "how",
    [
        on_nothing("RGBA"),
        on_nothing("LA"),
        on_nothing("P"),
        lambda content: stored(Image.open(io.BytesIO(content)).convert("RGB")),
    ],
)
def test_a_transparent_background_is_paper_and_the_numbers_are_the_same(home, how):
    right = images()
    for name in SMALL:
        small_zip(home, name, each(how))
    assert np.array_equal(images(), right)


def test_a_set_that_is_inverted_as_a_whole_is_turned_round_and_says_so(home, capsys):
    from core.commands.main import main

    right = images()
    small_zip(home, "images_evaluation", each(inverted))
    for _ in range(2):  # also when it comes from the array file
        found = list(omniglot.prepare())[-1]
        assert found.turned == ["images_evaluation.zip"] and found.to_json()["turned"] == found.turned
        assert np.array_equal(images(), right) and omniglot.load().turned == ("images_evaluation.zip",)
    assert main(["data", "omniglot"]) == 0
    assert "images_evaluation.zip are white on black" in capsys.readouterr().out
    small_zip(home, "images_evaluation")
    assert list(omniglot.prepare())[-1].turned == []


NOISE = (np.random.default_rng(0).random((105, 105)) * 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (one_of(37, inverted), r"character02/0002_18\.png is white on black, other drawings"),
        (one_of(20, lambda _: stored(Image.new("L", (105, 105), 255))), r"character02/0002_01\.png is no drawing"),
        (one_of(0, lambda _: stored(Image.new("L", (105, 105), 0))), "character01/0001_01.* 100.0% of it is black"),
        (one_of(5, lambda _: stored(Image.fromarray(NOISE))), r"0001_06\.png is no drawing of Omniglot"),
        (each(lambda _: stored(Image.new("RGBA", (105, 105)))), r"0001_01\.png is no drawing of Omniglot"),
        (one_of(3, lambda _: picture(0, 28)), r"0001_04\.png is 28x28, not 105x105"),
        (lambda members: members | {"extra/" + next(iter(members)): picture(1)}, "holds one drawing twice"),
    ],
)
def test_what_is_no_set_of_drawings_is_refused_by_its_first_bad_file_and_not_stored(home, change, says):
    small_zip(home, "images_background", change)
    with pytest.raises(DataError, match=says) as caught:
        list(omniglot.prepare())
    assert "images_background.zip" in str(caught.value) and len(str(caught.value).splitlines()) == 1
    assert not omniglot.cache_file().exists()


def test_an_array_file_does_not_outrank_other_zips(home):
    first = images()
    small_zip(home, "images_evaluation", one_of(0, lambda _: picture(55)))
    second = images()
    assert not np.array_equal(first, second)
    small_zip(home, "images_evaluation")
    assert np.array_equal(images(), first)
    small_zip(home, "images_evaluation", one_of(0, inverted))
    with pytest.raises(DataError, match="white on black"):
        images()


def test_an_array_file_of_an_older_program_which_checked_nothing_is_not_read(home):
    right = images()
    with np.load(omniglot.cache_file()) as file:
        arrays = dict(file)
    header = json.loads(str(arrays["header"]))
    del header["origins"]
    np.savez(omniglot.cache_file(), **arrays | {"header": np.array(json.dumps(header)), "images": 255 - right})
    assert np.array_equal(images(), right)


def test_the_same_zips_at_another_time_are_not_read_again(home, monkeypatch):
    right = images()
    for path in home.iterdir():
        os.utime(path, (1, 1))
    monkeypatch.setattr(omniglot, "_from_files", None)
    assert np.array_equal(images(), right)


def unpack(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    path.unlink()


@pytest.mark.parametrize("level", ["", "images_background", "python/images_background"])
def test_unpacked_folders_are_read_as_the_zips_are(home, level):
    right = images()
    unpack(home / "images_evaluation.zip", home)
    background = home / "images_background.zip"
    unpack(background, home / "there")
    (home / "there" / "images_background").rename(home / "plain")
    (home / "images_background" / level).parent.mkdir(parents=True, exist_ok=True)
    (home / "plain").rename(home / "images_background" / level)
    (home / "images_background" / ".DS_Store").write_bytes(b"x")
    (home / "images_evaluation" / "Alphabet_0" / "._character01").write_bytes(b"x")
    omniglot.cache_file().unlink()
    found = list(omniglot.prepare())[-1]
    assert found.kept and np.array_equal(images(), right)
    # and a file that changes there is seen
    next(home.glob("images_evaluation/*/*/*_01.png")).write_bytes(picture(33))
    assert not np.array_equal(images(), right)


def deeper(members):
    litter = {"__MACOSX/images_background/._x": b"x", "omniglot/.DS_Store": b"x", "omniglot/images_background/._y": b""}
    return {f"omniglot/{name}": content for name, content in members.items()} | litter


def test_a_zip_with_one_more_folder_and_what_systems_leave_in_it_is_read(home):
    right = images()
    small_zip(home, "images_background", deeper)
    assert np.array_equal(images(), right)
