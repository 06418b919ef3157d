"""The middleware without a server: headers of every answer, closed addresses, and the bounds of uploads."""

import asyncio
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp
from streamlit import config, runtime

from pages.session import gate

MB = 2**20


def messages(layer: Callable[[ASGIApp], ASGIApp], app: ASGIApp, scope: dict[str, Any]) -> list[Any]:
    sent = list[Any]()

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(layer(app)(scope, receive, send))
    return sent


def scope_of(path: str, query: bytes, client: str, method: str, headers: dict[str, str]) -> dict[str, Any]:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    address = (client, 1) if client else None
    return {"type": "http", "method": method, "path": path, "query_string": query, "headers": pairs, "client": address}


def ask(
    layer: Callable[[ASGIApp], ASGIApp], path: str, query: bytes = b"", client: str = "", method: str = "GET",
    **headers: str,
) -> tuple[int, str]:  # fmt: skip
    """The status and the words of an answer through one layer, behind which everything is there."""
    start, body = messages(layer, PlainTextResponse("there"), scope_of(path, query, client, method, headers))
    return start["status"], body["body"].decode()


@pytest.fixture
def prefix(monkeypatch: pytest.MonkeyPatch) -> str:
    real = config.get_option
    monkeypatch.setattr(config, "get_option", lambda key: "x/course" if key == "server.baseUrlPath" else real(key))
    return "/x/course"


def test_addresses_are_closed_under_a_prefix_too(prefix: str):
    for path in ("/metrics", "/_stcore/metrics"):
        assert ask(gate.numbers, prefix + path, client="10.0.0.7")[0] == 403


def answered(app: ASGIApp) -> dict[str, str]:
    start = messages(gate.headers, app, scope_of("/", b"", "", "GET", {}))[0]
    return {name.decode(): value.decode() for name, value in start["headers"]}


@pytest.mark.parametrize(
    ("setting", "ancestors"),
    [
        ("", "'self'"), ("https://lms.example https://*.school.example", "https://lms.example https://*.school.example"),
        ("'none'", "'none'"), ("https://a.org; script-src *", "'self'"), ("https://a.org,*", "'self'"),
        ("https://\u00e9.org", "'self'"), ("a\r\nX-Bad: 1", "'self'"),
    ],
)  # fmt: skip
def test_every_answer_says_who_may_embed_it(monkeypatch, setting: str, ancestors: str):
    monkeypatch.setenv(gate.FRAMES, setting)
    headers = answered(PlainTextResponse("x"))
    rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert rules["frame-ancestors"] == ancestors and rules["default-src"] == "'self'"
    assert "unsafe-inline" not in rules["script-src"] and "'unsafe-eval'" not in rules["script-src"]
    assert "sha256-" in rules["script-src"], "Streamlit's document has a script in it"
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(("site", "more"), [("None; Secure", "; Partitioned"), ("Lax", "")])
def test_a_cookie_for_frames_is_kept_for_each_of_them(site: str, more: str):
    cookie = f"_streamlit_xsrf=2|a|b|1; Path=/; SameSite={site}"
    assert answered(PlainTextResponse("x", headers={"set-cookie": cookie}))["set-cookie"] == cookie + more


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What Streamlit holds of each session."""
    storage = dict[str, dict[str, Any]]()
    monkeypatch.setattr(runtime, "exists", lambda: True)
    instance = SimpleNamespace(uploaded_file_mgr=SimpleNamespace(file_storage=storage))
    monkeypatch.setattr(runtime, "get_instance", lambda: instance)
    return storage


def files(*sizes: int) -> dict[str, Any]:
    return {str(i): SimpleNamespace(data=range(size)) for i, size in enumerate(sizes)}


def put(session: str, length: str = "10") -> tuple[int, str]:
    header = {"content-length": length} if length else {}
    return ask(gate.uploads, f"/_stcore/upload_file/{session}/new", method="PUT", **header)


def test_a_session_holds_a_bounded_number_of_bytes_and_files(held):
    most = int(config.get_option("server.maxUploadSize"))
    assert put("a")[0] == 200 and put("a", str(most * MB))[0] == 200
    assert put("a", str(most * MB + 1)) == (413, f"The file is too large: at most {most} MB.\n")
    held["a"] = files(gate.MOST_BYTES - 10)
    assert put("a")[0] == 200 and put("a", "11")[0] == 413 and "64 MB" in put("a", "11")[1]
    assert put("a", "")[0] == put("a", "-5")[0] == 413, "a size that is not said may be the largest"
    assert put("b", "11")[0] == 200
    held["a"] = files(*[1] * gate.MOST_FILES)
    assert put("a")[0] == 429 and "8 files" in put("a")[1]
    assert ask(gate.uploads, "/_stcore/upload_file/a/new", method="DELETE")[0] == 200, "room can be made"


def test_all_sessions_together_are_bounded(held):
    held.update({str(i): files(gate.MOST_BYTES) for i in range(gate.MOST_BYTES_OF_ALL // gate.MOST_BYTES)})
    status, words = put("new")
    assert status == 429 and "try again" in words


def test_files_on_their_way_count(held):
    arriving = Counter({("a", "1"): gate.MOST_BYTES - 5})
    assert gate.refused("a", 6, arriving) and not gate.refused("a", 5, arriving)
