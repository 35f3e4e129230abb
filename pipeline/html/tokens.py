"""The tags of a page's source: where each begins and ends, and what its attributes are.

The grammar is that of the HTML standard (WHATWG, section 13.2.5) as far as text depends on it: a quote means something
only behind a `=`, and a `<` that no letter follows is text. Where the standard would swallow the rest of a broken page
(a quote or a tag that never ends), the tag ends at the next bracket, and the text is kept.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

# Possessive throughout, so that what does not match fails without a second look.
NAME = r"<(/?+)([a-zA-Z][^\s/<>]*+)"
BETWEEN = r"""(?:[^=<>]++|=\s*+(?:"[^"]*+"|'[^']*+')?+|<)*+"""
TAG = re.compile(rf"{NAME}(?:({BETWEEN})>|([^<>]*+)>?+)")
TORN_TAG = re.compile(rf"{NAME}([^<>]*+)>?+")
TORN = 4  # the group of a tag that has no end by the standard: a quote or its bracket is missing
TEARS = 50  # so many torn tags, and no tag is looked at by the standard any more: each look may go to the page's end
LONG_NUMBER = re.compile(r"&#[0-9]{9,}")  # of no character
ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?""")


def tags(source: str) -> Iterator[re.Match[str]]:
    """Yield a match for each tag: group 1 is the slash of an end tag, 2 the name, the last one what is behind the name.

    >>> [(match[1], match[2], match[match.lastindex]) for match in tags('<p class="x>">1 < 2</p> <a href="')]
    [('', 'p', ' class="x>"'), ('/', 'p', ''), ('', 'a', ' href="')]
    """
    tears = at = 0
    for match in TAG.finditer(source):
        yield match
        if match.lastindex == TORN:
            tears += 1
            if tears == TEARS:
                at = match.end()
                break
    else:
        return
    yield from TORN_TAG.finditer(source, at)


def attributes(rest: str) -> dict[str, str]:
    """Return the attributes of a tag, given what stands behind its name; the first of a name counts.

    >>> attributes(' class="a b" ID=x hidden')
    {'class': 'a b', 'id': 'x', 'hidden': ''}
    """
    found: dict[str, str] = {}
    for name, value in ATTRIBUTE.findall(rest):
        name = name.lower()
        if name not in found:
            value = value[1:-1] if value[:1] in ("'", '"') else value
            found[name] = unescape(value) if "&" in value else value
    return found


def unescape(text: str) -> str:
    """Put characters for the references to them, as `html.unescape` does, which raises if a number is very long.

    >>> unescape("&lt;&#233;&#" + "9" * 5000)
    '<é�'
    """
    try:
        return html.unescape(text)
    except ValueError:
        return html.unescape(LONG_NUMBER.sub("&#9999999", text))
