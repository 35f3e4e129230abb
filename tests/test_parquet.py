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


OTHERS = [
    ([1], None, 1),
    ([0.5], None, 0.5),
    ([True], None, True),
    ([None], pyarrow.string(), None),
    (["é"], None, "é"),
    ([["a", None]], None, ["a", None]),
    ([{"x": [1], "y": "z"}], None, {"x": [1], "y": "z"}),
    ([[("k", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int32()), [["k", 1]]),
    ([b"\xff"], None, "/w=="),
    ([{"bytes": b"\xff"}], None, {"bytes": "/w=="}),
    ([Decimal("1.10")], None, "1.10"),
    ([datetime.date(2020, 1, 31)], None, "2020-01-31"),
    ([2932897], pyarrow.date32(), "10000-01-01"),
    ([datetime.datetime(2020, 1, 31, 12)], pyarrow.timestamp("ms"), "2020-01-31 12:00:00.000"),
    ([1], pyarrow.timestamp("ns", tz="UTC"), "1970-01-01 00:00:00.000000001Z"),
    ([1], pyarrow.time64("ns"), "00:00:00.000000001"),
    ([7], pyarrow.duration("ns"), 7),
]


@pytest.mark.parametrize(("values", "kind", "expected"), OTHERS, ids=[str(case[0]) for case in OTHERS])
def test_the_other_columns_are_kept(tmp_path: Path, values: list[Any], kind: Any, expected: Any) -> None:
    (found,) = items(tmp_path / "a.parquet", {"text": ["x"], "other": pyarrow.array(values, kind)})
    assert isinstance(found, Record)
    assert json.loads(found.metadata) == {"other": expected}


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
