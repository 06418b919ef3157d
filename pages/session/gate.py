"""What every answer of the server carries, and who may ask it for what: middleware in front of Streamlit's routes."""

import base64
import hashlib
import os
import re
from collections import Counter
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, runtime
from streamlit.url_util import make_url_path

from core.runtime.status import LOG
from pages.session.server import KEY, allowed

FRAMES = "META_FRAME_ANCESTORS"  # the environment variable with the sites that may show this one in a frame
NUMBERS = ("metrics", "_stcore/metrics")  # for the instructor alone
# modules of Streamlit that nearly every page needs: asked for with the document, they are there when the page is, and
# no empty boxes of another height stand in their places until they come
PARTS = (
    "BidiComponent", "recordbatch", "serialization", "_arrayReduce", "ButtonGroup", "PageLink", "Button", "Html",
    "purify.es", "WidgetLabel", "WidgetLabelHelpIconInline", "useBasicWidgetState", "styled-components", "Slider",
    "WidgetLabelHelpIcon", "useFormReset", "formatNumber", "numbro", "sprintfjs", "moment", "formatMoment",
    "withCalculatedWidth",
)  # fmt: skip
STYLES = Path(__file__).parents[1] / "widgets" / "assets" / "page.css"
UPLOAD = "_stcore/upload_file/"  # then session and file
MOST_FILES, MOST_BYTES = 8, 64 * 2**20  # that are held of one session
MOST_BYTES_OF_ALL = 512 * 2**20


def under_prefix(path: str) -> str:
    """Return the address of `path` on this server, for instance "/course/metrics"."""
    return make_url_path(config.get_option("server.baseUrlPath") or "", path)


def policy() -> str:
    """Return the Content-Security-Policy: this server alone, and what Streamlit and Plotly cannot do without.

    Streamlit runs a component's script from a blob, reads messages by WebAssembly, writes styles into the page, and has
    one script in its document, which is allowed by its hash.
    """
    document = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", document, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self' blob: 'wasm-unsafe-eval'", *(f"'sha256-{value}'" for value in hashes)]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {_ancestors()}",
        ]
    )


def _ancestors() -> str:
    """Return the sites that may show this one; only itself if the setting is not a list of sites."""
    sites = os.environ.get(FRAMES, "").strip() or "'self'"
    if not re.search(r"[;,]|[^ -~]", sites):  # a comma or a semicolon would begin another rule
        return sites
    LOG.warning(
        '"%s is not a list of sites with spaces between them, like https://lms.example; none may embed"', FRAMES
    )
    return "'self'"


def headers(app: ASGIApp) -> ASGIApp:
    """Add the security headers to every answer."""
    fixed = {
        "Content-Security-Policy": policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",  # the address of a shared run is all that one needs to see it
    }

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.update(fixed)
                _partition(message)
            await send(message)

        await app(scope, receive, sent if scope["type"] == "http" else send)

    return serve


def _partition(message: Message) -> None:
    """Let a browser that refuses other sites' cookies keep this site's cookie for the frame's own surroundings."""
    message["headers"] = [
        (name, value + b"; Partitioned" if name == b"set-cookie" and b"SameSite=None" in value else value)
        for name, value in message["headers"]
    ]


def parts() -> list[str]:
    """Return the files of `PARTS`, whose names hold a hash."""
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    return sorted(
        file.name
        for part in PARTS
        for file in folder.glob(f"{part}.*.js")
        if file.name.count(".") == 2 + part.count(".")
    )


def document(app: ASGIApp) -> ASGIApp:
    """Put the styles of all pages into Streamlit's document, and let it ask at once for what all pages need."""
    links = "".join(f'<link rel="modulepreload" crossorigin href="./static/js/{name}">' for name in parts())
    styles = links.encode() + b"<style>" + STYLES.read_bytes() + b"</style></head>"

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Message] = []  # the start of a document, until its body is whole

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = Headers(raw=message["headers"])
                if answer.get("content-type", "").startswith("text/html"):
                    held.append(message)
                    return
            if not held:
                await send(message)
                return
            held.append(message)
            if message.get("more_body"):
                return
            body = b"".join(part["body"] for part in held[1:]).replace(b"</head>", styles, 1)
            start = MutableHeaders(scope=held[0])
            start["content-length"] = str(len(body))
            if "etag" in start:  # a browser may hold the document without the styles, or with older ones
                start["etag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            await send(held[0])
            await send({"type": "http.response.body", "body": body})
            held.clear()

        if scope["type"] != "http" or b"text/html" not in dict(scope["headers"]).get(b"accept", b""):
            await app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await app({**scope, "headers": plain}, receive, sent)

    return serve


def numbers(app: ASGIApp) -> ASGIApp:
    """Refuse the server's numbers to all but the instructor, with 403."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/") in map(under_prefix, NUMBERS):
            request = Request(scope)
            host = request.client.host if request.client else ""
            if not allowed(request.query_params.get("key", ""), host, request.headers):
                words = (
                    f"For the instructor alone: ask from the server's own machine, or with ?key=, the word in {KEY}.\n"
                )
                await PlainTextResponse(words, 403)(scope, receive, send)
                return
        await app(scope, receive, send)

    return serve


def uploads(app: ASGIApp) -> ASGIApp:
    """Refuse a file where its session, or all together, hold too much already, before the file is read."""
    arriving = Counter[tuple[str, str]]()  # the largest size of each file on its way, by session and file

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        start = under_prefix(UPLOAD)
        if scope["type"] != "http" or scope["method"] != "PUT" or not scope["path"].startswith(start):
            await app(scope, receive, send)
            return
        session, _, file = scope["path"].removeprefix(start).partition("/")
        size = _largest(Headers(scope=scope).get("content-length", ""))
        refusal = refused(session, size, arriving)
        if refusal:
            await PlainTextResponse(refusal[1], refusal[0])(scope, receive, send)
            return
        arriving[session, file] += size
        try:
            await app(scope, receive, send)
        finally:
            arriving[session, file] -= size
            if not arriving[session, file]:
                del arriving[session, file]

    return serve


def _largest(declared: str) -> int:
    """Return the bytes that an upload may bring: what it declares, or all that one may have."""
    most = int(config.get_option("server.maxUploadSize")) * 2**20
    return int(declared) if declared.isascii() and declared.isdecimal() and len(declared) < 16 else most


def refused(session: str, size: int, arriving: Counter[tuple[str, str]]) -> tuple[int, str] | None:
    """Return why a file of `size` bytes is not taken for `session`, as a status and words; None if it is."""
    storage = getattr(runtime.get_instance().uploaded_file_mgr, "file_storage", {}) if runtime.exists() else {}
    held = [(owner, len(file.data)) for owner, files in list(storage.items()) for file in list(files.values())]
    held += [(owner, length) for (owner, _), length in arriving.items()]
    own = [length for owner, length in held if owner == session]
    if size > int(config.get_option("server.maxUploadSize")) * 2**20:
        return 413, f"The file is too large: at most {config.get_option('server.maxUploadSize')} MB.\n"
    if len(own) >= MOST_FILES:
        return 429, f"This page holds {len(own)} files already, which is the most. Remove some, or reload the page.\n"
    if sum(own) + size > MOST_BYTES:
        return 413, f"This page's files would be larger than {MOST_BYTES >> 20} MB. Remove some, or reload the page.\n"
    if sum(length for _, length in held) + size > MOST_BYTES_OF_ALL:
        return 429, "The server holds as many files as it can. Please try again in some minutes.\n"
    return None
