"""The words of site chrome: what navigation, share buttons, forms and notices say on a line of their own.

A *strong* cue is never the author's: a line that says only this can go wherever it stands. A *weak* one
("Contact", "Home") may be a heading as well; it counts only together with others near it.
"""

from __future__ import annotations

import regex

STRONG = """
skip to content | skip to main content | skip to navigation | skip navigation | skip to search | skip to footer
jump to content | jump to navigation | jump to search | jump to navigation jump to search | jump to: navigation, search
navigation menu | main navigation | main menu | toggle navigation | toggle menu | toggle search | toggle sidebar | open menu
close menu | show menu | back to top | return to top | scroll to top | go to top | go to content
log in | login | log in / sign up | log in / register | sign in | sign up | register | create account | create an account
my account | forgot password | forgot your password? | remember me | log out | logout | not logged in | your cart | view cart
add to cart | add to basket | add to wishlist | shopping cart | checkout | join waitlist
accept cookies | accept all cookies | accept all | cookie settings | cookie policy | manage cookies | cookie preferences
privacy policy | terms of use | terms of service | terms and conditions | terms & conditions | legal notice | do not sell my info
impressum | datenschutz | kontakt - impressum - datenschutz | mentions légales | aviso legal
share this | share this article | share this page | share this post | share this story | share on facebook | share on twitter
share on linkedin | share on whatsapp | share on pinterest | share via email | email this | email this article | email this page
email to a friend | print this | print this page | print this article | printer-friendly version | print view | raw text
tweet this | pin it | click to share | flag as inappropriate | report this ad | report abuse | advertisement | advertisements
sponsored | sponsored content | sponsored links | ad choices | adchoices | continue reading below | story continues below
article continues below | scroll to continue
leave a reply | leave a comment | cancel reply | leave a reply cancel reply | post a comment | post comment | add a comment
add comment | submit comment | your email address will not be published. required fields are marked *
your email address will not be published | required fields are marked * | notify me of new posts by email
notify me of follow-up comments by email | name * | email * | comment *
related posts | related articles | related stories | related content | you may also like | you might also like
you may also be interested in | recommended for you | recommended articles | more from the web | from around the web
trending now | trending | trending terms | most popular | most read | popular posts | recent posts | recent comments | top searches
latest posts | latest news | latest stories | previous post | next post | older posts | newer posts | previous article | next article
post navigation | read next | up next | see more | show more | load more | view more | view all | see all | read full article
subscribe to our newsletter | sign up for our newsletter | newsletter signup | newsletter sign-up | join our newsletter
join our mailing list | get email updates | get our newsletter | subscribe now | subscribe today | subscribe via rss
follow us | follow us on facebook | follow us on twitter | follow us on instagram | like us on facebook | connect with us
stay connected | get in touch | download our app | get the app | donate now | support us | buy from amazon | buy on amazon
recent changes | recentchanges | findpage | helpcontents | immutable page | delete cache | check spelling | like pages
local site map | rename page | delete page | remove spam | revert to this revision | moinmoin powered | python powered
what links here | special pages | permanent link | page information | random article | upload file | community portal
powered by wordpress | proudly powered by wordpress | powered by vbulletin | powered by phpbb | powered by moinmoin
all rights reserved | all rights reserved. | site map | sitemap | rss feed | follow-up postings: | follow-up postings
zum inhalt springen | zur navigation springen | nach oben | anmelden | registrieren | newsletter abonnieren
aller au contenu | se connecter | s'inscrire | s'abonner | partager sur facebook | ir al contenido | iniciar sesión | compartir
"""

WEAK = """
home | menu | search | search: | search this site | search for: | go | submit | send | close | open | next | previous | prev | back
more | more... | read more | read more » | learn more | find out more | continue reading | click here | details
about | about us | contact | contact us | contacts | help | faq | faqs | support | careers | jobs | press | blog | news | events
products | services | shop | store | cart | account | profile | settings | user | page | info | tools | attachments | downloads
share | share share | share: | tweet | pin | like | comment | comments | reply | quote | report | follow | print | email | e-mail
save | bookmark | subscribe | unsubscribe | donate | newsletter | email address | your email | name | website | password | username
facebook | twitter | instagram | youtube | linkedin | pinterest | whatsapp | telegram | tumblr | reddit | reddit | viber | google+
google plus | rss | flickr | vimeo | tiktok | mastodon | snapchat | line | x | messenger | skype | digg | stumbleupon | mix | vk
related | related terms | related terms: | related: | related topics | related links | tags | tags: | categories | topics
archives | archive | links | sidebar | footer | header | navigation | language | languages | english | deutsch | français | español
privacy | terms | legal | disclaimer | accessibility | cookies | copyright | imprint | kontakt | suche | startseite | mehr
teilen | drucken | weiterlesen | accueil | rechercher | partager | lire la suite | inicio | buscar | leer más | advertise
contact a human | comments | attachments | more actions: | slideshow | valid html 4.01 | gpl licensed | view | edit | history | talk
discussion | view source | view history | read | article | actions | personal tools | views | interaction | toolbox | namespaces
variants | what is this? | print/export | in other languages | in other projects
"""


def _phrases(block: str) -> frozenset[str]:
    return frozenset(phrase.strip() for line in block.split("\n") for phrase in line.split(" | ") if phrase.strip())


STRONG_PHRASES = _phrases(STRONG)
WEAK_PHRASES = _phrases(WEAK)
LONGEST = max(map(len, STRONG_PHRASES | WEAK_PHRASES))

PATTERNS = regex.compile(
    r"""(?xi)
      # who wrote a comment, and when
      .{2,50}\ (?:january|february|march|april|may|june|july|august|september|october|november|december)\ \d{1,2},\ \d{4}
        \ at\ \d{1,2}:\d\d\ ?[ap]m(?:\ reply)?
    | \d{1,2}\ \w{3,9}\ \d{4}\ by\ \S.{2,40}
    | (?:posted|submitted|published)\ (?:in|under|by)\b.{0,60}(?:\|.*)?
    | \d+\ (?:comments?|responses?|replies|shares?|likes?|views?|reviews?)
    | (?:share|follow|find|like)\ (?:us\ )?on\ .{3,40}
    | (?:subscribe|sign\ up)\ (?:to|for)\ .{3,120}
    | .{0,200}\bprivacy\ policy\b.{0,80}
    | (?:©|copyright\b|\(c\)).{0,160}
    | (?:stay|keep)\ up[ -]to[ -]date\ .{0,80}
    | (?:enter|your)\ e-?mail(?:\ address)?.{0,40}
    | .{1,60}\ powered | powered\ by\ .{2,40}
    | (?:tags|categories|filed\ under|topics|labels|posted\ in)\s*:.{0,120}
    | unable\ to\ edit\ the\ page\?.{0,60}
    | [-=_*~]{5,}
    """
)
BULLET = regex.compile(r"^[•*·▪●○◦»›>|–—-]\s*|\s*[|»›>]$")
WORD = regex.compile(r"\S+")


def strength(line: str) -> int:
    """How sure it is that a line (without the spaces around it) is site chrome: 0 not, 1 weak, 2 strong.

    >>> strength("Skip to content"), strength("• Contact"), strength("The harbour"), strength("Share Share")
    (2, 1, 0, 1)
    """
    if len(line) > 240:
        return 0
    phrase = " ".join(BULLET.sub("", line).lower().split())
    if phrase in STRONG_PHRASES:
        return 2
    if phrase in WEAK_PHRASES:
        return 1
    if not phrase:
        return 0
    if len(phrase) <= 120:
        parts = _parts(phrase)
        if parts:
            return 2 if all(part in STRONG_PHRASES for part in parts) or len(parts) >= 4 else 1
    if PATTERNS.fullmatch(phrase):
        return 1
    return 0


def _parts(phrase: str) -> list[str]:
    """The cues that a line consists of, if it is nothing but cues ("Skip to content Skip to navigation")."""
    words = [word for word in WORD.findall(phrase) if word not in ("|", "/", "•", "·", "-", "–", "—", ">", "»")]
    parts: list[str] = []
    at = 0
    while at < len(words):
        for size in range(min(8, len(words) - at), 0, -1):
            part = " ".join(words[at : at + size])
            if part in STRONG_PHRASES or part in WEAK_PHRASES:
                parts.append(part)
                at += size
                break
        else:
            return []
    return parts
