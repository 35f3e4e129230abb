"""Files of Parquet: what is read from a row, with its types, and what is told of rows and files that cannot be read."""

from __future__ import annotations

import datetime
import io
import json
import random
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pyarrow
import pytest
from pyarrow import parquet

from pipeline.formats import parquet_rows, records
from pipeline.formats.records import Broken, Item, Omitted, Record


def items(path: Path, columns: dict[str, Any], **options: Any) -> list[Item]:
    parquet.write_table(pyarrow.table(columns), path, **options)
    return list(records.walk(str(path), ".parquet"))


ROWS = [
    ({"text": "A mill."}, ("00000001", "A mill.", None)),
    ({"text": ""}, ("00000001", "", None)),
    ({"text": b"caf\xe9"}, ("00000001", b"caf\xe9", None)),
    ({"id": "a/b", "html": "<p>x"}, ("a%2Fb", "<p>x", "html")),
    ({"id": 7, "content": "x", "doc_id": "b"}, ("7", "x", None)),
    ({"id": "", "doc_id": "b", "raw_content": "x"}, ("b", "x", None)),
    ({"text": 7, "content": "x"}, ("00000001", "x", None)),
    ({"html": "<p>x", "text": "x"}, ("00000001", "x", None)),
]


@pytest.mark.parametrize(("row", "expected"), ROWS)
def test_a_row_is_a_document(tmp_path: Path, row: dict[str, Any], expected: Any) -> None:
    (found,) = items(tmp_path / "a.parquet", {name: [value] for name, value in row.items()})
    assert isinstance(found, Record)
    assert found[:3] == expected


AT = {"at": "1970-01-01 00:00:00.000001"}
DEEP = pyarrow.list_(pyarrow.struct({"in": pyarrow.list_(pyarrow.struct({"at": pyarrow.timestamp("us")}))}))
OTHERS = [
    ([1], None, 1),
    ([0.5], None, 0.5),
    ([True], None, True),
    ([None], pyarrow.string(), None),
    (["é"], None, "é"),
    ([["a", None]], None, ["a", None]),
    ([{"x": [1], "y": "z"}], None, {"x": [1], "y": "z"}),
    ([[("k", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int32()), [["k", 1]]),
    ([None], pyarrow.map_(pyarrow.string(), pyarrow.int32()), None),
    ([[]], pyarrow.map_(pyarrow.string(), pyarrow.int32()), []),
    ([[("k", 1), ("k", None)]], pyarrow.map_(pyarrow.string(), pyarrow.int32()), [["k", 1], ["k", None]]),
    ([b"\xff"], None, "/w=="),
    ([{"bytes": b"\xff"}], None, {"bytes": "/w=="}),
    ([Decimal("1.10")], None, "1.10"),
    ([datetime.date(2020, 1, 31)], None, "2020-01-31"),
    ([2932897], pyarrow.date32(), "10000-01-01"),
    ([datetime.datetime(2020, 1, 31, 12)], pyarrow.timestamp("ms"), "2020-01-31 12:00:00.000"),
    ([1], pyarrow.timestamp("ns", tz="UTC"), "1970-01-01 00:00:00.000000001Z"),
    ([1], pyarrow.time64("ns"), "00:00:00.000000001"),
    ([7], pyarrow.duration("ns"), 7),
    ([1], pyarrow.timestamp("ns", tz="Europe/Paris"), "1970-01-01 00:00:00.000000001Z"),
    ([1], pyarrow.timestamp("ns", tz="No/Where"), "1970-01-01 00:00:00.000000001Z"),
    ([2**55], pyarrow.timestamp("ms", tz="UTC"), "1143677-02-15 11:56:03.968Z"),
    ([10**14], pyarrow.timestamp("ms"), "5138-11-16 09:46:40.000"),
    ([-(10**14)], pyarrow.timestamp("ms"), "-1199-02-15 14:13:20.000"),
    ([-(2**63)], pyarrow.timestamp("ns"), None),
    ([[1, None]], pyarrow.list_(pyarrow.timestamp("ns")), ["1970-01-01 00:00:00.000000001", None]),
    ([[2932897]], pyarrow.list_(pyarrow.date32(), 1), ["10000-01-01"]),
    ([[-800000]], pyarrow.large_list(pyarrow.date32()), ["-221-09-04"]),
    ([[1]], pyarrow.list_view(pyarrow.time64("ns")), ["00:00:00.000000001"]),
    ([[7, None]], pyarrow.list_(pyarrow.duration("ns")), [7, None]),
    ([{"at": 1, "n": 2}], pyarrow.struct({"at": pyarrow.timestamp("us"), "n": pyarrow.int8()}), AT | {"n": 2}),
    ([[("k", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.timestamp("us")), [["k", AT["at"]]]),
    ([[{"in": [None, {"at": 1}]}]], DEEP, [{"in": [None, AT]}]),
]


@pytest.mark.parametrize(("values", "kind", "expected"), OTHERS, ids=[str(case[:2]) for case in OTHERS])
def test_the_other_columns_are_kept(tmp_path: Path, values: list[Any], kind: Any, expected: Any) -> None:
    (found,) = items(tmp_path / "a.parquet", {"text": ["x"], "other": pyarrow.array(values, kind)})
    assert isinstance(found, Record)
    assert json.loads(found.metadata) == {"other": expected}


INTS, PAIRS = pyarrow.list_(pyarrow.int64()), pyarrow.struct({"a": pyarrow.int64(), "b": pyarrow.string()})
NESTED = [
    ([[1], None, [], [2, None]], INTS),
    ([[1], None, [], [2, None]], pyarrow.large_list(pyarrow.int64())),
    ([[1], None, [], [2, None]], pyarrow.list_view(pyarrow.int64())),
    ([[1, 2], None, [None, 3]], pyarrow.list_(pyarrow.int64(), 2)),
    ([{"a": 1, "b": None}, None, {"a": None, "b": "x"}], PAIRS),
    ([None, {}], pyarrow.struct([])),
    ([[{"a": 1, "b": "x"}, None], None, []], pyarrow.list_(PAIRS)),
    ([[[1], None], None, [[], [2]]], pyarrow.list_(INTS)),
    ([None, []], pyarrow.list_(pyarrow.timestamp("us"))),
    ([{"x": [1], "y": None}, {"x": None, "y": {"a": 1, "b": None}}], pyarrow.struct({"x": INTS, "y": PAIRS})),
]


@pytest.mark.parametrize(("values", "kind"), NESTED, ids=[str(case[1]) for case in NESTED])
def test_what_is_inside_of_values_is_left_as_it_is(values: list[Any], kind: Any) -> None:
    column = pyarrow.array(values, kind)
    for start in range(len(values)):
        assert parquet_rows._values(column.slice(start)) == values[start:]
        assert parquet_rows._values(column.slice(start, 1)) == values[start : start + 1]


def test_a_value_inside_of_another_that_cannot_be_read_costs_its_row(tmp_path: Path) -> None:
    strings = pyarrow.array([b"a", b"\xff", b"c", b"d"]).view(pyarrow.string())
    lists = pyarrow.ListArray.from_arrays(pyarrow.array([0, 1, 3, 4], "int32"), strings)
    first, second, third = items(tmp_path / "a.parquet", {"text": ["a", "b", "c"], "tags": lists})
    assert isinstance(second, Broken)
    assert (second.where, second.reason[:26]) == ("row 2", "its column tags cannot be ")
    assert [item.metadata for item in (first, third) if isinstance(item, Record)] == [
        b'{"tags":["a"]}',
        b'{"tags":["d"]}',
    ]


def test_values_that_repeat_are_read(tmp_path: Path) -> None:
    repeated = pyarrow.array(["a", "b", "a"]).dictionary_encode()
    found = items(tmp_path / "a.parquet", {"text": repeated, "lang": repeated})
    assert [(item.data, item.metadata) for item in found if isinstance(item, Record)] == [
        ("a", b'{"lang":"a"}'),
        ("b", b'{"lang":"b"}'),
        ("a", b'{"lang":"a"}'),
    ]


def test_a_null_is_left_out_or_looked_for_in_the_next_column(tmp_path: Path) -> None:
    found = items(tmp_path / "a.parquet", {"content": ["b", None], "text": pyarrow.array([None, None], "string")})
    assert isinstance(found[0], Record)
    assert (found[0].data, found[1:]) == ("b", [Omitted("whose text is null")])


FILES = [
    ({"title": ["x"]}, "it has no text: no column is called text, html, raw_content or content"),
    ({"text": [7]}, "its column text is of type int64, and no string"),
    ({"text": [["x"]]}, "its column text is of type list<element: string>, and no string"),
]


@pytest.mark.parametrize(("columns", "reason"), FILES)
def test_a_file_without_texts_says_so(tmp_path: Path, columns: dict[str, Any], reason: str) -> None:
    (found,) = items(tmp_path / "a.parquet", columns)
    assert isinstance(found, Broken)
    assert (found.where, found.reason) == ("", reason)


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    table = pyarrow.Table.from_arrays([pyarrow.array(["x"]), pyarrow.array(["y"])], names=["text", "text"])
    parquet.write_table(table, tmp_path / "a.parquet")
    (found,) = records.walk(str(tmp_path / "a.parquet"), ".parquet")
    assert isinstance(found, Broken)
    assert found.reason == "more than one of its columns is called text"


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert items(tmp_path / "a.parquet", {"text": pyarrow.array([], "string")}) == []


@pytest.mark.parametrize("data", [b"", b"PAR1", b"x" * 1000, b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_no_parquet_says_so(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(data)
    (found,) = records.walk(str(tmp_path / "a.parquet"), ".parquet")
    assert isinstance(found, Broken)
    assert found.reason.startswith("it is not Parquet, or damaged: ")


def test_a_damaged_group_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    texts = [f"A mill stood here, the {n}th." for n in range(30)]
    items(path, {"text": texts}, row_group_size=10, write_page_checksum=True, compression="none", use_dictionary=False)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"the 15th", b"the 51th"))
    found = list(records.walk(str(path), ".parquet"))
    assert [(item.name, item.data) for item in found if isinstance(item, Record)] == [
        (f"{n + 1:08}", texts[n]) for n in (*range(10), *range(20, 30))
    ]
    (broken,) = [item for item in found if isinstance(item, Broken)]
    assert broken.where == "rows 11 to 20"
    assert "checksum" in broken.reason or "CRC" in broken.reason


def test_a_value_that_cannot_be_read_costs_its_row(tmp_path: Path) -> None:
    strings = pyarrow.array([b"a", b"\xff", b"c"]).view(pyarrow.string())
    first, second, third = items(tmp_path / "a.parquet", {"text": ["a", "b", "c"], "title": strings})
    assert isinstance(second, Broken)
    assert (second.where, second.reason[:27]) == ("row 2", "its column title cannot be ")
    assert [item.data for item in (first, third) if isinstance(item, Record)] == ["a", "c"]


def test_a_row_that_is_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_rows, "LONGEST", 50)
    first, second, third = items(tmp_path / "a.parquet", {"text": ["x" * 51, "b", "c"], "m": ["", "", "y" * 50]})
    assert [item.where for item in (first, third) if isinstance(item, Broken)] == ["row 1", "row 3"]
    assert isinstance(second, Record)


def test_batches_are_small_where_rows_are_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_rows, "_BATCH", 1000)
    texts = [f"{n} " * 50 for n in range(100)]
    found = items(tmp_path / "a.parquet", {"text": texts}, row_group_size=30, use_dictionary=False)
    assert [item.data for item in found if isinstance(item, Record)] == texts
    assert re.fullmatch(r"0+100", found[-1][0])


def test_a_column_of_a_large_group_is_not_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    chance = random.Random(1)
    texts = [chance.randbytes(500).hex() for _ in range(10_000)]
    parquet.write_table(pyarrow.table({"text": texts}), path, compression="none", use_dictionary=False)
    sizes: list[int] = []

    class Watched(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size) or b""
            sizes.append(len(data))
            return data

    with Watched(path) as file:
        found = list(parquet_rows.read(cast(io.BufferedReader, file)))
    assert [item.data for item in found if isinstance(item, Record)] == texts
    assert max(sizes) <= 4_000_000 < 10_000_000 <= sum(sizes)
