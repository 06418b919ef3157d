"""Every page in Chinese by AppTest: nothing that a learner reads is left in English, figures included."""

import json
import re
from collections.abc import Iterator

import pytest
from google.protobuf.json_format import MessageToDict

import pages.session.language  # noqa: F401  asks each session for its language
from core.storage.checkpoints import shipped_names
from lessons.demos.fewshot import characters
from pages.session.navigation import GROUPS
from tests.conftest import HAS_REAL
from tests.pages.test_fewshot_pages import GLYPHS, open_page

# what is not read: styles and code, names of components and parameters, packed numbers
NOT_READ = re.compile(
    r"(Content|componentName|id|Id|Key|Hash|anchor|page|codeText|language|bdata|data|kind|html|url|theme|icon|key|type"
    r"|mode|symbol|dash|color|colorscale|colour|measure|legendgroup|hoverinfo|hovermode|textposition|ref|order|pattern"
    r"|orientation|modeBarButtonsToRemove|columns|default|format|json~/text|json~/pages|json~/method|queryString|picked|letter|href|family|[vV]alue|[vV]alues"
    r"|shortcut|gapSize|direction|justify|align|[tT]ype|verticalAlignment|source|coloring|autorange|constrain|progress|filename|script|side|chapter|cookie|part)$"
    r"|/template/|/lines/|/anchors/|json~/state/"
)
MARKUP = re.compile(
    r"<style>.*</style>|`[^`]*`|\$\$[^$]*\$\$|\$[^$]*\$|<[^>]*>|https?://\S+|\]\([^)]*\)|:material/\w+:|%\{[^}]*\}",
    re.DOTALL,
)
# names stay what they are, in any language
NAMES = re.compile(
    r"generated alphabet \d+(, character \d+)?|"
    r"[\w ()-]+, character \d+|Neural Turing Machine|Matching Networks? for One Shot Learning|\w+ of the Magi|Ge ez"
    r"|Reptile|Omniglot|i?MAML|LSTM|Adam|Siamese|Matching|Hessian|few-shot|[Oo]ne-shot|N-way K-shot|\d+-way( \d+-shot)?"
    r"|Transformer|MANN|ANIL|Meta-SGD|CSV|English|cos|softmax|logit|LRUA|sigmoid|theta|phi|[A-Z]\w+(,? [A-Z]\w+)+"
)


def read(node: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string of an element that reaches a learner's eyes or screen reader, with where it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from read(value, f"{path}/{key}")
    elif isinstance(node, list):
        for value in node:
            yield from read(value, path)
    elif isinstance(node, str) and not NOT_READ.search(path):
        inner = re.match(r"\s*[{\[]", node) and path.rpartition("/")[2] in ("json", "spec", "config", "figure")
        yield from read(json.loads(node), f"{path}~") if inner else [(path, node)]


def english(text: str) -> list[str]:
    """Where two words of English follow each other, or the only word there is."""
    if text in {*characters("omniglot" if HAS_REAL else "glyphs").alphabets, *shipped_names()}:
        return []
    plain = NAMES.sub("·", MARKUP.sub("·", text))
    alone = [] if re.search("[\u4e00-\u9fff]", text) else re.findall("[A-Za-z]{3,}", plain)
    return re.findall(r"[A-Za-z][a-z]+(?:[ ,'’-]+[a-z]+)+", plain) or alone


def elements(block: object) -> Iterator[object]:
    for child in getattr(block, "children", {}).values():
        yield child
        yield from elements(child)


# workloads and contenders of the bench are named as the command line names them
@pytest.mark.parametrize(
    "name", [*(page[0] for group in GROUPS.values() for page in group if page[0] != "speed"), "status"]
)
def test_nothing_on_a_page_is_left_in_english(name):
    at = open_page(name, lang="中文", **GLYPHS)
    found = {}
    for one in elements(at._tree):
        proto = getattr(one, "proto", None)
        if proto is not None:
            for path, text in read(MessageToDict(proto)):
                if english(text):
                    found[path[-40:], text[:150]] = english(text)
    assert not found


def test_english_is_told_from_names_and_code():
    assert english("**注意** the network was right") == ["the network was right"]
    assert not english("Matching Networks for One Shot Learning，`python -m core bench`，MAML 的 5-way 1-shot")
