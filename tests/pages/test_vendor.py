"""The bundles of what others made: versions and licences are said, each is small and evaluates no text."""

import json
import re
from pathlib import Path

import pytest

from pages.widgets import served
from pages.widgets.components import ASSETS

VENDOR = ASSETS / "vendor"
MOST_BYTES = {"d3": 120_000, "tour": 40_000, "editor": 400_000}


def versions(text: str) -> set[tuple[str, str]]:
    return set(re.findall(r"((?:@[\w-]+/)?[\w.-]+) (\d+\.\d+\.\d+)", text))


def header(name: str) -> str:
    bundle = (VENDOR / f"{name}.min.js").read_text(encoding="utf-8")
    return bundle[: bundle.index("*/")]


def test_the_versions_are_those_of_the_packages_and_each_has_its_licence():
    asked = json.loads((VENDOR / "package.json").read_text())["dependencies"].items()
    locked = json.loads((VENDOR / "package-lock.json").read_text())["packages"]
    licences = (VENDOR / "LICENSES.md").read_text(encoding="utf-8")
    headings = versions("\n".join(re.findall(r"^## .*$", licences, re.MULTILINE)))
    bundled = set().union(*(versions(header(name)) for name in MOST_BYTES))
    assert asked and set(asked) <= bundled == headings
    assert all(locked[f"node_modules/{name}"]["version"] == version for name, version in headings)
    granted = re.findall("Permission (?:to use, copy, modify|is hereby granted)|Redistribution and use", licences)
    assert len(granted) >= len(headings)
    assert all("LICENSES.md" in header(name) for name in MOST_BYTES)


@pytest.mark.parametrize("name", MOST_BYTES)
def test_a_bundle_is_small_and_needs_no_eval(name):
    bundle = (VENDOR / f"{name}.min.js").read_bytes()
    assert len(bundle) < MOST_BYTES[name]
    assert not re.search(rb"\beval\(|new Function", bundle)


def test_a_browser_may_store_what_the_server_sends():
    for file, route in zip(served.FILES, served.routes(), strict=True):
        with pytest.raises(StopIteration) as ended:  # a browser's test may have a loop of its own
            route.endpoint(None).send(None)
        answer = ended.value.value
        assert route.path == served.address(file) and Path(answer.path) == ASSETS / file
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"].startswith("text/javascript")


def test_no_word_of_the_stage_stands_in_its_script():
    for name in ("plane_draw.js", "plane_stage.js", "metric_draw.js", "siamese_stage.js", "matching_stage.js"):
        script = re.sub(r"//.*", "", (ASSETS / name).read_text(encoding="utf-8"))
        strings = re.findall(r'"([^"\n]*)"|`([^`]*)`', script)
        shown = [re.sub(r"\$\{[^}]*\}", "", text) for pair in strings for text in pair if text]
        assert not [text for text in shown if re.search(r"[A-Z][a-z]+ [a-z]+|[\u4e00-\u9fff]", text)]
        assert "innerHTML" not in script and "insertAdjacentHTML" not in script
        assert not re.search(r'textContent = ["`]|\.(text|html)\(["`]', script)
        if name.startswith("plane"):  # elsewhere the second argument is a class
            assert not re.search(r'element\("\w+", "[^"]', script)
