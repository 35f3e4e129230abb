"""Lists of words that are written by hand: one that stands twice is told."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pipeline.corpus import telling
from pipeline.lists import once, some
from pipeline.rules.structural import cues

TELLING: dict[str, Any] = tomllib.loads(Path(telling.__file__).with_name("telling.toml").read_text("utf-8"))


@pytest.mark.parametrize("words", ["", "mill", "mill weir", "mill Mill mills", " mill\n  weir "])
def test_a_list_is_its_words(words: str) -> None:
    assert some(words) == once(words.split()) == set(words.split())


@pytest.mark.parametrize("words", ["mill mill", "mill weir\n mill", "the mill of the"])
def test_a_word_that_stands_twice_is_an_error(words: str) -> None:
    with pytest.raises(ValueError, match=r"Cannot read a list of words: '(mill|the)' stands twice\. Leave one out\."):
        some(words)


@pytest.mark.parametrize(
    ("lists", "word"),
    [
        ({"weak": "home | menu\nhome"}, "home"),
        ({"firm": "read more", "weak": "home | read more"}, "read more"),
        ({"sure": "skip to content | menu", "weak": "menu"}, "menu"),
        ({"sure": "skip to content", "firm": "read more", "weak": "home\n | read"}, ""),
    ],
)
def test_a_cue_stands_once(lists: dict[str, str], word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cues, "PHRASES", lists)
    if word:
        with pytest.raises(ValueError, match=f"cues: '{word}' stands twice"):
            cues._phrases(*lists)
    else:
        assert cues._phrases(*lists) == {"skip to content", "read more", "home", "read"}


@pytest.mark.parametrize(
    ("name", "more", "word"),
    [
        ("common", "the", "the"),
        ("facts", "may", "may"),
        ("negations", "no", "no"),
        ("turning", "if", "if"),
        ("opposites", "wet / dry wet", "wet"),
        ("kinds", "oak elm oak", "oak"),
        ("kinds", "oak elm\nelm ash", ""),
        ("opposites", "wet / dry\ndry / moist", ""),
    ],
)
def test_a_telling_word_stands_once(name: str, more: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = TELLING | {name: f"{TELLING[name]}\n{more}"}
    monkeypatch.setattr(telling.tomllib, "loads", lambda text: data)
    if word:
        with pytest.raises(ValueError, match=f"'{word}' stands twice"):
            telling.telling.__wrapped__()
    else:
        telling.telling.__wrapped__()
