"""Zips of a five-character Omniglot, to be damaged and read."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from core.tasks.characters import DRAWERS

SMALL = {"images_background": (3, 2), "images_evaluation": (2, 1)}  # characters, alphabets


def picture(number: int, side: int = 105) -> bytes:
    """A paper-white page with one black bar whose place depends on `number`."""
    page = np.ones((side, side), dtype=bool)
    page[10 + number % 60 : 14 + number % 60, 20:80] = False
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "PNG")
    return buffer.getvalue()


def stored(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def small_zip(folder: Path, name: str, change=lambda members: members) -> Path:
    characters, alphabets = SMALL[name]
    members = {}
    for one in range(characters):
        alphabet = f"Alphabet_{one * alphabets // characters}"
        for drawer in range(1, DRAWERS + 1):
            members[f"{name}/{alphabet}/character{one + 1:02d}/{one + 1:04d}_{drawer:02d}.png"] = picture(
                20 * one + drawer
            )
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/", "")
        for member, content in change(members).items():
            archive.writestr(member, content)
    return path
