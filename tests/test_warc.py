"""What is read from a web archive: which records are documents, what their bytes are, and what is told of damage."""

from __future__ import annotations

import gzip
import random
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipeline.formats import records, warc
from pipeline.formats.records import Broken, Item, Omitted, Record

NEEDED = pytest.mark.skipif(find_spec("fastwarc") is None, reason="it needs fastwarc")
pytestmark = NEEDED

PAGE = b"<!DOCTYPE html><title>Mill</title><p>The mill is old.</p>"


def record(
    body: bytes = PAGE,
    kind: str = "response",
    http: str = "HTTP/1.1 200 OK\r\nContent-Type: text/html",
    head: str = "",
    length: object = None,
) -> bytes:
    """A record, as a crawler writes it; without `http`, the body is the block."""
    block = http.encode() + b"\r\n\r\n" + body if http else body
    lines = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        "WARC-Record-ID: <urn:uuid:7>",
        "WARC-Date: 2020-01-02T03:04:05Z",
        "WARC-Target-URI: http://a.example/mill",
        "Content-Type: application/http; msgtype=response" if http else "X: y",
        *head.splitlines(),
        f"Content-Length: {len(block) if length is None else length}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def http(*lines: str, status: str = "200 OK") -> str:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines])


def read(path: Path, data: bytes) -> list[Item]:
    path.write_bytes(data)
    return list(records.walk(str(path), records.split(path.name)[1]))


def test_a_page_is_a_document_with_its_facts(tmp_path: Path) -> None:
    made = record(head="WARC-Payload-Digest: sha1:ABC", http=http("Content-Type: text/html; charset=ISO-8859-1"))
    for name, data in ("a.warc", made), ("a.warc.gz", gzip.compress(made)):
        (found,) = read(tmp_path / name, data)
        assert isinstance(found, Record)
        assert found[:4] == ("00000001", PAGE, "html", "ISO-8859-1")
        assert [(fact.kind, fact.value, fact.rule) for fact in found.facts] == [
            ("url", "http://a.example/mill", "record.url"),
            ("record_date", "2020-01-02T03:04:05Z", "record.date"),
            ("payload_digest", "sha1:ABC", "record.digest"),
            ("record_id", "urn:uuid:7", "record.id"),
        ]


KINDS = [
    (record(http=http("content-type:TEXT/HTML;x=y")), "html"),
    (record(http=http("Content-Type: application/xhtml+xml")), "html"),
    (record(http=http("Content-Type: text/plain; charset=utf-8")), None),
    (record(http=http("Content-Type: text/html", status="206 Partial Content")), "html"),
    (record(http="HTTP/1.1 200 OK\nContent-Type: text/html\n"), "html"),
    (record(PAGE, "resource", "", "Content-Type: text/html"), "html"),
    (record(b"The mill.", "conversion", "", "Content-Type: text/plain"), None),
    (record(kind="request", http="GET / HTTP/1.1"), "of type request"),
    (record(b"", "warcinfo", ""), "of type warcinfo"),
    (record(b"", "revisit"), "of type revisit"),
    (record(http=http("Content-Type: image/png")), "of content image/png"),
    (record(http=http("Content-Type: application/pdf; x")), "of content application/pdf"),
    (record(http=http("Content-Type: nonsense")), "that do not say what they contain"),
    (record(http=http("X: y")), "that do not say what they contain"),
    (record(http=http("Content-Type: text/html", status="404 Not Found")), "of HTTP status 404"),
    (record(http="nonsense"), "without an HTTP status"),
]


@pytest.mark.parametrize(("data", "expected"), KINDS)
def test_a_record_is_a_document_or_says_why_not(tmp_path: Path, data: bytes, expected: str | None) -> None:
    (found,) = read(tmp_path / "a.warc", data.replace(b"X: y\r\n", b"") if b"resource" in data else data)
    if expected in ("html", None):
        assert isinstance(found, Record)
        assert found.media == expected
    else:
        assert found == Omitted(str(expected))


CODED = [
    (b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE), "Transfer-Encoding: chunked"),
    (gzip.compress(PAGE), "Content-Encoding: gzip"),
    (b"%x\r\n%b\r\n0\r\n\r\n" % (len(gzip.compress(PAGE)), gzip.compress(PAGE)),
     "Transfer-Encoding: chunked\r\nContent-Encoding: gzip"),
    (PAGE, "Transfer-Encoding: chunked\r\nContent-Encoding: br"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "header"), CODED, ids=[header for _, header in CODED])
def test_what_http_did_to_a_page_is_undone(tmp_path: Path, body: bytes, header: str) -> None:
    (found,) = read(tmp_path / "a.warc", record(body, http=http("Content-Type: text/html", header)))
    assert isinstance(found, Record)
    assert found.data == PAGE


ONE, TWO, THREE = record(b"<p>one" * 99), record(b"<p>two" * 99), record(b"<p>three" * 99)
GZ = [gzip.compress(made) for made in (ONE, TWO, THREE)]
BAD = record(gzip.compress(PAGE)[:-9], http=http("Content-Type: text/html", "Content-Encoding: gzip"))
DAMAGE = {
    "whole": (b"".join(GZ), 3, None),
    "compressed as one": (gzip.compress(ONE + TWO + THREE), 3, None),
    "empty": (b"", 0, None),
    "a body that is broken": (ONE + BAD + THREE, 2, "record 2: its compressed body ends too early"),
    "cut in a body": (ONE + TWO[:-99], 1, "record 2: it ends too early"),
    "cut in a header": (ONE + TWO[:50], 1, "record 2: it does not say how long it is"),
    "cut in a header, compressed": (GZ[0] + GZ[1][:40], 1, "its compressed data end too early, after 1 document"),
    "cut in a body, compressed": (GZ[0] + GZ[1][:-9], 1, "its compressed data end too early, after"),
    "a bad sum": (GZ[0] + GZ[1][:-8] + bytes(8) + GZ[2], 1, "its compressed data are damaged, after"),
    "rubbish between": (ONE + b"rubbish\r\n" + TWO, 1, "record 2: it does not begin as a record of WARC does"),
    "rubbish between, compressed": (GZ[0] + b"rubbish" + GZ[1], 1, "its compressed data are damaged, after 1 document"),
    "a length too short": (ONE + record(length=50) + THREE, 1, "record 3: it does not begin"),
    "a length too long": (ONE + record(length=5000) + THREE, 1, "record 2: it ends too early"),
    "no length": (ONE + record(length="x") + THREE, 1, "record 2: it does not say how long"),
    "no archive": (b"<html>", 0, "record 1: it does not begin as a record of WARC does"),
}


@pytest.mark.parametrize(("data", "documents", "said"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_told_and_what_stands_before_is_read(
    tmp_path: Path, data: bytes, documents: int, said: str | None
) -> None:
    found = read(tmp_path / ("a.warc.gz" if data.startswith(b"\x1f\x8b") else "a.warc"), data)
    broken = [f"{item.where}: {item.reason}".removeprefix(": ") for item in found if isinstance(item, Broken)]
    read_whole = [item for item in found if isinstance(item, Record) and item.data in (b"<p>one" * 99, b"<p>two" * 99)]
    assert len(broken) == (said is not None)
    assert all(one.startswith(str(said)) for one in broken), broken
    assert sum(isinstance(item, Record) for item in found) >= documents
    assert read_whole or not documents


@pytest.mark.parametrize("cut", range(0, 1600, 7))
def test_an_archive_that_is_cut_anywhere_is_an_item_and_no_error(tmp_path: Path, cut: int) -> None:
    for name, data in ("a.warc", ONE + TWO), ("a.warc.gz", gzip.compress(ONE) + gzip.compress(TWO)):
        whole = read(tmp_path / name, data)
        found = read(tmp_path / name, data[: min(cut, len(data))])
        documents = [item for item in found if isinstance(item, Record)]
        assert documents == whole[: len(documents)]


def test_a_record_that_is_too_long_is_told_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "LONGEST", 700)
    found = read(tmp_path / "a.warc", ONE + THREE + TWO)
    assert [item.reason for item in found if isinstance(item, Broken)] == ["it is longer than 700 bytes"]
    assert len(found) == 3


def test_what_is_needed_and_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fastwarc.warc", None)
    assert read(tmp_path / "a.warc", ONE) == [Broken("", "it needs fastwarc", "Use pip install 'clean-corpus[warc]'.")]


@pytest.mark.parametrize("seed", range(300))
def test_an_archive_that_is_damaged_anywhere_is_items_and_no_error(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(b"".join(chance.choice((ONE, TWO, BAD, gzip.compress(ONE))) for _ in range(3)))
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(data))
        data[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
    name = chance.choice(("a.warc", "a.warc.gz", "b.warc.gz"))
    made = gzip.compress(bytes(data)) if name == "b.warc.gz" else bytes(data)
    assert all(isinstance(item, Record | Omitted | Broken) for item in read(tmp_path / name, made))
