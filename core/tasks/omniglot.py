"""Omniglot (Lake, Salakhutdinov, Tenenbaum 2015): 1623 characters of 50 alphabets, each drawn by 20 people.

The two official zips, or the folders that they were unpacked to, come from `OMNIGLOT_DIR` or are downloaded once.
They are read in memory, checked file by file, and stored as one small array file that knows what it was made from.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core.events import Event, Progress
from core.folders import data_folder
from core.tasks.archives import UNREADABLE, all_turned, checked, comes_from, opened, origin, picture
from core.tasks.characters import DRAWERS, SIDE, Characters
from core.tasks.download import DataError, Source, fetch
from core.words import Words

HOME = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/"
ARCHIVES = {
    "images_background": Source(HOME + "images_background.zip", "68d2efa1b9178cc56df9314c21c6e718"),
    "images_evaluation": Source(HOME + "images_evaluation.zip", "6b91aef0f799c5bb55b94e3f2daec811"),
}
EXPECTED = {"images_background": (964, 30), "images_evaluation": (659, 20)}  # characters, alphabets
# in a zip or folder of any name, or in one more folder; images_background/Greek/character01/0001_01.png
MEMBER = re.compile(r"(?:[^/\\]+/){0,2}([^/\\]+)/(character\d\d)/(\d{4})_(\d\d)\.png")
FORMAT = 2
CACHE_NAME = f"omniglot-28-v{FORMAT}.npz"


@dataclass(frozen=True, eq=False)
class Found(Event):
    """What Omniglot holds, once it is prepared; `path`: the array file, or "" if it could not be stored.

    turned: the zips whose drawings were white on black and have been turned round.
    """

    characters: int
    alphabets: int
    drawings: int
    path: str
    kept: bool
    turned: list[str]


def cache_file() -> Path:
    """Return the array file that `prepare` writes."""
    return data_folder() / CACHE_NAME


def sources() -> dict[str, Path] | None:
    """Return both zips, or the folders that they were unpacked to, by name; None where either is missing.

    They are looked for in `OMNIGLOT_DIR`, or among earlier downloads.
    """
    chosen = os.environ.get("OMNIGLOT_DIR")
    folder, files = Path(chosen) if chosen else data_folder(), {}
    for name in ARCHIVES:
        archive, unpacked = folder / f"{name}.zip", folder / name
        if not (archive.exists() or unpacked.is_dir()):
            return None
        files[name] = archive if archive.exists() else unpacked
    return files


def available() -> bool:
    """Return whether `load` needs no network."""
    return cache_file().exists() or sources() is not None


def load() -> Characters:
    """Return Omniglot from the array file, made first from the zips where it is missing, damaged or made from others.

    Raises DataError when there is neither, or when the zips are damaged or hold something else.
    """
    return _load(str(cache_file()), os.environ.get("OMNIGLOT_DIR", ""))


@lru_cache(maxsize=1)
def _load(path: str, _: str) -> Characters:
    files = sources()
    if (cached := _cached(Path(path), files)) is not None:
        return cached
    if files is None:
        raise DataError(
            Words(
                "Omniglot is not here: run `python -m core data omniglot` to download it, "
                "or name a folder that holds its two zips in OMNIGLOT_DIR"
            )
        )
    characters = _result_of(_from_files(files))
    _store(characters, Path(path), files)
    return characters


def _cached(path: Path, files: dict[str, Path] | None) -> Characters | None:
    """Return what the array file holds; None if it is missing, or if it can be made again and must be.

    It must be where it is damaged or was made from other zips. Raises DataError when it is damaged and there are no
    `files` to make it from.
    """
    try:
        return read(path, files)
    except FileNotFoundError:
        return None
    except DataError:
        if files is None:
            raise
        return None


def prepare(_: Any = None) -> Iterator[Event]:
    """Download what is missing and make the array file; yields Progress, then Found. Raises DataError."""
    if not available():
        chosen = os.environ.get("OMNIGLOT_DIR")
        if chosen:
            text = "OMNIGLOT_DIR={folder} does not hold images_background.zip and images_evaluation.zip"
            raise DataError(Words(text, folder=chosen))
        for name, source in ARCHIVES.items():
            target = data_folder() / f"{name}.zip"
            if not target.exists():
                yield from fetch(source, target)
    stored, files = True, sources()
    characters = _cached(cache_file(), files)
    if characters is None:
        assert files is not None, "available, or downloaded"
        characters = yield from _from_files(files)
        stored = _store(characters, cache_file(), files)
    _load.cache_clear()
    count, path = len(characters.images), str(cache_file()) if stored else ""
    yield Found(count, len(characters.alphabets), count * DRAWERS, path, stored, list(characters.turned))


def _result_of(events: Iterator[Progress]) -> Characters:
    while True:
        try:
            next(events)
        except StopIteration as end:
            return end.value


def _from_files(files: dict[str, Path]) -> Any:
    """Read both zips or folders; yields Progress and returns Characters. Raises DataError."""
    images: list[np.ndarray] = []
    alphabets, names, alphabet, background, turned = list[str](), list[str](), list[int](), 0, list[str]()
    for name in EXPECTED:
        drawings = yield from _drawings(files[name])
        if all_turned([file for file, _, inverted in drawings.values() if inverted], len(drawings), files[name].name):
            turned.append(files[name].name)
        characters = _characters(drawings, name, files[name].name)
        in_zip = sorted({family for family, _ in characters})
        for key in characters:
            images.append(np.stack([drawings[*key, drawer][1] for drawer in range(1, DRAWERS + 1)]))
            alphabet.append(len(alphabets) + in_zip.index(key[0]))
            names.append(f"{key[0].replace('_', ' ')}, {key[1].replace('character', 'character ')}")
        alphabets += [family.replace("_", " ") for family in in_zip]
        background = background or len(alphabets)
    kinds = np.array(alphabet, dtype=np.int16)
    return Characters(
        "omniglot", np.stack(images), tuple(alphabets), kinds, tuple(names), background, tuple(turned)
    )  # fmt: skip


def _drawings(path: Path) -> Any:
    """Read a zip or a folder; yields Progress and returns file, picture and whether it was inverted, by drawing."""
    drawings: dict[tuple[str, str, int], tuple[str, np.ndarray, bool]] = {}
    with opened(path) as files:
        members = checked(files, path.name, MEMBER)
        for count, (member, match) in enumerate(members):
            if count % 500 == 0:
                yield Progress(Words("reading {name}", name=path.name), count, len(members))
            key = match[1], match[2], int(match[4])
            if key in drawings:
                text = "{name} holds one drawing twice: {file} and {other}"
                raise DataError(Words(text, name=path.name, file=drawings[key][0], other=member.name))
            drawings[key] = member.name, *picture(member, path.name)
    return drawings


def _characters(drawings: Iterable[tuple[str, str, int]], name: str, file: str) -> list[tuple[str, str]]:
    """Return alphabet and name of each character, in order. Raises DataError unless they are those of Omniglot."""
    characters, families = EXPECTED[name]
    drawers: dict[tuple[str, str], list[int]] = {}
    for family, character, drawer in drawings:
        drawers.setdefault((family, character), []).append(drawer)
    wrong = [key for key, numbers in drawers.items() if sorted(numbers) != list(range(1, DRAWERS + 1))]
    values = {"name": file, "drawers": DRAWERS, "right": characters, "families": families}
    if wrong:
        text = "{name}: {character} is not drawn {drawers} times, as each character of Omniglot is"
        raise DataError(Words(text, name=file, character="/".join(wrong[0]), drawers=DRAWERS))
    alphabets = len({family for family, _ in drawers})
    if (len(drawers), alphabets) != (characters, families):
        text = "{name} holds {characters} characters of {alphabets} alphabets; Omniglot has {right} of {families} there"
        raise DataError(Words(text, characters=len(drawers), alphabets=alphabets, **values))
    return sorted(drawers)


def _store(characters: Characters, path: Path, files: dict[str, Path]) -> bool:
    """Write the array file whole or not at all; False where the folder cannot be written."""
    temporary = ""
    try:
        header = {
            "format": FORMAT, "alphabets": characters.alphabets, "names": characters.names,
            "background": characters.background, "turned": characters.turned,
            "origins": {name: origin(source) for name, source in files.items()},
        }  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            arrays = {"images": characters.images, "alphabet": characters.alphabet, "header": json.dumps(header)}
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        os.replace(temporary, path)
    except OSError:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        return False
    return True


def read(path: Path, files: dict[str, Path] | None = None) -> Characters:
    """Read the array file. Raises DataError when it is damaged, FileNotFoundError when it is missing or was not made
    from the zips or folders `files`.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            header = json.loads(str(file["header"]))
            if files and not all(comes_from(header["origins"][name], source) for name, source in files.items()):
                raise FileNotFoundError
            images, alphabet = file["images"], file["alphabet"]
        total = sum(characters for characters, _ in EXPECTED.values())
        if header["format"] != FORMAT or images.shape != (total, DRAWERS, SIDE, SIDE) or alphabet.shape != (total,):
            raise ValueError
        return Characters(
            "omniglot", images, tuple(header["alphabets"]), alphabet, tuple(header["names"]), header["background"],
            tuple(header["turned"])
        )  # fmt: skip
    except FileNotFoundError:
        raise
    except (*UNREADABLE, OSError, KeyError, TypeError):
        raise DataError(
            Words("{path} is damaged; delete it and run `python -m core data omniglot`", path=path)
        ) from None
