"""Character pictures packed into one small PNG, from which a page cuts those that it shows."""

import base64
import io
from dataclasses import dataclass

import numpy as np

from core.tasks.characters import SIDE

COLUMNS = 20


@dataclass(frozen=True)
class Sheet:
    """Pictures side by side in one PNG: picture i is in row i // columns. url: the PNG as a data URL."""

    url: str
    columns: int
    rows: int
    side: int = SIDE

    def to_json(self) -> dict:
        """Return the values that a component needs to cut pictures out."""
        return {"url": self.url, "columns": self.columns, "rows": self.rows}


def sheet(images: np.ndarray, columns: int = COLUMNS) -> Sheet:
    """Pack `images` [n, 28, 28], bytes with ink 255, into a sheet, black on white, with `columns` pictures per row."""
    from PIL import Image

    count = len(images)
    columns = min(columns, count)
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, SIDE, SIDE), dtype=np.uint8)
    padded[:count] = images
    page = padded.reshape(rows, columns, SIDE, SIDE).swapaxes(1, 2).reshape(rows * SIDE, columns * SIDE)
    buffer = io.BytesIO()
    Image.fromarray(255 - page).save(buffer, "PNG")
    return Sheet("data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode(), columns, rows)
