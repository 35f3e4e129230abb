"""Files that hold many documents: what is read from a line of JSON, and what from a record of a web archive."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from pipeline import Pipeline
from pipeline.formats import jsonio, jsonl, payload, records
from pipeline.formats.records import Broken, Item, Omitted, Record, safe
from pipeline.stages import decode

PLAIN = Pipeline(stages=[])
JSONL = [
    ('{"text": "A mill."}', ("00000001", "A mill.", None, {})),
    ('{"text": ""}', ("00000001", "", None, {})),
    ('\ufeff{"id": "a", "text": "A mill."}', ("a", "A mill.", None, {"record_id": "a"})),
    ('  {"id": 7, "text": "é\\ud800"} \r', ("7", "é\ud800", None, {"record_id": "7"})),
    ('{"id": "", "doc_id": "a/b", "text": "x"}', ("a%2Fb", "x", None, {"record_id": "a/b"})),
    ('{"id": "a", "html": "<p>x"}', ("a", "<p>x", "html", {"record_id": "a"})),
    ('{"raw_content": "x", "content": "y"}', ("00000001", "x", None, {"record_content": "y"})),
    ('{"content": "y", "text": null}', ("00000001", "y", None, {})),
    ('{"html": "<p>x", "text": "x"}', ("00000001", "x", None, {"record_html": "<p>x"})),
    (
        '{"text": "x", "url": "http://a/", "date": "2020-01-01", "title": "T", "source": "s", "score": 0.5}',
        (
            "00000001",
            "x",
            None,
            {"url": "http://a/", "record_date": "2020-01-01", "record_title": "T", "record_source": "s"}
            | {"record_score": "0.5"},
        ),
    ),
    (
        '{"text": "x", "metadata": {"url": "u", "n": [1]}, "none": null, "blank": "", "ok": true}',
        ("00000001", "x", None, {"record_metadata": '{"url":"u","n":[1]}', "record_ok": "true"}),
    ),
    ('{"text": "x", "long": "' + "y" * 10_001 + '"}', ("00000001", "x", None, {})),
    ('{"text": null}', Omitted("whose text is null")),
    ('{"text": 7}', "its member text is not a string"),
    ('{"title": "T"}', "it has no text: no member is called text, html, raw_content or content"),
    ('["text"]', "it is not an object of JSON"),
    ('{"text": "x"', "it is not JSON: unexpected end of data at column"),
    ('{"text": "\udcff"}', "it is not JSON"),
    ("[" * 100_000, "it is not JSON"),
    (
        '{"text": "x", "deep": ' + "[" * 300 + "]" * 300 + "}",
        ("00000001", "x", None, {"record_deep": "[" * 300 + "]" * 300}),
    ),
    ('{"id": NaN, "text": "x"}', ("00000001", "x", None, {})),
    (f'{{"id": {2**64}, "text": "x"}}', (str(2**64), "x", None, {"record_id": str(2**64)})),
    ('{"text": 18446744073709551616}', "its member text is not a string"),
    ('{"text": 18446744073709551616, "n": NaN}', "its member text is not a string"),
]


def items(path: Path, suffix: str) -> list[Item]:
    return list(records.walk(str(path), suffix))


def lines(path: Path, *written: str) -> list[Item]:
    path.write_bytes("\n".join(written).encode("utf-8", "surrogateescape"))
    return items(path, ".jsonl")


@pytest.mark.parametrize(("line", "expected"), JSONL, ids=[line[:60].encode("ascii", "replace") for line, _ in JSONL])
def test_a_line_is_a_document_or_says_why_not(tmp_path: Path, line: str, expected: Any) -> None:
    (found,) = lines(tmp_path / "a.jsonl", line)
    match found:
        case Record():
            facts = {fact.kind: fact.value for fact in found.facts}
            assert (*found[:3], facts) == expected
            assert {(fact.start, fact.end) for fact in found.facts} <= {(0, 0)}
        case Broken():
            assert found.where == "line 1"
            assert found.reason.startswith(expected)
        case _:
            assert found == expected


METADATA = [
    ('{"text": "x"}', b""),
    ('{"text": "x", "id": "a"}', b'{"id":"a"}'),
    (
        '{"text": "x", "b": [1, 0.5, true, null, {"c": "é"}], "a": ""}',
        '{"b":[1,0.5,true,null,{"c":"é"}],"a":""}'.encode(),
    ),
    ('{"text": "x", "metadata": {"text": "y"}}', b'{"metadata":{"text":"y"}}'),
    ('{"html": "<p>x", "text": "x"}', b'{"html":"<p>x"}'),
    ('{"text": "x", "long": "' + "y" * 20_000 + '"}', b'{"long":"' + b"y" * 20_000 + b'"}'),
    ('{"text": "x", "half": "\\ud800"}', b'{"half":"\\ud800"}'),
    ('{"text": "x", "n": 18446744073709551615}', b'{"n":18446744073709551615}'),
    ('{"text": "x", "n": [{"n": 18446744073709551616}]}', b'{"n":[{"n":"18446744073709551616"}]}'),
    ('{"text": "x", "n": -9223372036854775809}', b'{"n":"-9223372036854775809"}'),
    ('{"text": "x", "n": -9223372036854775808}', b'{"n":-9223372036854775808}'),
    ('{"text": "x", "n": [1e22, -1.5e300]}', b'{"n":[1e+22,-1.5e+300]}'),
    ('{"text": "18446744073709551616", "n": 0.1}', b'{"n":0.1}'),
    ('{"text": "x", "n": [NaN, -Infinity, 1e999]}', b'{"n":[null,null,null]}'),
    (
        '{"text": "x", "n": [NaN, 1e999, 18446744073709551616, "\\ud800"]}',
        b'{"n":[null,null,"18446744073709551616","\\ud800"]}',
    ),
    ('{"text": "x", "n": ' + "7" * 5000 + "}", b'{"n":"' + b"7" * 5000 + b'"}'),
]


@pytest.mark.parametrize(("line", "metadata"), METADATA, ids=[line[:40] for line, _ in METADATA])
def test_the_other_members_are_kept_as_they_are(tmp_path: Path, line: str, metadata: bytes) -> None:
    (found,) = lines(tmp_path / "a.jsonl", line)
    assert isinstance(found, Record)
    assert found.metadata == metadata


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_lines_in_another_encoding_are_told_once(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes('{"text": "The mill."}\n{"text": "The ferry."}\n'.encode(encoding))
    assert items(path, ".jsonl") == [
        Broken("", "it is UTF-16 or UTF-32, and JSON lines are UTF-8", "Convert it to UTF-8.")
    ]


def test_only_a_mark_of_utf8_stands_before_a_line(tmp_path: Path) -> None:
    """As where files are put together; a line of UTF-16 among others is none of JSON."""
    path = tmp_path / "a.jsonl"
    mark, line = "\ufeff".encode(), b'{"text": "The mill."}\n'
    path.write_bytes(mark + line + mark + line + '{"text": "The ferry."}'.encode("utf-16-le"))
    assert [type(item) for item in items(path, ".jsonl")] == [Record, Record, Broken]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_no_value_of_the_other_members_is_lost(value: Any) -> None:
    found = jsonl._item(json.dumps({"text": "x", "other": value}).encode(), 1)
    assert isinstance(found, Record)
    assert repr(json.loads(found.metadata)) == repr({"other": told(value)})
    assert jsonio.dumps(jsonio.loads(found.metadata)) == found.metadata


def told(value: Any) -> Any:
    """A value as it is kept: what 64 bits do not hold is text."""
    if isinstance(value, list):
        return [told(one) for one in value]
    if isinstance(value, dict):
        return {name: told(one) for name, one in value.items()}
    return str(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value


def test_records_of_the_same_text_and_other_members_are_told_apart(tmp_path: Path) -> None:
    one, other, same = lines(tmp_path / "a.jsonl", *(json.dumps({"text": "x", "id": "a", "n": n}) for n in (1, 2, 1)))
    assert isinstance(one, Record)
    assert isinstance(other, Record)
    assert isinstance(same, Record)
    assert one.digest() == same.digest() != other.digest()


def test_empty_lines_are_none_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    found = lines(tmp_path / "a.jsonl", '{"text": "a"}', "", "  \r", '{"text": "b"}', "{", '{"text": "c"}', "")
    assert [item.name if isinstance(item, Record) else item.where for item in found] == [
        "00000001", "00000004", "line 5", "00000006",
    ]  # fmt: skip


def test_a_line_that_is_too_long_is_told_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "LONGEST", 50)
    long = json.dumps({"text": "x" * 200})
    found = lines(tmp_path / "a.jsonl", long, '{"text": "b"}', long)
    assert [item.where for item in found if isinstance(item, Broken)] == ["line 1", "line 3"]
    assert [item.data for item in found if isinstance(item, Record)] == ["b"]


ROW = b'{"text": "%s"}\n' % (b"A mill stood here. " * 50)
DAMAGE = {
    "cut": (gzip.compress(ROW * 100)[:-40], "its compressed data end too early, after"),
    "cut between": (gzip.compress(ROW * 100)[:-8], "its compressed data end too early, after 100 documents"),
    "changed": (gzip.compress(ROW * 100)[:-8] + bytes(8), "its compressed data are damaged, after 100 documents"),
    "not compressed": (ROW * 100, "its compressed data are damaged, after 0 documents"),
    "empty": (b"", "its compressed data end too early, after 0 documents"),
    "two members, one cut": (gzip.compress(ROW) + gzip.compress(ROW)[:-9], "its compressed data end too early"),
}


@pytest.mark.parametrize(("data", "reason"), DAMAGE.values(), ids=DAMAGE)
def test_what_stands_before_damage_is_read(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(data)
    *before, last = items(tmp_path / "a.jsonl.gz", ".jsonl.gz")
    assert all(isinstance(item, Record) for item in before if item is not last)
    assert isinstance(last, Broken)
    assert last.reason.startswith(reason)
    assert last.where == ""


FRAME = zstd.compress(ROW * 100, options={zstd.CompressionParameter.checksum_flag: 1})
DICTIONARY = zstd.train_dict([b"A mill of %d stones stood here for %d years." % (n, 7 * n) for n in range(500)], 2000)
ZSTD_DAMAGE = {
    "cut": (FRAME[:-9], "its compressed data end too early, after"),
    "cut in the checksum": (FRAME[:-2], "its compressed data end too early, after 100 documents"),
    "changed": (FRAME[:-4] + bytes(4), "its compressed data are damaged, after"),
    "not compressed": (ROW * 100, "its compressed data are damaged, after 0 documents"),
    "empty": (b"", "its compressed data end too early, after 0 documents"),
    "with a dictionary": (
        zstd.compress(ROW) + zstd.compress(ROW, zstd_dict=DICTIONARY),
        "its compressed data need the dictionary that they were compressed with, after 1 document",
    ),
    "two frames, one cut": (zstd.compress(ROW) + FRAME[:-9], "its compressed data end too early, after"),
    "something behind it": (zstd.compress(ROW) + b"rest", "its compressed data are damaged, after 1 document"),
}


@pytest.mark.parametrize(("data", "reason"), ZSTD_DAMAGE.values(), ids=ZSTD_DAMAGE)
def test_what_stands_before_damage_of_zstd_is_read(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.jsonl.zst").write_bytes(data)
    *before, last = items(tmp_path / "a.jsonl.zst", ".jsonl.zst")
    assert all(isinstance(item, Record) for item in before)
    assert isinstance(last, Broken)
    assert last.reason.startswith(reason)


@pytest.mark.parametrize(("suffix", "data"), [("", b""), (".gz", gzip.compress(b"")), (".zst", zstd.compress(b""))])
def test_a_file_of_nothing_has_no_records(tmp_path: Path, suffix: str, data: bytes) -> None:
    (tmp_path / f"a.jsonl{suffix}").write_bytes(data)
    assert items(tmp_path / f"a.jsonl{suffix}", f".jsonl{suffix}") == []


ADVICE = [
    (FRAME[:-9], "Fetch it again; what comes before is taken."),
    (
        zstd.compress(ROW, zstd_dict=DICTIONARY),
        "Decompress it (zstd -d -D DICTIONARY), and compress it again without one; what comes before is taken.",
    ),
]


@pytest.mark.parametrize(("data", "advice"), ADVICE)
def test_what_cannot_be_decompressed_says_what_to_do(tmp_path: Path, data: bytes, advice: str) -> None:
    (tmp_path / "a.jsonl.zst").write_bytes(data)
    *_, found = items(tmp_path / "a.jsonl.zst", ".jsonl.zst")
    assert isinstance(found, Broken)
    assert found.advice == advice


def test_all_frames_of_zstd_are_read(tmp_path: Path) -> None:
    frames = [zstd.compress(ROW * 2), zstd.compress(b""), b"\x50\x2a\x4d\x18\x02\0\0\0xx", zstd.compress(ROW)]
    (tmp_path / "a.jsonl.zst").write_bytes(b"".join(frames))
    assert [item.name for item in items(tmp_path / "a.jsonl.zst", ".jsonl.zst") if isinstance(item, Record)] == [
        "00000001", "00000002", "00000003",
    ]  # fmt: skip


@pytest.mark.parametrize(("log", "read"), [(20, True), (27, True), (28, False), (30, False)])
def test_no_frame_decides_how_much_memory_it_gets(tmp_path: Path, log: int, read: bool) -> None:
    # The header of a frame: magic, descriptor (window, no size), window; then a block, the last, as it is.
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([(log - 10) << 3])
    row = ROW.strip()
    (tmp_path / "a.jsonl.zst").write_bytes(frame + (len(row) << 3 | 1).to_bytes(3, "little") + row)
    (found,) = items(tmp_path / "a.jsonl.zst", ".jsonl.zst")
    assert isinstance(found, Record if read else Broken)
    assert read or "need a window of more than 128 MiB" in found[1]


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    assert [item[:2] for item in items(tmp_path / "a.jsonl", ".jsonl")] == [("", "No such file or directory")]


@given(st.text(st.characters(codec=None), min_size=1))
def test_an_id_becomes_a_name_that_every_system_takes(id: str) -> None:
    name = safe(id)
    assert not re.search(r'[/\\:*?"<>|\x00-\x1f\x7f]|^\.|[. ]$', name)
    assert 0 < len(name.encode()) <= 200
    if "-" not in name:
        assert unquote(name, errors="surrogatepass") == id


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_ids_have_two_names(one: str, other: str) -> None:
    assert (safe(one) == safe(other)) == (one == other)
    assert safe("x" * 300 + one) != safe("x" * 300 + other) or one == other


@given(st.text(st.characters(codec=None)))
def test_any_string_comes_back_from_its_line(text: str) -> None:
    line = json.dumps({"text": text}).encode()
    found = jsonl._item(line, 1)
    assert isinstance(found, Record)
    assert found.data == text
    document = PLAIN.clean(found.data)
    assert decode.encode(document.raw, document.source) == text.encode("utf-8", "surrogatepass")


@given(st.lists(st.binary(min_size=1)), st.booleans())
def test_chunks_are_put_together(pieces: list[bytes], extended: bool) -> None:
    extra = b";name=value" if extended else b""
    body = b"".join(b"%x%b\r\n%b\r\n" % (len(piece), extra, piece) for piece in pieces) + b"0\r\n\r\n"
    assert payload.decode(body, "chunked") == b"".join(pieces)


def deflated(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


@given(st.binary())
def test_compression_is_undone(data: bytes) -> None:
    assert payload.decode(gzip.compress(data), "", "gzip") == data
    assert payload.decode(gzip.compress(data), "", "X-GZip, identity") == data
    assert payload.decode(zlib.compress(data), "", "deflate") == data
    assert payload.decode(deflated(data), "", "deflate") == data
    assert payload.decode(zlib.compress(gzip.compress(data)), "", "gzip, deflate") == data


@given(st.binary())
def test_brotli_is_undone(data: bytes) -> None:
    brotli = pytest.importorskip("brotli")
    assert payload.decode(brotli.compress(data), "", "br") == data


BODIES = [
    (b"<p>as it is</p>", "chunked", "", b"<p>as it is</p>"),
    (b"<p>as it is</p>", "", "gzip", b"<p>as it is</p>"),
    (b"<p>as it is</p>", "", "deflate", b"<p>as it is</p>"),
    (b"text", "", "identity", b"text"),
    (b"", "chunked", "gzip", b""),
    (b"5\r\nab", "chunked", "", "its chunks end too early"),
    (b"2\r\nab\r\nnext", "chunked", "", "its chunks end too early"),
    (gzip.compress(b"fish" * 99)[:-9], "", "gzip", "its compressed body ends too early"),
    (gzip.compress(b"fish" * 99)[:-8] + b"12345678", "", "gzip", "its compressed body is damaged"),
    (b"text", "", "zstd", "its body is encoded in a way that is not known, 'zstd'"),
]


@pytest.mark.parametrize(("body", "transfer", "content", "expected"), BODIES)
def test_a_body_that_is_not_what_it_says(body: bytes, transfer: str, content: str, expected: bytes | str) -> None:
    if isinstance(expected, bytes):
        assert payload.decode(body, transfer, content) == expected
    else:
        with pytest.raises(payload.Undecodable, match=re.escape(expected)):
            payload.decode(body, transfer, content)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_small_body_does_not_become_a_large_one(coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "LONGEST", 1000)
    if coding == "br":
        body = pytest.importorskip("brotli").compress(b"x" * 100_000)
    else:
        body = gzip.compress(b"x" * 100_000) if coding == "gzip" else zlib.compress(b"x" * 100_000)
    with pytest.raises(payload.Undecodable, match="is longer than"):
        payload.decode(body, "", coding)


def test_an_encoding_declared_beside_the_bytes_goes_before_the_markup() -> None:
    page = "<meta charset=iso-8859-1><p>Łódź"
    source = decode.document(page.encode("iso-8859-2"), "demo", "ISO-8859-2")
    assert (source.text, source.source.how, source.source.encoding) == (page, "declared", "iso8859-2")
    assert decode.encode(source.raw, source.source) == page.encode("iso-8859-2")


@pytest.mark.parametrize("declared", ["utf-8", "no such encoding", "utf-16", "utf-7", "ascii", "hex", "x\0y", ""])
@pytest.mark.parametrize("data", ["Łódź é".encode(), b"\xef\xbb\xbfcaf\xc3\xa9", b"caf\xe9 au lait", b"plain", b""])
def test_a_declaration_that_does_not_fit_is_not_heeded(data: bytes, declared: str) -> None:
    document = decode.document(data, "demo", declared)
    assert decode.encode(document.raw, document.source) == data
    assert document.text == decode.document(data, "demo").text
