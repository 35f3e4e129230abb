"""Cues: what the names that authors give their elements tell of what is in them, and the rule that a block goes by.

Names are those in `class`, `id`, `role` and the like, in the words that they are made of: `relatedPosts`,
`related-posts` and `related_posts` are all `related` and `posts`. A cue is a set of words; the words are English, as
names of elements are nearly everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from pipeline.html.blocks import Block, Outline, link_share

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

CUES: Mapping[str, frozenset[str]] = {
    cue: frozenset(words.split())
    for cue, words in {
        "consent": "cookie cookies consent gdpr onetrust privacy",
        "advert": "ad ads advert advertisement adslot affiliate dfp promo promoted promotion sponsor sponsored",
        "share": "facebook follow pinterest share sharing social twitter whatsapp",
        "related": "also latest more next popular prev recent recommend recommendations recommended related similar "
        "suggested suggestions trending upsell",
        "comments": "comment commentlist comments discussion disqus replies reply respond",
        "subscribe": "mailing newsletter optin signup subscribe subscription",
        "breadcrumb": "breadcrumb breadcrumbs crumb crumbs",
        "pages": "pager paging pagination pages",
        "navigation": "drawer hamburger megamenu menu menus nav navbar navigation offcanvas submenu toolbar topbar",
        "search": "facet facets filter filters refine search sort",
        "account": "account avatar login password profile register signin user",
        "cart": "basket buy cart checkout delivery payment shipping wishlist",
        "dialog": "alert banner dialog lightbox modal notice overlay popup toast tooltip",
        "aside": "aside complementary rail secondary side sidebar widget widgets",
        "footer": "bottom colophon contentinfo copyright foot footer legal",
        "header": "banner head header hero masthead top",
        "meta": "author badge byline categories category date label meta published tag tags time timestamp",
        "contents": "contents index toc",
        "content": "content contents main primary",
        "article": "article articlebody blog entry entrycontent news post posts story",
        "body": "body copy markdown prose richtext rte text wysiwyg",
        "title": "headline heading subtitle title",
        "product": "description details price prices product products sku specification specifications specs variant",
        "review": "rating ratings review reviews testimonial testimonials",
        "thread": "answer forum message messages postbody question reply thread topic",
        "cards": "card cards carousel gallery grid item items list listing results slide slider swiper teaser tile "
        "tiles",
        "call": "action btn button call contact cta form link links",
        "image": "caption figure image img media photo player video",
    }.items()
}  # fmt: skip
BITS = {cue: 1 << place for place, cue in enumerate(CUES)}

# The rule by which a block goes that a labeller takes for debris: of the first cue, or the element, that tells.
REASONS = (
    ("page.consent", "consent", ""),
    ("page.advert", "advert", ""),
    ("page.share", "share", ""),
    ("page.related", "related", ""),
    ("page.comments", "comments", ""),
    ("page.subscribe", "subscribe", ""),
    ("page.navigation", "breadcrumb", "nav"),
    ("page.navigation", "pages", ""),
    ("page.navigation", "navigation", "menu"),
    ("page.controls", "search", "form"),
    ("page.controls", "account", "button"),
    ("page.controls", "cart", ""),
    ("page.controls", "dialog", ""),
    ("page.aside", "aside", "aside"),
    ("page.footer", "footer", "footer"),
    ("page.header", "header", "header"),
    ("page.meta", "meta", "address"),
)
OTHERWISE = "page.boilerplate"
# What is named so and is nothing but a few links is debris, whatever else it looks like.
SURE = frozenset(("page.share", "page.subscribe", "page.consent"))
FEW = 12  # words


@lru_cache(maxsize=20_000)
def words(names: str) -> frozenset[str]:
    """The words that names are made of, in small letters.

    >>> sorted(words("relatedPosts sidebar-2 WPBlock"))
    ['block', 'posts', 'related', 'sidebar', 'wp']
    """
    return frozenset(map(str.lower, WORD.findall(names)))


@lru_cache(maxsize=20_000)
def bits(names: str) -> int:
    """The cues of names, as a sum of `BITS`."""
    found = 0
    for word in words(names) & _WORD_BITS.keys():
        found |= _WORD_BITS[word]
    return found


def reasons(outline: Outline) -> list[str]:
    """For each element of a page, the rule by which what is in it goes, if it is debris."""
    found: list[str] = []
    for element, names, parent in zip(outline.elements, outline.names, outline.parents, strict=True):
        own = _reason(bits(names) if names else 0, element)
        found.append(own or (found[parent] if parent >= 0 else OTHERWISE))
    return found


def is_sure(rule: str, block: Block) -> bool:
    """Whether a block that goes by a rule, if it is debris, is debris for sure."""
    return rule in SURE and block.text.count(" ") < FEW and link_share(block) > 0.5


@lru_cache(maxsize=5_000)
def _reason(cues: int, element: str) -> str:
    for rule, cue, name in REASONS:
        if cues & BITS[cue] or element == name:
            return rule
    return ""


def _word_bits() -> dict[str, int]:
    found: dict[str, int] = {}
    for cue, members in CUES.items():
        for word in members:
            found[word] = found.get(word, 0) | BITS[cue]
    return found


_WORD_BITS = _word_bits()
