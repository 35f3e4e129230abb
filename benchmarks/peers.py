"""Time other tools on a folder of texts; run by `speed.py --peers`, with the Python of an environment that has them.

Prints a line of JSON for each tool: its name, its version and the seconds of each run (by the clock on the wall, of
the processor), or why it is absent. What they do differs, so the figures are yardsticks, not a race: ftfy repairs
characters only; jusText and trafilatura look for the main text of a web page, and get each line as a paragraph of
one; the C4 rules judge lines.
"""

from __future__ import annotations

import argparse
import html
import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

Clean = Callable[[str], object]


def ftfy() -> Clean:
    """ftfy with its defaults."""
    import ftfy

    return ftfy.fix_text


def justext() -> Clean:
    """jusText with its English stop words; the making of the page is not its work, and is not timed."""
    import justext

    stop_words = justext.get_stoplist("English")
    return lambda page: justext.justext(page, stop_words)


def trafilatura() -> Clean:
    """trafilatura with its defaults."""
    import trafilatura

    return trafilatura.extract


def datatrove() -> Clean:
    """The line rules of C4, as datatrove has them."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import C4QualityFilter

    rules = C4QualityFilter(min_num_sentences=-1)  # counting sentences needs a tokenizer, which is not a line rule
    return lambda text: rules.filter(Document(text=text, id=""))


TOOLS: dict[str, tuple[Callable[[], Clean], bool]] = {  # name: (how it cleans, whether it reads pages)
    "ftfy": (ftfy, False),
    "justext": (justext, True),
    "trafilatura": (trafilatura, True),
    "datatrove": (datatrove, False),
}


def page(text: str) -> str:
    """A text as a web page, each line a paragraph.

    >>> page("a < b")
    '<html><body><p>a &lt; b</p></body></html>'
    """
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines() if line.strip())
    return f"<html><body>{lines}</body></html>"


def time_tool(name: str, texts: list[str], repeat: int) -> dict[str, object]:
    """How long each run of a tool over all texts took, or why it did not run."""
    load, reads_pages = TOOLS[name]
    try:
        clean = load()
        sources = [page(text) for text in texts] if reads_pages else texts
        clean(sources[0])  # what is loaded at first use is not counted
        laps = []
        for _ in range(repeat):
            wall, cpu = perf_counter(), process_time()
            for source in sources:
                clean(source)
            laps.append((perf_counter() - wall, process_time() - cpu))
    except (ImportError, LookupError) as error:  # a package, or data that it needs, is not there
        return {"name": name, "absent": f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"}
    return {"name": name, "version": importlib.metadata.version(name), "laps": laps}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Time other tools on a folder of texts.")
    parser.add_argument("raw", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    texts = [file.read_text(encoding="utf-8") for file in sorted(options.raw.iterdir())]
    for name in TOOLS:
        print(json.dumps(time_tool(name, texts, options.repeat)), flush=True)


if __name__ == "__main__":
    main()
