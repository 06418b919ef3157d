"""The bundled parts of D3: versions and licences are said, the bundle is small and evaluates no text."""

import asyncio
import json
import re
from pathlib import Path

from pages.widgets import served
from pages.widgets.components import ASSETS

VENDOR = ASSETS / "vendor"
MOST_BYTES = 120_000


def versions(text: str) -> set[tuple[str, str]]:
    return set(re.findall(r"(d3-[a-z-]+|internmap) (\d+\.\d+\.\d+)", text))


def test_the_versions_are_those_of_the_packages_and_each_has_its_licence():
    asked = json.loads((VENDOR / "package.json").read_text())["dependencies"].items()
    locked = json.loads((VENDOR / "package-lock.json").read_text())["packages"]
    bundle, licences = (VENDOR / "d3.min.js").read_text(), (VENDOR / "LICENSES.md").read_text()
    header = bundle[: bundle.index("*/")]
    headings = versions("\n".join(re.findall(r"^## .*$", licences, re.MULTILINE)))
    assert asked and set(asked) <= versions(header) == headings
    assert all(locked[f"node_modules/{name}"]["version"] == version for name, version in headings)
    assert len(re.findall("Permission to use, copy, modify", licences)) >= len(headings) - 1
    assert "LICENSES.md" in header


def test_the_bundle_is_small_and_needs_no_eval():
    bundle = (VENDOR / "d3.min.js").read_bytes()
    assert len(bundle) < MOST_BYTES
    assert not re.search(rb"\beval\(|new Function", bundle)


def test_a_browser_may_store_what_the_server_sends():
    for file, route in zip(served.FILES, served.routes(), strict=True):
        answer = asyncio.run(route.endpoint(None))
        assert route.path == served.address(file) and Path(answer.path) == ASSETS / file
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"].startswith("text/javascript")
