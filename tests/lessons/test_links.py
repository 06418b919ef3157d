"""Links between pages: relative, in the reader's language, to pages that there are."""

import re

from lessons.engine.content import FOLDER, find, sections
from lessons.engine.course import pages
from lessons.engine.language import LANGUAGES, table
from lessons.engine.links import link, resolved


def test_a_link_holds_under_any_prefix_and_names_its_language():
    assert link("maml") == "./maml?lang=en" and link("") == "./?lang=en"
    assert link("runs", language="zh", run="a&b") == "./runs?lang=zh&run=a%26b"
    assert link("glossary", "outer-loop") == "./glossary?lang=en#outer-loop"


def test_a_text_names_pages_by_a_slash():
    text = "[a](/maml), **[b](/maml#steps)**, [c](/ntm?task=copy#x), [home](/), [here](#try), [out](https://a.org/maml)"
    assert resolved(text, "zh") == (
        "[a](./maml?lang=zh), **[b](./maml?lang=zh#steps)**, [c](./ntm?lang=zh&task=copy#x), [home](./?lang=zh), "
        "[here](#try), [out](https://a.org/maml)"
    )


def test_no_text_has_an_absolute_link_once_it_is_read():
    seen = 0
    for folder in sorted(path.parent.name for path in FOLDER.glob("*/en.md")):
        for language in LANGUAGES:
            for name, section in sections(folder, language).items():
                text = find(folder, name, language).text
                assert "](/" not in text, (folder, name)
                for page in re.findall(r"\]\(\./([^?]*)\?lang=" + language, text):
                    assert page in pages() | {""}, (folder, name, page)
                    seen += 1
                assert section.text.count("](/") == text.count(f"?lang={language}"), (folder, name)
    assert seen > 60
    for language in LANGUAGES:
        assert not [text for both in table(language).items() for text in both if "](/" in text]
