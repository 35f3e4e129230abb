"""The commands, from the outside: what they print, write, and return."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pipeline.cli import main
from pipeline.formats.shards import LAYOUTS
from pipeline.rules.engine import RuleSet

ROOT = Path(__file__).parent.parent
PACK = """\
[pack]
name = "mine"
about = "Lines of a site of mine."

[[rule]]
id = "mine.banner"
about = "The banner of the site."
where = "line"
pattern = 'Welcome to my site'
needs = ["welcome to my site"]
match = ["⟦Welcome to my site\\n⟧Text."]
keep = ["They say: Welcome to my site, and mean it."]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, content in {
        "raw/plain.txt": "A plain text.\n\nNothing is to be done here, in neither of the two paragraphs.\n",
        "raw/sub/banner.txt": "Welcome to my site\nA text about the sea, and about the ships that go on it.\n",
        "mine.toml": PACK,
        "broken.toml": PACK.replace("Text.", "Text.⟦"),
        "three.toml": PACK + "within = '3'\n",
        "wrong.toml": PACK.replace("'Welcome to my site'", "'Welcome to your site'"),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def call(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin, prog_name="clean-corpus")


@pytest.fixture
def ran(here: Path) -> Path:
    assert call("run", "raw", "clean", "--rules", "mine.toml", "--quiet").exit_code == 0
    return here


def test_run_writes_and_sums_up(here: Path) -> None:
    result = call("run", "raw", "clean", "--rules", "mine.toml", "--workers", "2")
    assert result.exit_code == 0
    assert result.stdout.startswith("2 documents: ")
    assert "clean-corpus verify clean --raw raw" in result.stdout
    assert (here / "clean/sub/banner.txt").read_text().startswith("A text about the sea")
    assert (here / "clean/plain.txt").read_bytes() == (here / "raw/plain.txt").read_bytes()


def test_quiet_prints_nothing(here: Path) -> None:
    assert call("run", "raw", "clean", "--quiet").output == ""


def test_a_run_with_a_broken_document_is_an_error_and_goes_on(here: Path) -> None:
    (here / "raw/lost.txt").symlink_to("nowhere")
    result = call("run", "raw", "clean", "--quiet")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: Cannot clean lost.txt: No such file or directory. Check that the file can be read.\n"
    )
    assert (here / "clean/plain.txt").exists()


WRONG = {
    "nested": (("run", "raw", "raw/out"), 2, "it lies in the folder of the raw texts"),
    "no such folder": (("run", "nowhere", "clean"), 2, "'nowhere' does not exist"),
    "a setting": (("run", "raw", "clean", "--gaps", "fill"), 2, "'fill' is not one of"),
    "a guard": (("run", "raw", "clean", "--guard", "7"), 2, "Cannot use guard=7.0"),
    "no workers": (("run", "raw", "clean", "--workers", "0"), 2, "0 is not in the range"),
    "a rule near a known one": (
        ("run", "raw", "clean", "--without", "markers.footnotes"),
        2,
        "Cannot find rule markers.footnotes: there is none of that name. Near: markers.footnote",
    ),
    "a rule near one of a stage": (("text", "--without", "spacs.run"), 2, "Near: spaces.run"),
    "a rule near one that finds gaps": (("text", "--without", "gaps.from-to"), 2, "Near: gaps.from_to"),
    "a family near a known one": (("text", "--without", "encodings.*"), 2, "Near: encoding.*"),
    "a rule like none": (("text", "--without", "qqqq"), 2, "List them with clean-corpus rules list."),
    "a pack that is broken": (("run", "raw", "clean", "--rules", "broken.toml"), 1, "broken.toml:6: Cannot use rule"),
    "a pack that fails": (("text", "--rules", "wrong.toml"), 1, "mine:6: rule mine.banner takes [] of"),
    "no manifest": (("verify", "raw"), 1, "it has no sidecar"),
    "a command": (("clean", "raw"), 2, "No such command 'clean'"),
}


@pytest.mark.parametrize(("arguments", "code", "reason"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told(arguments: tuple[str, ...], code: int, reason: str) -> None:
    result = call(*arguments)
    assert (result.exit_code, reason in result.output) == (code, True), result.output
    assert "Traceback" not in result.output


STREAMS = {
    "a full disk": ("clean-corpus rules list > /dev/full", 1, "No space left on device"),
    "a full disk for a text": ("echo A mill. | clean-corpus text > /dev/full", 1, "No space left on device"),
    "no input": ("clean-corpus text <&-", 2, "stdin is closed"),
    "nowhere to write to": ("echo A mill. | clean-corpus text >&-", 2, "stdout is closed"),
    "nowhere to print to": ("clean-corpus run raw clean >&-", 0, ""),
    "a reader that goes": ("clean-corpus rules list | head -1 > head", 0, ""),
}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(("line", "code", "said"), STREAMS.values(), ids=STREAMS)
def test_streams_that_are_full_or_closed_are_told(here: Path, line: str, code: int, said: str) -> None:
    command = line.replace("clean-corpus", f"{sys.executable} -m pipeline")
    ran = subprocess.run(
        command, shell=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert (ran.returncode, said in ran.stderr, "Traceback" in ran.stderr) == (code, True, False), ran.stderr
    assert code or not ran.stderr


def test_an_empty_folder_cannot_be_cleaned(here: Path) -> None:
    (here / "none").mkdir()
    result = call("run", "none", "clean")
    assert (result.exit_code, "there is no document in it" in result.stderr) == (1, True)


def test_text_goes_from_bytes_to_utf8() -> None:
    raw = "A line of caf\u00e9 talk.\n\nAnd a second line, \U0001f600, that stays.".encode()
    result = call("text", stdin=raw)
    assert (result.exit_code, result.stdout_bytes) == (0, raw + b"\n")
    assert call("text").stdout_bytes == b""
    banner = b"Welcome to my site\nA text about the sea, and about the ships that go on it.\n"
    assert call("text", "--rules", "mine.toml", stdin=banner).stdout.startswith("A text")


@pytest.mark.parametrize(
    ("off", "kept"),
    [
        ("spaces.run", "A  text"),
        ("spaces.*", "A  text"),
        ("encoding.mojibake", "caf\u00c3\u00a9"),
        ("encoding.*", "caf\u00c3\u00a9"),
        ("lines.crlf", ".\r\n"),
        ("characters.zero-width", "two\u200b words"),
        ("markers.footnote", "there[1]"),
        ("markers.*", "there[1]"),
    ],
)
def test_any_rule_can_be_switched_off(off: str, kept: str) -> None:
    raw = "A  text of two\u200b words.\r\n\r\nThe caf\u00c3\u00a9 was there[1] and stayed.\n".encode()
    assert kept not in call("text", stdin=raw).stdout_bytes.decode()
    assert kept in call("text", "--without", off, stdin=raw).stdout_bytes.decode()


@pytest.mark.parametrize("off", ["gaps.sentence", "gaps.from_to", "gaps.*"])
def test_gaps_can_be_switched_off(off: str) -> None:
    raw = "The mill was busy. It ran from to , one hears. Then it burnt.\n"
    assert "from to" not in call("text", stdin=raw.encode()).stdout
    assert "from to" in call("text", "--without", off, stdin=raw.encode()).stdout


def test_diff_finds_a_document_by_id_and_by_file(ran: Path) -> None:
    result = call("diff", "sub/banner")
    assert result.exit_code == 0
    assert result.stdout.startswith("[-Welcome to my site\n-](mine.banner)A text about the sea")
    for name in ("clean/sub/banner.txt", "clean/sub/banner.json", "sub/banner.txt"):
        assert call("diff", name).stdout == result.stdout
    assert "\x1b" not in result.output


def test_diff_unified_is_a_patch(ran: Path) -> None:
    assert call("diff", "sub/banner", "--unified").stdout.startswith(
        "--- raw/sub/banner\n+++ clean/sub/banner\n@@ -1,2 +1 @@\n-Welcome to my site\n A text"
    )
    assert call("diff", "plain", "--unified").stdout == ""


def test_an_unknown_document_is_told_with_near_ones(ran: Path) -> None:
    for arguments in (("diff", "sub/baner"), ("explain", "sub/baner"), ("explain", "banner:1")):
        result = call(*arguments)
        assert (result.exit_code, "Near: sub/banner." in result.stderr) == (2, True)
    assert "The ids are the paths below clean" in call("diff", "zzz").stderr
    assert call("diff", "../raw/plain").exit_code == 2
    assert "raw is not the output folder of a run" in call("diff", "plain", "--out", "raw").stderr


def test_a_document_that_was_changed_is_not_shown(ran: Path) -> None:
    (ran / "clean/plain.txt").write_text("x")
    result = call("diff", "plain")
    assert (result.exit_code, "Cannot read plain.txt: it was changed" in result.stderr) == (1, True)


def test_explain_tells_of_a_document_and_of_lines(ran: Path) -> None:
    assert "mine.banner" in call("explain", "sub/banner").stdout
    assert "mine.banner: removed" in call("explain", "sub/banner:1").stdout
    assert "Nothing of it is in the clean text." in call("explain", "sub/banner:1", "--raw").stdout


def test_explain_knows_names_with_colons(ran: Path) -> None:
    (ran / "raw/at 12:30.txt").write_text("A text of half past twelve, with a colon in its name.\n")
    call("run", "raw", "clean")
    assert call("explain", "at 12:30").stdout.startswith("at 12:30\n")
    assert "Clean line 1 of at 12:30" in call("explain", "at 12:30:1").stdout


def test_explain_says_which_lines_there_are(ran: Path) -> None:
    for arguments, which in ((("plain:9",), "clean"), (("plain:0",), "clean"), (("sub/banner:9", "--raw"), "raw")):
        result = call("explain", *arguments)
        assert (result.exit_code, f"the {which} text has lines 1 to" in result.stderr) == (2, True)
    assert call("explain", "plain", "--raw").exit_code == 2


def test_verify_says_that_all_is_well_or_what_is_not(ran: Path) -> None:
    result = call("verify", "clean", "--raw", "raw")
    size = sum(len(path.read_bytes()) for path in (ran / "raw").rglob("*.txt"))
    assert (result.exit_code, result.stdout) == (
        0,
        f"2 documents verified: {size} raw bytes come back exactly and agree with raw.\n",
    )
    (ran / "clean/plain.txt").write_text("x")
    result = call("verify", "clean")
    assert result.exit_code == 1
    assert result.stdout == (
        "plain.txt: it was changed: its SHA-256 is not the one in the sidecar.\n"
        "1 finding; 1 document otherwise verified.\n"
    )


def test_output_fits_the_encoding_of_the_terminal(ran: Path) -> None:
    (ran / "raw/caf\u00e9.txt").write_text("A text about the caf\u00e9 at the corner, and who sat there.\n")
    for arguments in (["run", "raw", "clean"], ["explain", "caf\u00e9:1"], ["diff", "caf\u00e9"]):
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.stdout.isascii()
        assert done.stdout


def test_rules_are_listed_in_80_columns() -> None:
    result = call("rules", "list", "--rules", "mine.toml")
    assert result.exit_code == 0
    assert any(line.startswith("mine.banner ") for line in result.stdout.splitlines())
    assert {rule.id for rule in RuleSet.builtin().rules} <= set(result.stdout.split())
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


def test_a_rule_is_shown_with_its_examples() -> None:
    result = call("rules", "show", "mine.banner", "--rules", "mine.toml")
    for part in (
        "  The banner of the site.\n",
        "    | ⟦Welcome to my site\n",
        "    | They say: Welcome to my site, and mean it.",
    ):
        assert part in result.stdout
    assert call("rules", "show", "lines.cr").stdout.startswith("lines.cr\n  A line end of old Macs")
    result = call("rules", "show", "mine.baner", "--rules", "mine.toml")
    assert (result.exit_code, "Near: mine.banner" in result.stderr) == (2, True)


def test_rule_packs_are_tested() -> None:
    result = call("rules", "test", "mine.toml")
    assert (result.exit_code, result.stdout) == (0, "mine.toml: 1 rule, 2 examples, all as they say.\n")
    result = call("rules", "test", "wrong.toml", "mine.toml", "broken.toml", "three.toml")
    assert result.exit_code == 1
    assert "mine.banner takes [] of" in result.stdout
    assert "mine.toml: 1 rule, 2 examples, all as they say.\n" in result.stdout
    assert "broken.toml:6: Cannot use rule mine.banner" in result.stdout
    assert "three.toml:6: Cannot use rule mine.banner: 'within' must be a whole number above 0." in result.stdout


def test_the_page_of_commands_is_current() -> None:
    page = (ROOT / "docs/commands.md").read_text()
    assert call("commands").stdout == page, "Write it again with: make docs"


def test_every_help_fits_and_has_an_example_or_is_short() -> None:
    page = call("commands").stdout
    assert all(len(line) <= 80 for line in page.splitlines())
    assert page.count("Example") >= 6


def test_help_needs_no_heavy_module() -> None:
    code = (
        "import sys; from pipeline.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'ftfy', 'bs4', 'regex', 're2', 'orjson'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr.strip() == "[]"


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--version"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.startswith("clean-corpus, version ")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
@pytest.mark.parametrize(("variable", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_for_terminals(ran: Path, variable: dict[str, str], coloured: bool) -> None:
    master, slave = os.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | variable
    subprocess.run(
        [sys.executable, "-m", "pipeline", "diff", "sub/banner", "--out", str(ran / "clean")],
        stdout=slave, stderr=slave, check=True, cwd=ROOT, env=environment,
    )  # fmt: skip
    os.close(slave)
    told = b""
    while b"ships" not in told:
        told += os.read(master, 4096)
    os.close(master)
    assert (b"\x1b[31mWelcome to my site" in told) is coloured


def test_duplicates_are_dropped_marked_or_left(here: Path) -> None:
    twin = "A text about the sea, and about the ships that go on it, and about the people who wait for them.\n"
    (here / "raw/plain.txt").write_text(twin)
    (here / "raw/twin.txt").write_text(
        f"Another text, which begins in its own way, as a text of its own does.\n\n{twin}"
    )
    assert "duplicates 1 · flagged 1" in call("run", "raw", "clean").stdout
    assert (
        here / "clean/twin.txt"
    ).read_text() == "Another text, which begins in its own way, as a text of its own does.\n"
    told = call("explain", "twin:3", "--raw").stdout
    assert "Duplicates: dropped as a duplicate (exact); paragraph 1 of plain (line 1) stays." in " ".join(told.split())
    assert "duplicates 1 · flagged 0" in call("run", "raw", "clean", "--dedup", "mark").stdout
    assert (here / "clean/twin.txt").read_bytes() == (here / "raw/twin.txt").read_bytes()
    assert "marked as a duplicate" in call("explain", "twin").stdout
    assert "duplicates 0 · flagged 0" in call("run", "raw", "clean", "--dedup", "off").stdout
    assert "plain" not in call("explain", "twin").stdout


def test_duplicates_are_listed_and_shown_side_by_side(here: Path) -> None:
    prose = "The ferry to the island leaves from the old harbour at {} every day of the year, and comes back at nine."
    (here / "raw").mkdir(exist_ok=True)
    for name, content in (
        ("d1", prose.format("seven")),
        ("d2", prose.format("seven").replace("old harbour", "really old harbour")),
        ("d3", prose.format("eight")),
    ):
        (here / f"raw/{name}.txt").write_text(
            f"Its own line about {name}, which no other document has at all.\n\n{content}"
        )
    assert call("run", "raw", "clean", "--quiet").exit_code == 0
    listed = call("duplicates").stdout
    assert listed.startswith("1 paragraph that stands for 1 more.")
    assert "near 1.00" in listed
    shown = call("duplicates", "d1", "--show").stdout
    assert "[really]" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "'eight' is not 'seven'" in call("duplicates", "--alike").stdout
    assert call("duplicates", "--kind", "covered").stdout.startswith("0 paragraphs")
    assert call("duplicates", "nowhere").exit_code == 2


def test_scope_and_similarity_are_options(here: Path) -> None:
    assert call("run", "raw", "clean", "--similarity", "2").exit_code == 2
    assert call("run", "raw", "clean", "--scope", "page").exit_code == 2


def test_run_offers_the_layouts_that_there_are() -> None:
    (option,) = (option for option in main.commands["run"].params if option.name == "layout")
    assert isinstance(option.type, click.Choice)
    assert set(option.type.choices) == {"folder", *LAYOUTS}


def test_duplicates_tell_of_a_sidecar_that_cannot_be_read(ran: Path) -> None:
    broken = next(path for path in sorted(ran.rglob("*.json")))
    broken.write_bytes(broken.read_bytes()[:100])
    result = call("duplicates", "--out", str(ran))
    assert result.exit_code == 1
    assert "look with verify" in " ".join(result.output.split())


def test_a_shard_of_no_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The mill is old.")
    for size in ("nan", "inf"):
        result = call("run", str(tmp_path), str(tmp_path / "out"), "--shard", size)
        assert result.exit_code == 2
        assert "Give a number." in result.output


def test_a_shard_of_less_than_a_byte_has_a_document(tmp_path: Path) -> None:
    raw, out = tmp_path / "mills", tmp_path / "out"
    raw.mkdir()
    for name in ("a", "b", "c"):
        (raw / f"{name}.txt").write_text(f"The mill {name} is old.")
    assert call("run", str(raw), str(out), "--format", "jsonl", "--shard", "0.0000001").exit_code == 0
    assert len(list((out / "documents").iterdir())) == 3
