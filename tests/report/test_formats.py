"""All formats at once: the same findings at the same places with the same severities, whatever stands in the files."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

import hotlint
from hotlint.finding import Edit, Finding, Fix, Place
from hotlint.report.excerpt import Sources
from hotlint.report.formats import FORMATS, renderer
from hotlint.report.model import Failure, ProjectSummary, Report
from hotlint.report.run import CheckRun
from hotlint.server import Server
from tests.report import readers
from tests.report.readers import Told
from tests.test_cli import run

FOLDER = "db/mig%20 rations;,:é"
FILES = {
    "0001 täbles & <views>.sql": 'CREATE TABLE orders (id bigint PRIMARY KEY, "größe" int, day date);\n',
    "0002 index.sql": "/* 注文 😀 */ CREATE INDEX orders_day ON orders (day);\r\n"
    "ALTER TABLE orders\r\n  ALTER COLUMN day\r\n  TYPE text;\r\n",
    "0003 broken.sql": "DROP TABLE orders;\nALTER TABLE nowhere RENAM x;\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose migrations have names and texts that formats must escape."""
    folder = tmp_path / "repo" / "service" / FOLDER
    folder.mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()
    for name, text in FILES.items():
        (folder / name).write_bytes(text.encode())
    return tmp_path / "repo"


def texts(root: Path, path: str) -> str:
    return (root / path).read_bytes().decode()


def reader_of(name: str, root: Path) -> Callable[[bytes], Iterator[Told]]:
    by_name: dict[str, Callable[[bytes], Iterator[Told]]] = {
        "text": readers.read_headlines,
        "full": readers.read_headlines,
        "concise": readers.read_headlines,
        "json": readers.read_json,
        "sarif": readers.read_sarif,
        "github": readers.read_github,
        "gitlab": readers.read_gitlab,
        "azure": readers.read_azure,
        "junit": readers.read_junit,
        "rdjson": partial(readers.read_rdjson, text=partial(texts, root)),
        "markdown": readers.read_markdown,
    }
    assert by_name.keys() == set(FORMATS)
    return by_name[name]


def seen_from(root: Path, working: Path, told: Iterable[Told]) -> Counter[Told]:
    """With paths below ``root``: formats tell them from there, from the working directory, or absolute."""
    found = Counter[Told]()
    for one in told:
        here = [folder / one.path for folder in (root, working) if (folder / one.path).exists()]
        assert here, one.path
        found[one._replace(path=here[0].resolve().relative_to(root.resolve()).as_posix())] += 1
    return found


def carried(like: Counter[Told], told: Counter[Told]) -> Counter[Told]:
    """``told`` with no more than the format of ``like`` has a place for."""
    example = {at: one for one in like for at in [(one.rule, one.line)]}
    short = Counter[Told]()
    for one, number in told.items():
        other = example.get((one.rule, one.line), one)
        kept = {name: value for name, value in one._asdict().items() if getattr(other, name) is not None}
        short[Told(**kept)] += number
    return short


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_the_same_findings_places_and_severities(name: str, repository: Path) -> None:
    working = repository / "service"
    done = run("check", FOLDER, "--format", name, cwd=working)
    assert (done.returncode, done.stderr) == (1, "")
    before = Path.cwd()
    os.chdir(working)
    try:
        report = hotlint.check(FOLDER)
    finally:
        os.chdir(before)
    expected = seen_from(
        repository,
        working,
        (
            Told(f.rule, f.severity, p.path, p.line, p.column, p.end_line, p.end_column)
            for f in report.findings
            for p in [f.place]
        ),
    )
    assert {told.severity for told in expected} == {"error", "warning", "info"}
    assert any(told.end_line != told.line for told in expected)
    found = seen_from(repository, working, reader_of(name, working)(done.stdout.encode()))
    assert found == carried(found, expected)
    places = {told.column is not None for told in found}
    assert places == {name not in ("gitlab", "markdown")} or name == "github"


NASTY = "a\x00b\x1b[31m \udcff \U0001f600 |`_*<b>&]](1) %25 %0A ::error:: ##vso[x]; @org\r\nnext\tline"


def nasty_report(path: str = "db/0001.sql") -> Report:
    place = Place(path, 1, 5, 2, 3)
    finding = Finding(
        rule="drop-table",
        category="destructive",
        severity="error",
        message=NASTY,
        place=place,
        migration="0001",
        relations=(f'public."{NASTY}"',),
        related=(Place(path, 2, 1, 2, 2, NASTY), Place(path, 1, 1, 1, 1)),
        help=NASTY,
        fixes=(Fix(NASTY, f"SELECT '{NASTY}';\n```\n", (Edit(path, 0, 3, NASTY),), True),),
        fingerprint="abc",
    )
    return Report(
        server=Server(),
        projects=(ProjectSummary("db", "plain", "postgres", 1, 1, (NASTY,)),),
        findings=(finding, finding),
        failures=(
            Failure(f"rule {NASTY}", NASTY, NASTY),
            Failure("rule drop-table at db/0001.sql:1", "KeyError: 'x'", "trace"),
        ),
    )


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_breaks_over_what_may_stand_in_names_and_texts(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = "db/0001 \n%41 é.sql"
    (tmp_path / "db").mkdir()
    (tmp_path / path).write_text("SELECT 1;\nSELECT 2;\n")
    content = renderer(name)(nasty_report(path), CheckRun(Sources()))
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    data.decode()  # it is UTF-8
    if name not in ("text", "full", "concise", "markdown", "junit"):  # their paths are for reading only
        found = seen_from(tmp_path, tmp_path, reader_of(name, tmp_path)(data))
        assert sum(found.values()) == 2
        assert {told[:4] for told in found} == {("drop-table", "error", path, 1)}
    elif name == "junit":
        assert sum(1 for _ in readers.read_junit(data)) == 2
    if name not in ("json", "sarif", "gitlab", "rdjson"):
        assert not set(data.decode()) & set("\x00\x1b\r"), "control characters reach a terminal or a log"


@pytest.mark.skipif(os.name == "nt", reason="names there are no bytes")
def test_a_file_name_that_is_no_text_is_told_by_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = os.fsdecode(b"db/0001_\xff.sql")
    for name in FORMATS:
        content = renderer(name)(nasty_report(path), CheckRun(Sources()))
        text = content if isinstance(content, str) else content.decode()
        if name in ("json", "gitlab", "rdjson"):
            text = text.replace("\\\\", "\\")
        shown = {"sarif": "db/0001_%FF.sql", "text": path, "full": path, "concise": path}  # the stream escapes text
        assert shown.get(name, "db/0001_\\udcff.sql") in text, name


@pytest.mark.parametrize("name", FORMATS)
def test_a_clean_report_is_valid_too(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content = renderer(name)(Report(server=Server()), CheckRun(Sources()))
    data = content.encode() if isinstance(content, str) else content
    assert list(reader_of(name, tmp_path)(data)) == []
    assert data.endswith(b"\n")


def test_a_format_is_imported_only_where_it_is_chosen(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_a.sql").write_text("CREATE TABLE a (id int);\n")
    script = (
        "import sys; from hotlint.cli import main; main(['check', '--isolated'] + sys.argv[1:]);"
        "print(sorted(m for m in sys.modules if m.startswith('hotlint.report.')), file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, "--format", "concise"]
    environment = {**os.environ, "HOTLINT_CACHE_DIR": str(tmp_path / "cache")}
    for _ in range(2):  # the second one comes from the cache
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    others = {f"hotlint.report.{name}" for name in FORMATS if name not in ("text", "concise")}
    assert not others & set(json.loads(done.stderr.splitlines()[-1].replace("'", '"')))


def test_the_documentation_says_what_each_format_is_for() -> None:
    page = (Path(__file__).resolve().parent.parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == sorted(FORMATS)
