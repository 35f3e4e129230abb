"""What the markup of a page says of it: title, author, dates, address, language, licence.

It stands in the titles, `meta` and `link` elements that `cut` finds, in scripts of JSON-LD (schema.org), and on the
tags `html` and `body`. For each kind of fact `SOURCES` lists who may say it, the most trusted first; the first one that
says something good is believed. The work is linear in the source, whatever is broken in it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from pipeline.document import Fact
from pipeline.edits import Edit
from pipeline.html.linked import Node, hear_linked, nodes, scripts
from pipeline.html.sayings import ELEMENT, ENDS, MOST, Said, Sayings, attributes, said_at
from pipeline.html.tokens import BETWEEN

# Who says what, best first. A name with a dot is of a tag, a link, an object of JSON-LD or the `itemprop` of a `meta`;
# all others are names of `meta` elements, in which `.` and `:` are alike.
SOURCES = {
    "title": "ld.headline og:title twitter:title citation_title dc:title dcterms:title title.text",
    "page_title": "title.text",
    "author": "ld.author author citation_author dc:creator dcterms:creator creator parsely-author sailthru:author "
    "cxenseparse:author item.author article:author twitter.author",
    "published": "article:published_time og:article:published_time ld.datePublished item.datepublished datepublished "
    "citation_publication_date citation_date dcterms:issued dc:date:issued dcterms:created dc:date:created "
    "dcterms:date dc:date parsely-pub-date sailthru:date cxenseparse:publishtime article:published pubdate "
    "publishdate publish-date publish_date og:publish_date publication_date date ld.dateCreated",
    "modified": "article:modified_time og:article:modified_time ld.dateModified item.datemodified datemodified "
    "og:updated_time dcterms:modified dc:date:modified article:modified last-modified lastmod revised",
    "canonical_url": "link.canonical og:url",
    "language": "html.lang body.lang content-language og:locale",
    "licence": "link.license dcterms:license dc:rights dcterms:rights ld.license rights copyright",
    "site_name": "og:site_name ld.site application-name ld.publisher",
    "description": "description og:description",
    "page_type": "og:type",
    "schema_type": "ld.type",
}
KINDS = {kind: names.split() for kind, names in SOURCES.items()}
NAMES = frozenset(name for names in KINDS.values() for name in names)
NAMED_BY = {"property": "", "name": "", "http-equiv": "", "itemprop": "item."}  # the attributes that name a `meta`
LABELS = frozenset(
    ("written by", "author", "verfasst von", "écrit par", "escrito por", "scritto da", "geschreven door")
)
SEVERAL = frozenset(("author", "schema_type"))

ROOT = re.compile(r"<(html|body)(?=[\s/>])", re.IGNORECASE)
REST = re.compile(rf"{BETWEEN}>")

# A value that a template left empty, or did not fill in.
EMPTY = re.compile(r"(?:(?:null|undefined|none|n/?a|false|true|unknown|\W*|\[object \w+\])$|\{\{|\$\{|<%|%%)", re.I)
URL = re.compile(r"(?:https?:)?//[^\s/.]++\.\S++$", re.I)
NOBODY = re.compile(r"(?:admin|administrator|webmaster|root|user|author|\d+|@.*|(?:https?:|www\.|/).*|.{200,})$", re.I)
LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?$", re.I)
NO_LANGUAGE = frozenset("und mul mis zxx".split())
SEPARATOR = re.compile(r"\s(?:\||-|–|—|::|»|«|·|•)\s")
OF_SITES = frozenset("blog docs documentation forum forums wiki".split())

TIME = r"[T ]\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?"
ISO = re.compile(rf"(\d{{4}})(?:-(\d\d)(?:-(\d\d)(?:{TIME})?)?|(\d\d)(\d\d)(?:{TIME})?)?$", re.I)
YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)(?!\d)")
YEAR_LAST = re.compile(r"(?<!\d)(\d\d?)([-/.])(\d\d?)[-/.](\d{4})(?!\d)")
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAY = r"(\d\d?)(?:st|nd|rd|th)?"
NAMED = re.compile(
    rf"(?<!\w)(?:{DAY}[\s-]+)?({'|'.join(MONTHS)})[a-z]*+[.,]*[\s-]+(?:{DAY},?\s+)?(\d{{4}})(?!\d)", re.I
)
YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")


def facts(source: str, cuts: Sequence[Edit]) -> list[Fact]:
    """Return what the markup of a page says of it, given what `cut.find` cuts of its source.

    >>> from pipeline.html import cut
    >>> page = '<title>Of Rooks | Birds</title><meta property="og:site_name" content="Birds"><p>Caw.'
    >>> fact = facts(page, cut.find(page))[0]
    >>> fact.kind, fact.value, page[fact.start : fact.end]
    ('title', 'Of Rooks', 'Of Rooks | Birds')
    """
    said: Sayings = defaultdict(list)
    found: list[Node] = []
    _hear_root(source, cuts, said)
    for edit in cuts:
        if edit.rule == "html.head":
            _hear_elements(source, edit, said)
        elif edit.rule == "html.script" and ("ld+json" in edit.old or "ld&#" in edit.old):
            for script in scripts(source, edit):
                found += nodes(source, script)
    hear_linked(source, found, said)
    return list(_believed(said))


def _believed(said: Sayings) -> Iterator[Fact]:
    """Yield what is believed of each kind: what the first one says that says something good."""
    sites = _sites(said)
    for kind, names in KINDS.items():
        good: dict[str, Said] = {}
        for name in names:
            for one in said.get(name, ()):
                value = _good(kind, one.value, sites)
                if value and len(good) < (MOST if kind in SEVERAL else 1):
                    good.setdefault(value, one)
            if good:
                break
        if kind == "title" and good:
            good = _shorter(next(iter(good)), said, sites) or good
        for value, one in good.items():
            yield Fact(kind, value, one.start, one.end, f"head.{kind.replace('_', '-')}")


def _good(kind: str, value: str, sites: set[str]) -> str:
    """What a value says as a fact of a kind; nothing if it says nothing."""
    if EMPTY.match(value):
        return ""
    if kind == "title":
        return _without_site(value, sites)
    if kind == "author":
        value = (value[3:] if value[:3].lower() == "by " else value).strip("\"' ")
        return "" if NOBODY.match(value) else value
    if kind in ("published", "modified"):
        return _date(value)
    if kind == "canonical_url":
        return value if URL.match(value) else ""
    return _language(value) if kind == "language" else value


def _hear_root(source: str, cuts: Sequence[Edit], said: Sayings) -> None:
    """Hear the first tag `html` and the first tag `body`, which stand between what was cut."""
    missing, at = {"html", "body"}, 0
    for cut in [*cuts, Edit(len(source), "", "", "")]:
        for match in ROOT.finditer(source, at, cut.start):
            name = match[1].lower()
            rest = REST.match(source, match.end()) if name in missing else None
            missing.discard(name)
            if rest:
                found = attributes(source, match.end(), rest.end() - 1)
                said[f"{name}.lang"] += [found[key] for key in ("lang", "xml:lang") if key in found]
        if not missing:
            return
        at = cut.end


def _hear_elements(source: str, edit: Edit, said: Sayings) -> None:
    """Hear the titles, `meta` and `link` elements that one cut joins."""
    at, ends = edit.start, True
    while match := ELEMENT.match(source, at, edit.end):
        name, rest, at = match[1].lower(), match[2].lower(), match.end()
        if name == "title" and ends:
            end = ENDS[name].search(source, at, edit.end)
            ends = end is not None  # if there is none, there is none behind it either
            if end:
                said["title.text"].append(said_at(source, at, end.start()))
                at = end.end()
        elif name == "meta":
            _hear_meta(attributes(source, match.start(2), match.end(2)), said)
        elif name == "link" and ("canonical" in rest or "license" in rest):
            found = attributes(source, match.start(2), match.end(2))
            if "href" in found and "rel" in found:
                for word in found["rel"].value.lower().split():
                    said[f"link.{word}"].append(found["href"])


def _hear_meta(found: dict[str, Said], said: Sayings) -> None:
    """Hear a `meta` element by its attributes; it may have several names."""
    content = found.get("content")
    if content is None:
        return
    for key, prefix in NAMED_BY.items():
        for word in found[key].value.lower().replace(".", ":").split() if key in found else ():
            if prefix + word in NAMES:
                said[prefix + word].append(content)
            elif word == "twitter:label1" and content.value.lower() in LABELS:
                said["twitter.label"].append(content)
            elif word == "twitter:data1" and "twitter.label" in said:
                said["twitter.author"].append(content)


def _fold(text: str) -> str:
    """The letters and digits of a name."""
    return "".join(filter(str.isalnum, text.casefold()))


def _sites(said: Sayings) -> set[str]:
    """What the site may be called: its names, its host, and the parts of that."""
    names = {_fold(one.value) for name in KINDS["site_name"] for one in said.get(name, ())}
    for one in [*said.get("link.canonical", ())[:1], *said.get("og:url", ())[:1]]:
        host = one.value.partition("//")[2].partition("/")[0].lower().removeprefix("www.")
        names |= {_fold(host), *(_fold(part) for part in host.split(".")[:-1] if len(part) > 3)}
    return names - {""}


def _without_site(title: str, sites: set[str]) -> str:
    """A title without the name of the site, behind it or before it.

    >>> _without_site("Of Rooks - Birds", {"birds"}), _without_site("Birds | Of Rooks", {"birds"})
    ('Of Rooks', 'Of Rooks')
    """
    separators = list(SEPARATOR.finditer(title))
    if separators:
        rest, first = separators[-1], separators[0]
        last = title[rest.end() :]
        words = last.lower().split()
        if _fold(last) in sites or (1 < len(words) < 5 and words[-1] in OF_SITES):
            return title[: rest.start()].strip() or title
        if _fold(title[: first.start()]) in sites:
            return title[first.end() :].strip() or title
    return title


def _shorter(title: str, said: Sayings, sites: set[str]) -> dict[str, Said]:
    """A title that reads as this one does up to a separator: whoever says it knows what the page added."""
    for name in KINDS["title"]:
        for one in said.get(name, ()):
            short = _good("title", one.value, sites)
            if short and title.startswith(short) and SEPARATOR.match(title, len(short)) and _fold(short) not in sites:
                return {short: one}
    return {}


def _language(value: str) -> str:
    """A tag of BCP 47 in its usual case; nothing if it is none.

    >>> _language("EN_gb"), _language("zh-hans"), _language("english")
    ('en-GB', 'zh-Hans', '')
    """
    match = LANGUAGE.match(value)
    if match is None or match[1].lower() in NO_LANGUAGE:
        return ""
    return "-".join(filter(None, (match[1].lower(), (match[2] or "").title(), (match[3] or "").upper())))


def _date(value: str) -> str:
    """A date in ISO 8601, or as it was written if that can be read in two ways; nothing if it is none.

    >>> _date("2024-03-05T10:00Z"), _date("5 March 2024"), _date("25/3/2024"), _date("3/5/2024"), _date("0001-01-01")
    ('2024-03-05T10:00Z', '2024-03-05', '2024-03-25', '3/5/2024', '')
    """
    value = value.strip("\"' ")
    iso = ISO.match(value)
    if iso:
        year, month, day = iso[1], iso[2] or iso[4], iso[3] or iso[5]
    elif match := YEAR_FIRST.match(value):
        year, month, day = match.groups()
    elif match := YEAR_LAST.search(value):
        month, sign, day, year = match.groups()
        if sign == "." or int(month) > 12:
            month, day = day, month
        elif int(day) <= 12 and int(day) != int(month):
            return value
    elif match := NAMED.search(value):
        year, month, day = match[4], str(MONTHS.index(match[2].lower()) + 1), match[1] or match[3]
    else:
        return value if YEAR.search(value) else ""
    try:
        read = date(int(year), int(month or 1), int(day or 1)).isoformat()
    except ValueError:
        return ""
    if read.startswith("0") or read == "1970-01-01":  # a date that was never set
        return ""
    return value if iso else read if day else read[:7]
