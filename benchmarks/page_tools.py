"""Extract the main text of pages with one tool, and time it; run by `pages.py`, with the Python of an environment that
has the tool: `python page_tools.py TOOL PAGES OUT`.

PAGES holds `ID.html` files; what is extracted goes to `OUT/ID.txt`. Prints a line of JSON: the tool, its version, and
the seconds of the processor for all pages; or why the tool is absent. Nothing but the extraction is timed: from
the bytes of a page to its text, and for clean-corpus to its sidecar as well.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path
from time import process_time

Extract = Callable[[bytes], str]


def clean_corpus() -> Extract:
    """Everything that a run does to a page but writing: clean text, ledger, facts, the file of the sidecar."""
    from pipeline.core import Pipeline
    from pipeline.formats import sidecar, text
    from pipeline.rules.engine import RuleSet
    from pipeline.settings import Settings

    settings = Settings(gaps="keep")
    pipeline = Pipeline(settings)
    making = sidecar.making(settings, RuleSet.builtin().digest())

    def extract(page: bytes) -> str:
        document = pipeline.clean(page, "page", "html")
        sidecar.dump(sidecar.describe(document, text.encode(document.text), making, ".html"))
        return document.text

    return extract


def trafilatura() -> Extract:
    """trafilatura with its defaults: its standard mode, with comments and tables."""
    import trafilatura

    return lambda page: trafilatura.extract(page) or ""


def resiliparse() -> Extract:
    """Resiliparse, told to look for the main content."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding
    from resiliparse.parse.html import HTMLTree

    def extract(page: bytes) -> str:
        tree = HTMLTree.parse(bytes_to_str(page, detect_encoding(page)))
        return str(extract_plain_text(tree, main_content=True))

    return extract


def readability() -> Extract:
    """readability-lxml, and the text of what it chooses."""
    from lxml import html
    from readability import Document

    def extract(page: bytes) -> str:
        summary = Document(page.decode("utf-8", "replace")).summary()
        return str(html.fromstring(summary).text_content()) if summary.strip() else ""

    return extract


def justext() -> Extract:
    """jusText with its English stop words."""
    import justext

    stop_words = justext.get_stoplist("English")
    return lambda page: "\n".join(
        paragraph.text for paragraph in justext.justext(page, stop_words) if not paragraph.is_boilerplate
    )


def beautifulsoup4() -> Extract:
    """All the text that BeautifulSoup finds with the parser of the standard library: nothing is left out."""
    from bs4 import BeautifulSoup

    return lambda page: BeautifulSoup(page, "html.parser").get_text(" ")


TOOLS: dict[str, Callable[[], Extract]] = {
    "clean-corpus": clean_corpus,
    "trafilatura": trafilatura,
    "resiliparse": resiliparse,
    "readability-lxml": readability,
    "justext": justext,
    "beautifulsoup4": beautifulsoup4,
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Extract the main text of pages with one tool.")
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("pages", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    pages = {path.stem: path.read_bytes() for path in sorted(options.pages.glob("*.html"))}
    try:
        extract = TOOLS[options.tool]()
    except (ImportError, LookupError) as error:
        print(json.dumps({"tool": options.tool, "absent": f"{type(error).__name__}: {error}"}))
        return
    extract(next(iter(pages.values())))  # what is loaded at first use is not counted
    texts, failed = {}, 0
    start = process_time()
    for name, page in pages.items():
        try:
            texts[name] = extract(page)
        except Exception:  # a tool that fails on a page has no text of it
            texts[name], failed = "", failed + 1
    seconds = process_time() - start
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (options.out / f"{name}.txt").write_text(text, encoding="utf-8", errors="surrogatepass")
    version = importlib.metadata.version(options.tool)
    print(json.dumps({"tool": options.tool, "version": version, "seconds": seconds, "failed": failed}))


if __name__ == "__main__":
    main()
