"""The way of one document: bytes or text in, a `Document` with its ledger out, checked by replaying the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, get_args

from pipeline.document import Document, Fact, Flag, Found, Ledger, Media, Paragraph
from pipeline.edits import Edit, PositionMap, apply
from pipeline.recent import LONG, forget
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings, is_off
from pipeline.stages import Stage, characters, decode, gaps, lines, on_pages, other_rules, page
from pipeline.stages.utf8 import count_words

if TYPE_CHECKING:
    from pipeline.html.blocks import Block
    from pipeline.html.page import Page

TRIPS = 4  # how often an earlier stage is asked again; as a rule once, and it finds nothing


class LedgerMismatch(RuntimeError):
    """The ledger of a document does not lead from its raw text to its clean text and back: a defect of a stage."""


def default_stages(settings: Settings | None = None, rules: RuleSet | None = None) -> list[Stage]:
    """The stages of a document, in order, to which a pipeline may add its own.

    >>> [stage.name for stage in default_stages()]
    ['cut', 'markup', 'content', 'lines', 'encoding', 'characters', 'debris', 'reflow', 'gaps']
    """
    settings = settings or Settings()
    rules = rules or RuleSet.builtin()
    return [
        Stage("cut", page.cut, whole=True),
        Stage("markup", page.markup(settings, rules), whole=True),
        Stage("content", page.content(settings), whole=True),
        Stage("lines", lines.find),
        Stage("encoding", on_pages.encoding_finder(settings), whole=True),
        Stage("characters", characters.find),
        Stage("debris", on_pages.debris_finder(settings, rules), rounds=3, guarded=True, whole=True, prose=True),
        Stage("reflow", on_pages.reflow_finder(settings), back_to="debris", whole=True),
        Stage("gaps", gaps.finder(settings), prose=True),
    ]


class Pipeline:
    """Cleans documents, one at a time. Make one and use it for many: the rules are compiled once.

    `settings` and `rules` default to the built-in ones; `stages` replaces the list of `default_stages`.

    >>> Pipeline().clean("A  text\\u200b of two words.").text
    'A text of two words.'
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        rules: RuleSet | None = None,
        stages: Sequence[Stage] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.rules = (rules or RuleSet.builtin()).without(self.settings.off, also=other_rules())
        self.stages = list(stages) if stages is not None else default_stages(self.settings, self.rules)
        self._places = by_name(self.stages)

    def clean(
        self,
        source: str | bytes,
        id: str = "document",
        media: Media | None = None,
        *,
        declared: str = "",
        facts: Iterable[Fact] = (),
    ) -> Document:
        """Clean one document; `source` is its text, or its bytes, whose encoding is then detected.

        `media` is `html` for the source of a page, and `text` for what is none; by default, a document is a page if it
        begins like one. `declared` is the encoding that was named beside the bytes, as HTTP does, and `facts` are those
        that stand beside the document, not in it. Raises `LedgerMismatch` if the ledger does not replay, `TypeError`
        for a source that is neither text nor bytes, and `ValueError` for a `media` that is not known.

        >>> Pipeline().clean("<p>Fish &amp; chips<br>for two", media="html").text
        'Fish & chips\\nfor two'
        """
        if media is not None and media not in get_args(Media):
            known = ", ".join(get_args(Media))
            raise ValueError(f"Cannot clean {id} as {media!r}: it is not one of {known}. Choose one, or leave it out.")
        document = decode.document(source, id, declared)
        document.facts += [fact for fact in facts if not is_off(fact.rule, self.settings.off)]
        document.media = media or ("html" if page.is_page(document.text) else "text")
        if any(flag.kind == "binary" for flag in document.flags):
            return document  # no text: left alone, and flagged
        position = trips = 0
        while position < len(self.stages):
            stage = self.stages[position]
            edits = self._run(stage, document)
            if stage.back_to and edits and trips < TRIPS and uncovers(document):
                trips += 1
                earlier = self._places[stage.back_to]
                if self._run(self.stages[earlier], document):
                    position = earlier + 1
                    continue
            position += 1
        settle(document)
        replay(document)
        document.page = None  # it is for the stages, and may be larger than the text
        return document

    def _run(self, stage: Stage, document: Document) -> int:
        """Let a stage do its rounds; return how many edits it made that stand."""
        before = State.of(document)
        edits = 0
        for _ in range(stage.rounds):
            found = stage.find(document if stage.whole else document.text)
            if self.settings.off:
                found.edits = without(found.edits, self.settings.off)
                found.facts = [fact for fact in found.facts if not is_off(fact.rule, self.settings.off)]
            if stage.prose and found.edits:
                found.edits = on_pages.as_marked(document.page, document.text, found.edits)
            take(document, stage.name, found)
            if not found.edits:
                break
            edits += len(found.edits)
        if stage.guarded and edits:
            guard(document, before, self.settings.guard)
        if len(before.text) > LONG:
            forget()
        return edits if len(document.ledger) > before.passes else 0

    def stream(self, sources: Iterable[tuple[str, str | bytes]]) -> Iterator[Document]:
        """Clean many documents, given as (id, source), one after another; only one is in memory at a time.

        >>> [document.text for document in Pipeline().stream([("a", "One."), ("b", "Two.")])]
        ['One.', 'Two.']
        """
        for id, source in sources:
            yield self.clean(source, id)


def by_name(stages: Sequence[Stage]) -> dict[str, int]:
    """The place of each stage, by its name; raises `ValueError` for stages that cannot work together.

    >>> by_name([Stage("one", lambda text: Found()), Stage("two", lambda text: Found(), back_to="one")])
    {'one': 0, 'two': 1}
    """
    found: dict[str, int] = {}
    for place, stage in enumerate(stages):
        if stage.name in found:
            raise ValueError(f"Cannot use stage {stage.name}: there are two of that name. Give each its own.")
        if stage.rounds < 1:
            raise ValueError(
                f"Cannot use stage {stage.name}: with rounds={stage.rounds} it never runs. Give 1 or more."
            )
        if stage.back_to and stage.back_to not in found:
            raise ValueError(
                f"Cannot use stage {stage.name}: it goes back to {stage.back_to!r}, which is no stage before it. "
                "Put that stage before it, or leave `back_to` out."
            )
        found[stage.name] = place
    return found


def without(edits: Sequence[Edit], off: Collection[str]) -> Sequence[Edit]:
    """The edits whose rules are not switched off; a pass has many edits and few rules."""
    gone = {rule for rule in {edit.rule for edit in edits} if is_off(rule, off)}
    return [edit for edit in edits if edit.rule not in gone] if gone else edits


def take(document: Document, stage: str, found: Found) -> None:
    """Apply what a stage found: its edits to the text and the ledger, its facts and gaps to the document."""
    to_raw = document.ledger.to_raw
    known = set(document.facts) if found.facts else set()
    for fact in found.facts:
        start, end = to_raw(fact.start, side="right"), to_raw(fact.end, side="left")
        kept = Fact(fact.kind, fact.value, start, max(start, end), fact.rule)
        if kept not in known:
            known.add(kept)
            document.facts.append(kept)
    gaps = [gap._replace(raw=to_raw(gap.at, side="left")) for gap in found.gaps]
    if found.paragraphs:
        document.paragraphs = list(found.paragraphs)
    document.flags.extend(found.flags)
    if found.edits:
        document.text = apply(document.text, found.edits)
        document.ledger.add(stage, found.edits)
        if gaps:
            forward = document.ledger.maps()[-1].forward
            gaps = [gap._replace(at=forward(gap.at, side="left")) for gap in gaps]
    if found.edits and document.page is not None:
        move(document.page, document.ledger.maps()[-1])
    if found.page is not None:  # its blocks stand where these edits put them
        document.page = found.page
    if found.edits and not is_behind(found.edits, document.paragraphs):
        positions = document.ledger.maps()[-1]
        starts = positions.forward_all([paragraph.start for paragraph in document.paragraphs], side="left")
        ends = positions.forward_all([paragraph.end for paragraph in document.paragraphs], side="right")
        document.paragraphs = [
            Paragraph(paragraph.kind, start, end)
            for paragraph, start, end in zip(document.paragraphs, starts, ends, strict=True)
        ]
    document.gaps.extend(gaps)


def move(page: Page, positions: PositionMap) -> None:
    """Let the blocks of a page stand where a pass has moved them."""
    starts = positions.forward_all([block.start for block in page.blocks], side="right")
    ends = positions.forward_all([block.end for block in page.blocks], side="left")
    for block, start, end in zip(page.blocks, starts, ends, strict=True):
        block.start, block.end = start, max(start, end)


def is_behind(edits: Sequence[Edit], paragraphs: Sequence[Paragraph]) -> bool:
    """Whether all edits take text behind the last paragraph, as the newline at the end of a file: none moves."""
    return not paragraphs or (edits[0].start >= paragraphs[-1].end and bool(edits[0].old))


def uncovers(document: Document) -> bool:
    """Whether the last pass changed what rules see of a text: anything but the newline at its end."""
    return document.ledger.passes[-1].edits[0].start < len(document.text)


class State(NamedTuple):
    """What a stage may change of a document, and the guard may give back: how many passes there are, the text, the
    paragraphs, and where the blocks of a page stand."""

    passes: int
    text: str
    paragraphs: list[Paragraph]
    blocks: list[tuple[Block, int, int]]

    @classmethod
    def of(cls, document: Document) -> State:
        """The state of a document."""
        blocks = document.page.blocks if document.page is not None else ()
        places = [(block, block.start, block.end) for block in blocks]
        return cls(len(document.ledger), document.text, document.paragraphs, places)

    def restore(self, document: Document) -> None:
        """Take back all passes since then."""
        document.ledger = Ledger(document.ledger.passes[: self.passes])
        document.text, document.paragraphs = self.text, self.paragraphs
        for block, start, end in self.blocks:
            block.start, block.end = start, end


def guard(document: Document, before: State, share: float) -> None:
    """Take back the passes since `before` if they took more than `share` of its words."""
    if len(before.text) - len(document.text) < share * len(before.text) / 2:
        return  # far too little to be so many words
    words, left = count_words(before.text), count_words(document.text)
    if words - left > share * words:
        before.restore(document)
        document.flags.append(
            Flag(
                "guard",
                f"The rules would take {words - left} of {words} words, more than the guard of {share:.0%} allows; "
                "the document is kept with its debris. Look at it, and raise --guard if it is debris.",
            )
        )


def settle(document: Document) -> None:
    """Give paragraphs their raw spans, drop the ones that an edit emptied, and sort what was learnt."""
    text, paragraphs = document.text, document.paragraphs
    starts = [paragraph.start for paragraph in paragraphs]
    ends = [paragraph.end for paragraph in paragraphs]
    if not all(is_behind(step.edits, paragraphs) for step in document.ledger):
        starts = document.ledger.all_to_raw(starts, side="right")
        ends = document.ledger.all_to_raw(ends, side="left")
    document.paragraphs = [
        Paragraph(paragraph.kind, paragraph.start, paragraph.end, start, end)
        for paragraph, start, end in zip(paragraphs, starts, ends, strict=True)
        if text[paragraph.start : paragraph.end].strip()
    ]
    document.facts.sort(key=lambda fact: (fact.start, fact.end, fact.kind))
    document.gaps.sort(key=lambda gap: (gap.at, gap.kind))


def replay(document: Document) -> None:
    """Raise `LedgerMismatch` unless the ledger leads from raw to clean, and back."""
    if document.ledger.apply(document.raw) != document.text:
        raise LedgerMismatch(f"Cannot vouch for {document.id}: its ledger does not lead to its clean text.")
    if document.ledger.rebuild(document.text) != document.raw:
        raise LedgerMismatch(f"Cannot vouch for {document.id}: its ledger does not lead back to its raw text.")


def clean(source: str | bytes, *, media: Media | None = None, **settings: object) -> Document:
    """Clean one text or page with the built-in rules. `media` is as for `Pipeline.clean`; the other keyword arguments
    are those of `Settings`.

    Returns a `Document`: `.text`, `.edits`, `.facts`, `.gaps`, `.origin(i)`, `.ledger`.

    >>> result = clean("Relations were good.[1] They stayed so.")
    >>> result.text
    'Relations were good. They stayed so.'
    >>> result.origin(20)
    23
    """
    return Pipeline(Settings(**settings)).clean(source, media=media)  # type: ignore[arg-type]
