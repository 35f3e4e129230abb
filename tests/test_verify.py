"""Whatever is changed in the results of a run, `verify` finds it, and names the document and the reason."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.document import Fact, Found, Gap, Paragraph
from pipeline.edits import Edit
from pipeline.engines.local import run
from pipeline.formats import manifest, sidecar
from pipeline.formats.results import open_results
from pipeline.formats.text import decode
from pipeline.stages import Stage
from pipeline.verify import read, verify

RAW = {
    "one.txt": "Home | About\n\nThe first paragraph.[1]\n\nThe second \U0001f600 one. In the war.\n",
    "sub/two.txt": "Untouched text.",
    "three.md": "",
    "bytes.txt": b"caf\xe9 au lait \x81, servi au comptoir avec du sucre",
}


def shorten(content: str) -> Found:
    if not content.startswith("Home"):
        return Found(paragraphs=[Paragraph("prose", 0, len(content))] if content else [])
    note = content.index("[1]")
    return Found(
        [Edit(0, content[:14], "", "chrome.nav"), Edit(note, "[1]", "", "markers.footnote")],
        facts=[Fact("title", "Home", 0, 4, "chrome.nav")],
        gaps=[Gap(content.index("In the") + 2, "year", "gaps.in", True)],
        paragraphs=[Paragraph("prose", 14, note + 3), Paragraph("prose", note + 5, len(content) - 1)],
    )


def chop(content: str) -> Found:
    return Found([Edit(len(content) - 1, "\n", "", "lines.end")] if content.endswith("\n") else [])


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for name, content in RAW.items():
        path = folder / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    run(folder / "raw", folder / "out", stages=[Stage("shorten", shorten), Stage("chop", chop)], workers=1)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"


def reasons(folder: Path, raw: bool = True) -> list[tuple[str, str]]:
    return [(f.name, f.reason) for f in verify(folder / "out", folder / "raw" if raw else None).findings]


def reseal(folder: Path, name: str, change: Callable[[dict[str, Any]], None], rows: bool = True) -> None:
    """Change the content of a sidecar as somebody would who knows how to seal it, and to write the manifest."""
    path = folder / "out" / name
    data = json.loads(path.read_bytes())
    change(data)
    path.write_bytes(sidecar.dump(data))
    if rows:
        every = sorted(
            (json.loads(found.read_bytes()) for found in (folder / "out").rglob("*.json")), key=lambda d: d["id"]
        )
        lines = [manifest.line(manifest.row(data, data["seal"])) for data in every]
        (folder / "out/manifest.jsonl").write_bytes(b"".join(lines))


def test_what_a_run_made_is_verified(folder: Path) -> None:
    done = verify(folder / "out", folder / "raw")
    assert (done.findings, done.documents) == ([], 4)
    assert done.bytes == sum(len(path.read_bytes()) for path in (folder / "raw").rglob("*.*") if path.is_file())
    assert verify(folder / "out").findings == []


def test_every_changed_byte_of_a_text_is_found(folder: Path) -> None:
    path = folder / "out/one.txt"
    good = path.read_bytes()
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        assert reasons(folder, raw=False) == [("one.txt", "it was changed: its SHA-256 is not the one in the sidecar")]


@pytest.mark.parametrize("name", ["one.json", "manifest.jsonl"])
def test_every_changed_byte_of_sidecar_and_manifest_is_found(folder: Path, name: str) -> None:
    path = folder / "out" / name
    good = path.read_bytes()
    for at in range(0, len(good), 3):
        path.write_bytes(good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :])
        assert [found for found, _ in reasons(folder, raw=False)][:1] == [name], at


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def write(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: [None, (folder / name).write_bytes(content)][0]


def edit_manifest(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def tamper(folder: Path) -> None:
        path = folder / "out/manifest.jsonl"
        path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))

    return tamper


def sealed(change: Callable[[dict[str, Any]], None], rows: bool = True) -> Callable[[Path], None]:
    return lambda folder: reseal(folder, "one.json", change, rows)


def drop_last_edit(data: dict[str, Any]) -> None:
    data["ledger"].pop()


def other_text(folder: Path) -> None:
    """Change the text, and its hash in the sidecar."""
    clean = b"Something else.\n"
    (folder / "out/one.txt").write_bytes(clean)
    about = {"sha256": hashlib.sha256(clean).hexdigest(), "characters": len(clean) - 1, "words": 2}
    reseal(folder, "one.json", lambda data: data.update(clean=about))


def swap(folder: Path) -> None:
    for end in (".txt", ".json"):
        shutil.copy(folder / f"out/sub/two{end}", folder / f"out/three{end}")


TAMPERING: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "text gone": (remove("out/one.txt"), "one.json", "it has no text beside it"),
    "sidecar gone": (remove("out/one.json"), "one.txt", "it has no sidecar"),
    "manifest gone": (remove("out/manifest.jsonl"), "manifest.jsonl", "it is gone"),
    "a text too many": (write("out/more.txt", b"x\n"), "more.txt", "it has no sidecar"),
    "a text that is none": (write("out/sub/two.txt", b"\xff"), "sub/two.txt", "it was changed"),
    "a sidecar that is none": (write("out/more.json", b"{}"), "more.json", "it does not begin as a sidecar"),
    "the sidecar of another": (swap, "three.json", "it is the sidecar of another document, sub/two"),
    "a raw file changed": (write("raw/one.txt", b"Home | About\n\nthe"), "one.txt", "they differ at byte 14"),
    "a raw file longer": (write("raw/sub/two.txt", b"Untouched text.\n"), "sub/two.txt", "they differ at byte 15"),
    "a raw file gone": (remove("raw/one.txt"), "one.txt", "it is not in"),
    "a raw file too many": (write("raw/new.txt", b"x"), "new.txt", "it has no clean text"),
    "a row gone": (edit_manifest(lambda rows: rows[1:]), "manifest.jsonl", "no line names bytes, which has files"),
    "a row twice": (edit_manifest(lambda rows: [rows[0], *rows]), "manifest.jsonl", "line 2 names bytes again"),
    "rows in another order": (edit_manifest(lambda rows: rows[::-1]), "manifest.jsonl", "is out of order"),
    "a row of nothing": (
        edit_manifest(lambda rows: [*rows, rows[-1].replace(b'"three"', b'"zero"')]),
        "manifest.jsonl",
        "line 5 names zero, which has no files",
    ),
    "no row": (edit_manifest(lambda rows: [b"\n", *rows]), "manifest.jsonl", "line 1 is not a row"),
    "the last line end": (
        edit_manifest(lambda rows: [*rows[:-1], rows[-1].strip()]),
        "manifest.jsonl",
        "line 4, three",
    ),
    "resealed, the manifest not": (
        sealed(lambda data: data["settings"].update(guard=0.5), rows=False),
        "manifest.jsonl",
        "line 2, one, is not what the sidecar says",
    ),
    "resealed with an edit less": (sealed(drop_last_edit), "one.json", "its raw text has another number of characters"),
    "resealed with other text taken": (
        sealed(lambda data: data["ledger"][0]["edits"][1].__setitem__(1, "[2]")),
        "one.json",
        "it does not lead back to the raw bytes",
    ),
    "resealed with other text written": (
        sealed(lambda data: data["ledger"][0]["edits"][1].__setitem__(2, "x")),
        "one.json",
        "its ledger does not fit the text",
    ),
    "resealed with another size": (
        sealed(lambda data: data["source"].update(bytes=7)),
        "one.json",
        "it does not lead back to the raw bytes",
    ),
    "resealed with another encoding": (
        sealed(lambda data: data["source"].update(encoding="utf-16-le")),
        "one.json",
        "it does not lead back to the raw bytes",
    ),
    "resealed with no encoding": (
        sealed(lambda data: data["source"].update(encoding="klingon")),
        "one.json",
        "its raw text cannot be encoded",
    ),
    "resealed with more words": (
        sealed(lambda data: data["clean"].update(words=99)),
        "one.json",
        "its numbers of characters and words are not those of the text",
    ),
    "resealed with a paragraph elsewhere": (
        sealed(lambda data: data["paragraphs"][0].update(clean=[0, 999])),
        "one.json",
        "paragraph 0 is not at [0, 999) of the text",
    ),
    "resealed with a paragraph from elsewhere": (
        sealed(lambda data: data["paragraphs"][0].update(raw=[0, 5])),
        "one.json",
        "paragraph 0 does not come from [0, 5) of the raw text",
    ),
    "resealed with a gap outside": (sealed(lambda data: data["gaps"][0].update(at=999)), "one.json", "a gap is at 999"),
    "resealed with a fact outside": (
        sealed(lambda data: data["facts"][0].update(raw=[0, 999])),
        "one.json",
        "the fact title is outside of the raw text",
    ),
    "resealed with a patch that is none": (
        sealed(lambda data: data["source"].update(bom="zz")),
        "one.json",
        "it cannot be read",
    ),
    "another text and its hash": (other_text, "one.json", "it"),
}


@pytest.mark.parametrize(("tamper", "name", "reason"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_is_found_and_named(folder: Path, tamper: Callable[[Path], None], name: str, reason: str) -> None:
    tamper(folder)
    assert any(found == name and reason in why for found, why in reasons(folder)), reasons(folder)


def test_a_folder_in_the_place_of_a_text_is_told(folder: Path) -> None:
    (folder / "out/one.txt").unlink()
    (folder / "out/one.txt").mkdir()
    assert [(found.name, found.reason) for found in verify(folder / "out").findings if found.id == "one"] == [
        ("one.txt", "it cannot be read: Is a directory")
    ]


def test_no_id_leads_out_of_the_folder(folder: Path) -> None:
    shutil.move(folder / "out/one.json", folder / "one.json")
    for id in ("../one", "./sub/two", "sub//two", "/sub/two", ""):
        assert open_results(str(folder / "out")).get(id) is None
    assert open_results(str(folder / "out")).get("sub/two") is not None


def test_a_finding_leaves_the_other_documents_verified(folder: Path) -> None:
    (folder / "out/one.txt").write_text("x")
    done = verify(folder / "out", folder / "raw")
    assert (done.documents, [finding.id for finding in done.findings]) == (3, ["one"])


def test_other_files_are_nobodys_business(folder: Path) -> None:
    (folder / "out/report.html").write_text("<p>")
    (folder / "out/.hidden.txt").write_text("x")
    (folder / "raw/picture.png").write_bytes(b"x")
    assert reasons(folder) == []


def test_an_empty_folder_is_not_verified(tmp_path: Path) -> None:
    assert [str(f) for f in verify(tmp_path).findings] == ["manifest.jsonl: it is not there, and nor is any document."]


def test_read_gives_the_document_with_its_raw_text(folder: Path) -> None:
    data, document = read(str(folder / "out"), "one")
    assert document.raw == RAW["one.txt"]
    assert document.text == decode((folder / "out/one.txt").read_bytes())
    assert data["id"] == document.id == "one"


def test_read_refuses_what_is_broken(folder: Path) -> None:
    (folder / "out/one.txt").write_text("x")
    with pytest.raises(ValueError, match=r"Cannot read one\.txt: it was changed"):
        read(str(folder / "out"), "one")
