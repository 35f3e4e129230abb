"""Notices about cookies and consent, which a site puts into any of its pages; in a text about cookies they stay."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from pipeline.rules.lines import Lines
from pipeline.rules.rule import SENTENCE, Span, Structural, examples

ID = "notices.cookies"
NOTICE = regex.compile(
    r"""(?xi)
    (?:hi!\ |hello!\ |(?:welcome|cookies?|notice|privacy)[.:!]?\ )?
    (?: we(?:\ and\ (?:(?:our|selected|\d+)\ ){1,3}(?:partners|third\ parties))?\ (?:also\ )?(?:use|store|set)
          \ (?:[\w-]+\ ){0,2}cookies (?=[.(]|\ (?:to|on|and|in|so|that)\b)
      | we\ and\ our\ (?:\d+\ )?partners\ (?:store|use|process|and)
      | (?:this|our|the)\ (?:web\ ?)?(?:site|page|shop)\ (?:uses|is\ using)\ (?:[\w-]+\ ){0,3}cookies
      | (?:by\ (?:continuing|using|clicking|browsing|closing|visiting)|if\ you\ (?:continue|carry\ on|click))\b
          [^\n]{0,160}\bcookies
      | cookies\ (?:help|allow|enable)\ us | cookies\ on\ this\ (?:web)?site
      | you\ can\ (?:change|manage|withdraw|opt\ out)\b[^\n]{0,80}\b(?:cookies?|consent)
      | diese\ (?:web)?(?:seite|site)\ (?:verwendet|nutzt|benutzt)\ cookies | wir\ (?:verwenden|nutzen)\ cookies
      | (?:ce\ site|nous)\ utilis(?:e|ons)\ des\ cookies | (?:este\ sitio|esta\ web)\ (?:usa|utiliza)\ cookies
      | (?:usamos|utilizamos)\ cookies | questo\ sito\ (?:usa|utilizza)\ (?:(?:i|dei)\ )?cookies?
      | deze\ (?:web)?site\ gebruikt\ cookies
    )\b [^\n]{0,600}"""
)
TOPIC = regex.compile(r"(?i)\b(?:cookies?|privacy|terms|conditions|datenschutz|confidentialité|privacidad)\b")


def find(lines: Lines) -> Sequence[Span]:
    """Propose to drop notices about cookies, unless the title or more than a line of the text speaks of them."""
    small = map(str.lower, lines.texts)
    named = [i for i, line in enumerate(small) if "ookie" in line or "partners" in line]  # as every notice is
    notices = [i for i in named if NOTICE.fullmatch(lines.texts[i])]
    if not notices:
        return ()
    top = [i for i, line in enumerate(lines.texts) if line][:3]
    titled = any(len(lines.texts[i].split()) <= 8 and TOPIC.search(lines.texts[i]) for i in top if i not in notices)
    others = [i for i, line in enumerate(lines.texts) if "ookie" in line and i not in notices and lines.is_prose(i)]
    if titled or len(others) > 1:
        return ()
    return [Span(lines.starts[i], lines.end(i), "", ID) for i in notices]


RULE = Structural(
    id=ID,
    about="A cookie notice.",
    find=find,
    gate="ookie|partners",
    phase=1,
    match=examples(
        f"⟦We use cookies to improve your visit. Read our policy.\n⟧{SENTENCE}",
        f"{SENTENCE}\n⟦This website uses third-party cookies.⟧",
        f"⟦We and 12 selected partners store cookies on your device.\n⟧{SENTENCE}",
        f"⟦Questo sito utilizza i cookie per migliorare la visita.\n⟧{SENTENCE}",
        f"⟦Diese Seite verwendet Cookies.\n⟧{SENTENCE}",
        f"⟦Nous utilisons des cookies.\n⟧{SENTENCE}",
        f"⟦Este sitio utiliza cookies propias.\n⟧{SENTENCE}",
        f"⟦Deze website gebruikt cookies.\n⟧{SENTENCE}",
        f"⟦By continuing to browse the site you agree to our use of cookies.\n⟧{SENTENCE}",
    ),
    keep=examples(
        "We use butter for cookies, never oil, said my aunt.",
        "By noon the cookies were gone.",
        "He ate a cookie, and his partners ate the rest.",
        "Privacy policy\nWe use cookies to keep you logged in.\nWe use no others.",
        "We use cookies to count visits.\nA cookie is a small file that the browser keeps for us on your disk.\n"
        "You may delete the cookies at any time, and we will not know you.",
    ),
)
