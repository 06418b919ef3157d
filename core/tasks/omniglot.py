"""Omniglot (Lake, Salakhutdinov, Tenenbaum 2015): 1623 characters of 50 alphabets, each drawn by 20 people.

The two official zips come from `OMNIGLOT_DIR` or are downloaded once. They are read in memory,
never unpacked to disk, checked member by member, and stored as one small array file.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core.events import Event, Progress
from core.folders import data_folder
from core.tasks.archives import UNREADABLE, checked, opened, picture
from core.tasks.characters import DRAWERS, SIDE, Characters
from core.tasks.download import DataError, Source, fetch

HOME = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/"
ARCHIVES = {
    "images_background": Source(HOME + "images_background.zip", "68d2efa1b9178cc56df9314c21c6e718"),
    "images_evaluation": Source(HOME + "images_evaluation.zip", "6b91aef0f799c5bb55b94e3f2daec811"),
}
EXPECTED = {"images_background": (964, 30), "images_evaluation": (659, 20)}  # characters, alphabets
MEMBER = r"/([^/\\]+)/(character\d\d)/(\d{4})_(\d\d)\.png"
FORMAT = 1
CACHE_NAME = f"omniglot-28-v{FORMAT}.npz"


@dataclass(frozen=True, eq=False)
class Found(Event):
    """What Omniglot holds, once it is prepared; `path`: the array file, or "" if it could not be stored."""

    characters: int
    alphabets: int
    drawings: int
    path: str
    kept: bool


def cache_file() -> Path:
    """Return the array file that `prepare` writes."""
    return data_folder() / CACHE_NAME


def zip_folder() -> Path | None:
    """Return the folder that holds both zips, if there is one: `OMNIGLOT_DIR`, or that of earlier downloads."""
    chosen = os.environ.get("OMNIGLOT_DIR")
    folder = Path(chosen) if chosen else data_folder()
    return folder if all((folder / f"{name}.zip").exists() for name in ARCHIVES) else None


def available() -> bool:
    """Return whether `load` needs no network."""
    return cache_file().exists() or zip_folder() is not None


def load() -> Characters:
    """Return Omniglot from the array file, made first from the zips where it is missing or damaged.

    Raises DataError when there is neither, or when the zips are damaged.
    """
    return _load(str(cache_file()), os.environ.get("OMNIGLOT_DIR", ""))


@lru_cache(maxsize=1)
def _load(path: str, _: str) -> Characters:
    try:
        return read(Path(path))
    except FileNotFoundError:
        pass
    except DataError:
        if zip_folder() is None:
            raise
    folder = zip_folder()
    if folder is None:
        raise DataError(
            "Omniglot is not here: run `python -m core data omniglot` to download it, "
            "or name a folder that holds its two zips in OMNIGLOT_DIR"
        )
    characters = _result_of(_from_zips(folder))
    _store(characters, Path(path))
    return characters


def prepare(_: Any = None) -> Iterator[Event]:
    """Download what is missing and make the array file; yields Progress, then Found. Raises DataError."""
    if not available():
        chosen = os.environ.get("OMNIGLOT_DIR")
        if chosen:
            raise DataError(f"OMNIGLOT_DIR={chosen} does not hold images_background.zip and images_evaluation.zip")
        for name, source in ARCHIVES.items():
            target = data_folder() / f"{name}.zip"
            if not target.exists():
                yield from fetch(source, target)
    stored = True
    try:
        characters = read(cache_file())
    except (FileNotFoundError, DataError):
        folder = zip_folder()
        if folder is None:
            raise
        characters = yield from _from_zips(folder)
        stored = _store(characters, cache_file())
    _load.cache_clear()
    count, path = len(characters.images), str(cache_file()) if stored else ""
    yield Found(count, len(characters.alphabets), count * DRAWERS, path, stored)


def _result_of(events: Iterator[Progress]) -> Characters:
    while True:
        try:
            next(events)
        except StopIteration as end:
            return end.value


def _from_zips(folder: Path) -> Any:
    """Read both zips; yields Progress and returns Characters. Raises DataError."""
    images: list[np.ndarray] = []
    alphabets, names, alphabet, background = list[str](), list[str](), list[int](), 0
    for name, (characters, families) in EXPECTED.items():
        drawings: dict[tuple[str, str], dict[int, np.ndarray]] = {}
        path = folder / f"{name}.zip"
        with opened(path) as archive:
            members = checked(archive, path.name, re.compile(name + MEMBER))
            for count, (entry, match) in enumerate(members):
                if count % 500 == 0:
                    yield Progress(f"reading {path.name}", count, len(members))
                drawings.setdefault((match[1], match[2]), {})[int(match[4])] = picture(archive, entry, path.name)
        in_zip = sorted({family for family, _ in drawings})
        wrong = [key for key, by_drawer in drawings.items() if sorted(by_drawer) != list(range(1, DRAWERS + 1))]
        if (len(drawings), len(in_zip)) != (characters, families) or wrong:
            raise DataError(
                f"{path.name} holds {len(drawings)} characters of {len(in_zip)} alphabets"
                + (f", and {'/'.join(wrong[0])} is not drawn {DRAWERS} times" if wrong else "")
                + f"; Omniglot has {characters} of {families}, each drawn {DRAWERS} times"
            )
        for key in sorted(drawings):
            images.append(np.stack([drawings[key][drawer] for drawer in range(1, DRAWERS + 1)]))
            alphabet.append(len(alphabets) + in_zip.index(key[0]))
            names.append(f"{key[0].replace('_', ' ')}, {key[1].replace('character', 'character ')}")
        alphabets += [family.replace("_", " ") for family in in_zip]
        background = background or len(alphabets)
    return Characters(
        "omniglot", np.stack(images), tuple(alphabets), np.array(alphabet, dtype=np.int16), tuple(names), background
    )


def _store(characters: Characters, path: Path) -> bool:
    """Write the array file whole or not at all; False where the folder cannot be written."""
    header = {
        "format": FORMAT, "alphabets": characters.alphabets, "names": characters.names,
        "background": characters.background
    }  # fmt: skip
    temporary = ""
    try:
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


def read(path: Path) -> Characters:
    """Read the array file. Raises FileNotFoundError, or DataError when it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            images, alphabet, header = file["images"], file["alphabet"], json.loads(str(file["header"]))
        total = sum(characters for characters, _ in EXPECTED.values())
        if header["format"] != FORMAT or images.shape != (total, DRAWERS, SIDE, SIDE) or alphabet.shape != (total,):
            raise ValueError
        return Characters(
            "omniglot", images, tuple(header["alphabets"]), alphabet, tuple(header["names"]), header["background"]
        )
    except FileNotFoundError:
        raise
    except (*UNREADABLE, OSError, KeyError, TypeError):
        raise DataError(f"{path} is damaged; delete it and run `python -m core data omniglot`") from None
