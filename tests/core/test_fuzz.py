"""Whatever comes from outside is read or refused in words: over 100,000 made-up inputs, the same ones each time."""

import io
import json
import os
import random
import string

import numpy as np
import pytest

from core.options import ConfigError, options
from core.registry import METHODS, TASKS, config_for
from core.storage import checkpoints
from core.storage.checkpoints import CheckpointError, shipped
from core.tasks.strokes import DrawingError, checked, render
from lessons.demos import draw
from lessons.demos.fewshot import picked_from_text
from lessons.demos.plane import inside, moved
from lessons.demos.sinusoid import points_from_text
from lessons.engine.progress import Progress, ProgressError, from_text
from pages.sections import sinusoid
from pages.sections.imports import config_of
from pages.widgets import characters

SCALE = float(os.environ.get("META_FUZZ", "1"))  # 3 tries 300,000
COUNTS = {
    "options": 60_000,
    "links": 12_000,
    "configs": 6_000,
    "drawings": 16_000,
    "progress": 6_000,
    "checkpoints": 4_000,
    "messages": 6_000,
}
AWKWARD = [
    "", "0", "-1", "1e999", "nan", "inf", "-inf", "None", "true", "[]", "{}", "\x00", "٣", "１", "1_000", "0x10", " 5 ",
    "9" * 400, "../../etc/passwd", "'; drop table runs; --", "<script>", "__import__('os')", "💥", "\ud800", "1,2;3",
    ";,;", "1.5", "1e5", "-0", "{0.__class__}", "%s%s%n", "5\n6",
]  # fmt: skip


def tries(what: str) -> int:
    return int(COUNTS[what] * SCALE)


def text(source: random.Random) -> str:
    """A short text: awkward, random, or an awkward one that has been changed a little."""
    kind = source.random()
    if kind < 0.4:
        return source.choice(AWKWARD)
    if kind < 0.7:
        return "".join(source.choices(string.printable + "äπ中💥", k=source.randrange(12)))
    one = list(source.choice(AWKWARD))
    for _ in range(source.randrange(1, 4)):
        at = source.randrange(len(one) + 1)
        one[at : at + source.randrange(2)] = source.choice(string.digits + ".,;-e")
    return "".join(one)


def value(source: random.Random, depth: int = 0) -> object:
    """Something that JSON can hold."""
    kind = source.randrange(8 if depth < 4 else 5)
    if kind == 5:
        return [value(source, depth + 1) for _ in range(source.randrange(4))]
    if kind >= 6:
        return {text(source): value(source, depth + 1) for _ in range(source.randrange(3))}
    return [None, source.random() * 10 ** source.randrange(-3, 12), source.randrange(-5, 10**9), True, text(source)][
        kind
    ]


def test_options_read_any_text_or_refuse_it():
    source = random.Random(1)
    known = [one for name in METHODS for task in TASKS if _can(name, task) for one in options(config_for(name, task))]
    for _ in range(tries("options")):
        one = source.choice(known)
        try:
            found = one.parse(text(source))
        except ConfigError as error:
            assert "\n" not in str(error)[:200]
        else:
            assert one.low is None or one.low <= found <= one.high


def _can(name: str, task: str) -> bool:
    try:
        config_for(name, task)
    except ConfigError:
        return False
    return True


def test_links_are_read_or_refused():
    source = random.Random(2)
    for i in range(tries("links")):
        told = ";".join(text(source) for _ in range(source.randrange(4)))
        try:
            if i % 2:
                points, _ = points_from_text(told)
                assert all(abs(x) <= 5 and abs(y) <= 7 for x, y in points)
            else:
                picked_from_text(told.replace(";", "."), "glyphs")
        except ConfigError:
            continue


def test_settings_are_read_or_refused():
    source = random.Random(3)
    base = {"algorithm": "maml", "task": "sinusoid", "config": config_for("maml", "sinusoid").flat()}
    for i in range(tries("configs")):
        told = json.loads(json.dumps(base))
        where = told if i % 3 == 0 else told["config"]
        where[source.choice(list(where))] = value(source)
        data = json.dumps(told).encode() if i % 5 else text(source).encode("utf-8", "replace")
        try:
            config_of(data)
        except ConfigError:
            continue


def test_drawings_are_read_or_refused():
    source = random.Random(4)
    example = draw.example().to_json()
    for i in range(tries("drawings")):
        if i % 2:
            told = [
                [[source.uniform(-0.2, 1.2) for _ in range(2)] for _ in range(source.randrange(4))] for _ in range(2)
            ]
            told[source.randrange(2)] = value(source) if source.random() < 0.5 else told[0]  # type: ignore[call-overload]
            try:
                picture = render(checked(told))
            except DrawingError:
                continue
            assert picture.shape == (28, 28) and picture.dtype == np.uint8
        else:
            boxes = dict(example) | {source.choice(["A1", "?1", "Z", text(source)]): value(source)}
            told_text = json.dumps({"format": source.choice([1, 1, 1, 2, "1"]), "boxes": boxes})
            try:
                draw.from_text(told_text.encode())
            except DrawingError:
                continue


def test_progress_is_read_or_refused():
    source = random.Random(5)
    good = Progress({"maml/predict": (0, 1)}, {"maml/worse"}, "maml").to_text()
    for i in range(tries("progress")):
        told = json.loads(good)
        told[source.choice(["answers", "goals", "place", "format"])] = value(source)
        data = json.dumps(told) if i % 4 else good[: source.randrange(len(good))]
        try:
            found = from_text(data)
        except ProgressError:
            continue
        assert isinstance(found, Progress)


def test_checkpoints_are_read_or_refused():
    source = random.Random(6)
    good = checkpoints.to_bytes(shipped("maml-sinusoid"))
    with np.load(io.BytesIO(good), allow_pickle=False) as file:
        arrays = dict(file)
    header = json.loads(str(arrays["header"]))
    for i in range(tries("checkpoints")):
        if i % 4:
            data = bytearray(good)
            for _ in range(source.randrange(1, 6)):
                data[source.randrange(len(data))] = source.randrange(256)
            if i % 4 == 1:
                del data[source.randrange(len(data)) :]
        else:
            told = json.loads(json.dumps(header))
            told[source.choice(list(told))] = value(source)
            changed = arrays | {"header": np.array(json.dumps(told))}
            if i % 8:
                name = source.choice(["theta", "start", "curve", "curve_iteration"])
                changed[name] = source.choice(
                    [np.zeros(3), np.array("x"), np.full(1761, np.nan, np.float32), np.zeros((2, 2))]
                )
            buffer = io.BytesIO()
            np.savez(buffer, **changed)
            data = bytearray(buffer.getvalue())
        try:
            checkpoints.from_bytes(bytes(data), "the file")
        except CheckpointError as error:
            assert str(error)


def test_messages_of_components_are_read_or_refused(monkeypatch):
    source = random.Random(7)
    session, link = dict[str, object](), dict[str, str]()
    monkeypatch.setattr(sinusoid.in_link, "put", link.__setitem__)
    for page in (sinusoid, characters):
        monkeypatch.setattr(page.st, "session_state", session)
    for _ in range(tries("messages")):
        session.clear()
        points = [[source.uniform(-9, 9), source.uniform(-9, 9)] for _ in range(source.randrange(4))]
        state = source.choice([None, {}, {"points": points}, {"points": value(source)}, {"clicked": value(source)}])
        session["points_chart"] = session["grid"] = state
        sinusoid.keep_points("points_chart", "points")
        assert "points" not in link or points_from_text(link["points"])
        asked = {"n": 1, "theta": [1, 2.5], "stars": [[1, 1]] * 3, "steps": 3, "rate": 0.1}
        asked |= {"surface": "at", "method": "maml"}
        asked |= {source.choice([*asked, "moving"]): value(source)} if source.random() < 0.8 else {}
        last = moved(source.choice([asked, asked, asked, value(source)]))
        assert last is None or (0 <= last.steps <= 10 and all(inside(*p) == p for p in [last.theta, *last.stars]))
        index = characters.clicked("grid", 5)
        assert index is None or 0 <= index < 5


def test_there_are_over_a_hundred_thousand():
    assert sum(COUNTS.values()) >= 100_000


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x93NUMPY" + b"\x00" * 100])
def test_no_file_at_all_is_refused(data):
    with pytest.raises(CheckpointError):
        checkpoints.from_bytes(data, "the file")
