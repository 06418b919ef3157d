"""Omniglot's zips: made, damaged, hostile, downloaded over a line that breaks; and the real ones where they are."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from core.tasks import download, omniglot
from core.tasks.characters import DRAWERS, SIDE
from core.tasks.download import DataError, Source, fetch
from tests.conftest import REAL, needs_real
from tests.core.small_omniglot import SMALL, picture, small_zip

# of the array that the official zips become: whatever is done for others, theirs stays what it was
NUMBERS = "255fbb66efe334ae4ffdf873a5d430b6232d966a38612f804baa3297751298c5"


def test_zips_become_one_array_file_with_ink_255(home):
    *progress, found = omniglot.prepare()
    assert (found.characters, found.alphabets, found.drawings, found.kept) == (5, 3, 100, True)
    assert progress and all(one.total for one in progress)
    data = omniglot.load()
    assert data.images.shape == (5, DRAWERS, SIDE, SIDE)
    assert data.images[0, 0].max() > 200 and np.median(data.images) == 0
    assert data.alphabets == ("Alphabet 0", "Alphabet 1", "Alphabet 0")
    assert data.alphabet.tolist() == [0, 0, 1, 2, 2] and data.background == 2
    assert data.label == "Omniglot"
    assert [path.name for path in omniglot.data_folder().iterdir()] == [omniglot.CACHE_NAME]


def test_the_array_file_is_enough_afterwards(home):
    list(omniglot.prepare())
    for path in home.iterdir():
        path.unlink()
    omniglot._load.cache_clear()
    assert omniglot.available()
    assert len(omniglot.load().images) == 5


def test_a_damaged_array_file_is_made_again_or_said(home):
    list(omniglot.prepare())
    omniglot.cache_file().write_bytes(omniglot.cache_file().read_bytes()[:500])
    omniglot._load.cache_clear()
    assert len(omniglot.load().images) == 5
    omniglot.cache_file().write_bytes(b"nonsense")
    for path in home.iterdir():
        path.unlink()
    omniglot._load.cache_clear()
    with pytest.raises(DataError, match="is damaged; delete it"):
        omniglot.load()


@pytest.mark.parametrize("seed", range(20))
def test_zips_damaged_anywhere_are_one_clear_error_or_still_whole(home, seed):
    path = home / "images_evaluation.zip"
    data = bytearray(path.read_bytes())
    source = np.random.default_rng(seed)
    at, length = source.integers(len(data)), source.integers(1, 40)
    data[at : at + length] = source.bytes(len(data[at : at + length]))
    path.write_bytes(data)
    try:
        *_, found = omniglot.prepare()
    except DataError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert found.characters == 5


def without_one(members):
    members.pop(next(iter(members)))
    return members


def with_member(name, content=b"x"):
    return lambda members: members | {name: content}


def first_is(content):
    return lambda members: members | {next(iter(members)): content}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (without_one, "is not drawn 20 times"),
        (with_member("../../evil.png"), "points outside"),
        (with_member("/etc/passwd"), "points outside"),
        (with_member("..\\evil.png"), "points outside"),
        (with_member("C:\\evil.png"), "points outside"),
        (with_member("images_background/readme.txt"), "no drawing of Omniglot"),
        (first_is(b"not a picture"), "no PNG picture"),
        (first_is(picture(0)[:80]), "no PNG picture"),
        (first_is(picture(0, side=2000)), "2000x2000, not 105x105"),
        (first_is(bytes(70_000)), "far too large"),
        (lambda members: {}, "holds 0 characters"),
    ],
)
def test_hostile_and_damaged_zips_are_one_clear_error_and_leave_nothing(home, change, says):
    small_zip(home, "images_background", change)
    with pytest.raises(DataError, match=says) as caught:
        list(omniglot.prepare())
    assert len(str(caught.value).splitlines()) == 1
    assert not omniglot.data_folder().exists() or not list(omniglot.data_folder().iterdir())


def test_a_header_that_lies_about_a_size_is_not_believed(home):
    """A member that says it is small and unpacks to 50 MB."""
    path = small_zip(home, "images_background", first_is(bytes(50 * 2**20)))
    data = bytearray(path.read_bytes())
    real = (50 * 2**20).to_bytes(4, "little")
    position = -1
    while (position := data.find(real, position + 1)) != -1:
        data[position : position + 4] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(DataError):
        list(omniglot.prepare())


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.98])
def test_a_truncated_zip_is_said(home, keep):
    path = home / "images_evaluation.zip"
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
    with pytest.raises(DataError, match="damaged"):
        list(omniglot.prepare())


def test_a_flipped_byte_is_found(home):
    path = home / "images_evaluation.zip"
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DataError):
        list(omniglot.prepare())


def test_a_read_only_data_folder_is_no_obstacle(home, monkeypatch):
    monkeypatch.setenv("META_DATA_DIR", "/proc/nowhere")
    found = list(omniglot.prepare())[-1]
    assert not found.kept
    assert len(omniglot.load().images) == 5


def test_two_servers_prepare_the_same_folder_at_once(home):
    program = (
        "from core.tasks import omniglot\n"
        f"omniglot.EXPECTED = {SMALL!r}\n"
        "*_, found = omniglot.prepare()\n"
        "assert found.kept and omniglot.load().images.shape[0] == found.characters\n"
    )
    servers = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(4)]
    assert [one.wait(60) for one in servers] == [0] * 4
    assert len(omniglot.load().images) == 5
    assert [path.name for path in omniglot.data_folder().iterdir()] == [omniglot.cache_file().name]


def test_a_folder_without_the_zips_is_said(home, monkeypatch, tmp_path):
    monkeypatch.setenv("OMNIGLOT_DIR", str(tmp_path / "empty"))
    assert not omniglot.available()
    with pytest.raises(DataError, match="does not hold"):
        list(omniglot.prepare())
    with pytest.raises(DataError, match="data omniglot"):
        omniglot.load()


class _Server(http.server.BaseHTTPRequestHandler):
    """Serves `content` with ranges; breaks off after `limit` bytes of each answer."""

    content, limit, ranges, asked = b"", 10**9, True, []

    def do_GET(self):
        wanted = self.headers.get("Range")
        type(self).asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if start >= len(self.content):
            self.send_error(416)
            return
        part = self.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part[: self.limit])

    def log_message(self, *_):
        pass


@pytest.fixture
def served(monkeypatch):
    _Server.content, _Server.limit, _Server.ranges, _Server.asked = os.urandom(300_000), 10**9, True, []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(download, "TIMEOUT", 5.0)
    url = f"http://127.0.0.1:{server.server_port}/file.zip"
    yield Source(url, hashlib.md5(_Server.content).hexdigest())
    server.shutdown()


def test_a_download_is_checked_and_put_in_place_whole(served, tmp_path):
    target = tmp_path / "new" / "file.zip"
    progress = list(fetch(served, target))
    assert target.read_bytes() == _Server.content
    assert progress[-1].done == progress[-1].total == 300_000
    assert [path.name for path in target.parent.iterdir()] == ["file.zip"]


def test_a_broken_line_is_resumed_where_it_broke(served, tmp_path):
    _Server.limit = 120_000
    list(fetch(served, tmp_path / "file.zip"))
    assert (tmp_path / "file.zip").read_bytes() == _Server.content
    assert _Server.asked == [None, "bytes=120000-", "bytes=240000-"]


def test_a_line_that_stays_broken_is_said_and_the_next_attempt_goes_on(served, tmp_path):
    _Server.limit = 50_000
    with pytest.raises(DataError, match="could not be downloaded"):
        list(fetch(served, tmp_path / "file.zip"))
    assert not (tmp_path / "file.zip").exists()
    _Server.limit = 10**9
    list(fetch(served, tmp_path / "file.zip"))
    assert (tmp_path / "file.zip").read_bytes() == _Server.content
    assert _Server.asked[-1] == "bytes=200000-"


def test_a_server_without_ranges_sends_it_again(served, tmp_path):
    (tmp_path / "file.zip.part").write_bytes(b"old" * 1000)
    _Server.ranges = False
    list(fetch(served, tmp_path / "file.zip"))
    assert (tmp_path / "file.zip").read_bytes() == _Server.content


def test_a_wrong_checksum_is_said_and_nothing_is_kept(served, tmp_path):
    with pytest.raises(DataError, match="checksum"):
        list(fetch(Source(served.url, "0" * 32), tmp_path / "file.zip"))
    assert not list(tmp_path.iterdir())


def test_no_network_is_one_line(tmp_path):
    with pytest.raises(DataError, match="could not be downloaded") as caught:
        list(fetch(Source("http://127.0.0.1:9/file.zip", ""), tmp_path / "file.zip"))
    assert len(str(caught.value).splitlines()) == 1


def test_omniglot_is_downloaded_when_it_is_nowhere(home, served, monkeypatch, tmp_path):
    monkeypatch.delenv("OMNIGLOT_DIR")
    content = {name: (home / f"{name}.zip").read_bytes() for name in SMALL}
    _Server.content = content["images_background"]
    sources = {name: Source(served.url, hashlib.md5(data).hexdigest()) for name, data in content.items()}
    monkeypatch.setattr(omniglot, "ARCHIVES", sources)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "images_evaluation.zip").write_bytes(content["images_evaluation"])
    found = list(omniglot.prepare())[-1]
    assert found.characters == 5


@needs_real
def test_the_real_omniglot_is_prepared_and_loads_in_half_a_second(tmp_path, monkeypatch, capsys):
    from core.commands.main import main

    monkeypatch.setenv("OMNIGLOT_DIR", str(REAL))
    monkeypatch.setenv("META_DATA_DIR", str(tmp_path))
    omniglot._load.cache_clear()
    assert main(["data", "omniglot", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["characters"], found["alphabets"], found["drawings"]) == (964 + 659, 50, 32460)
    started = time.perf_counter()
    data = omniglot.load()
    assert time.perf_counter() - started < 0.5
    assert len(data.members("characters", False)) == 1200 and len(data.members("characters", True)) == 423
    assert len(data.members("alphabets", False)) == 964 and len(data.members("alphabets", True)) == 659
    assert 0.05 < data.images.mean() / 255 < 0.15, "ink is 1, paper 0"
    assert hashlib.sha256(data.images.tobytes()).hexdigest() == NUMBERS and not data.turned
    omniglot._load.cache_clear()
