"""The report for a person, on findings made by hand."""

from __future__ import annotations

from pathlib import Path

from hotlint.finding import Finding, Fix, Place
from hotlint.report import concise, full
from hotlint.report.excerpt import Sources
from hotlint.report.model import Failure, LeftOut, ProjectSummary, Report
from hotlint.report.run import CheckRun
from hotlint.report.terminal import Style
from hotlint.report.text import render
from hotlint.server import Server

PATH = "db/0002_index.up.sql"


def finding(place: Place, **more: object) -> Finding:
    values: dict[str, object] = {
        "rule": "create-index-not-concurrent",
        "category": "locking",
        "severity": "warning",
        "message": "CREATE INDEX blocks writes to public.orders while the index is built.",
        "place": place,
        **more,
    }
    return Finding(**values)  # type: ignore[arg-type]


def shown(text: str, *findings: Finding, **more: object) -> list[str]:
    report = Report(server=Server(), findings=findings, **more)  # type: ignore[arg-type]
    return render(report, CheckRun(Sources({PATH: text}))).split("\n")


def test_a_finding_shows_its_line_with_the_span_underlined_and_what_to_write_instead() -> None:
    text = "-- slow page\nCREATE INDEX orders_day ON orders (day);\n"
    fix = Fix("Build it beside the running writes", "CREATE INDEX CONCURRENTLY orders_day\n    ON orders (day);")
    place = Place(PATH, 2, 1, 2, 40)
    project = ProjectSummary("db", "golang-migrate", "postgres", 2, 3)
    lines = shown(text, finding(place, help="Its own migration.", fixes=(fix,)), projects=(project,), assumed=True)
    assert lines == [
        "db/0002_index.up.sql:2:1: warning[create-index-not-concurrent] "
        "CREATE INDEX blocks writes to public.orders while the index is built.",
        "  |",
        "2 | CREATE INDEX orders_day ON orders (day);",
        "  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "  help: Its own migration.",
        "  instead: Build it beside the running writes",
        "",
        "      CREATE INDEX CONCURRENTLY orders_day",
        "          ON orders (day);",
        "",
        "db: golang-migrate, 2 migrations, 3 statements",
        "1 warning. PostgreSQL 15 assumed (--pg-version).",
        "",
    ]


def test_a_span_of_several_lines_has_a_bar_along_it() -> None:
    text = "ALTER TABLE orders\n    ADD COLUMN a int,\n    ADD COLUMN b int;\n"
    lines = shown(text, finding(Place(PATH, 1, 1, 3, 21)))
    assert lines[1:6] == [
        "  |",
        "1 | / ALTER TABLE orders",
        "2 | |     ADD COLUMN a int,",
        "3 | |     ADD COLUMN b int;",
        "  | |____________________^",
    ]


def test_a_span_that_starts_behind_something_else_marks_its_start_too() -> None:
    lines = shown("SELECT 1; UPDATE t\nSET a = 1\n", finding(Place(PATH, 1, 11, 2, 10)))
    assert lines[1:6] == [
        "  |",
        "1 |   SELECT 1; UPDATE t",
        "  |  ___________^",
        "2 | | SET a = 1",
        "  | |_________^",
    ]


def test_the_middle_of_a_long_span_is_left_out() -> None:
    text = "INSERT INTO t VALUES\n" + "".join(f"  ({n}),\n" for n in range(2, 20)) + "  (20);\n"
    lines = shown(text, finding(Place(PATH, 1, 1, 20, 7)))
    assert lines[2:11] == [
        " 1 | / INSERT INTO t VALUES",
        " 2 | |   (2),",
        " 3 | |   (3),",
        " 4 | |   (4),",
        " 5 | |   (5),",
        " 6 | |   (6),",
        ".. | | ...",
        "20 | |   (20);",
        "   | |______^",
    ]


def test_carets_stand_under_wide_characters_and_behind_tabs() -> None:
    lines = shown("\tDROP TABLE 注文;\n", finding(Place(PATH, 1, 13, 1, 15)))
    assert lines[2:4] == ["1 |     DROP TABLE 注文;", "  |                ^^^^"]


def test_a_very_long_line_is_cut_around_the_span() -> None:
    text = "x" * 500 + "HERE" + "y" * 500
    lines = shown(text, finding(Place(PATH, 1, 501, 1, 505)))
    assert "HERE" in lines[2]
    assert len(lines[2]) < 200
    assert lines[3].index("^^^^") == lines[2].index("HERE")


def test_control_characters_of_a_file_do_not_reach_the_terminal() -> None:
    lines = shown("SELECT '\x1b[2J\u202e';", finding(Place(PATH, 1, 1, 1, 14), message="bad \x1b[31m name"))
    assert not any("\x1b" in line or "\u202e" in line for line in lines)


def test_long_help_is_broken_into_lines_behind_its_first_one() -> None:
    lines = shown("x", finding(Place(PATH, 1, 1, 1, 2), help="word " * 30 + "\nA line of its own."))
    assert lines[4:7] == [
        "  help: " + "word " * 17 + "word",
        "        " + "word " * 11 + "word",
        "        A line of its own.",
    ]


def test_related_places_are_shown_with_what_is_there() -> None:
    text = "ALTER TABLE orders ADD COLUMN a int;\nUPDATE orders SET a = 1;\n"
    lock = Place(PATH, 1, 1, 1, 36, "ACCESS EXCLUSIVE on public.orders is taken here")
    lines = shown(text, finding(Place(PATH, 2, 1, 2, 24), related=(lock,)))
    assert lines[4:8] == [
        "  --> db/0002_index.up.sql:1:1",
        "  |",
        "1 | ALTER TABLE orders ADD COLUMN a int;",
        "  | ----------------------------------- ACCESS EXCLUSIVE on public.orders is taken here",
    ]


def test_a_place_whose_file_is_gone_is_told_without_an_excerpt() -> None:
    gone = Place("db/none.sql", 1, 1, 1, 1, "the first one")
    lines = shown("", finding(Place("db/other.sql", 4, 2, 4, 3), related=(gone,)))
    assert lines[1] == "  --> db/none.sql:1:1: the first one"


def test_counts_failures_and_what_is_not_covered_are_told_at_the_end() -> None:
    place = Place(PATH, 1, 1, 1, 2)
    findings = tuple(finding(place, severity=s) for s in ("error", "error", "warning", "info"))
    left_out = LeftOut("MySQL", ("db/a.sql", "db/b.sql", "db/c.sql", "db/d.sql"))
    project = ProjectSummary("db", "flyway", "postgres", 1, 1, ("Numbered by time.",), (left_out,))
    unusable = Failure("rules/own.py", "there is no rule in this file")
    failure = Failure("rule drop-table", "KeyError: 'x'", "Traceback …\n  line 2")
    lines = shown("", *findings, projects=(project,), failures=(failure, unusable), suppressed=2)
    assert lines[lines.index("failure in rule drop-table: KeyError: 'x'") :] == [
        "failure in rule drop-table: KeyError: 'x'",
        "  A defect of Hotlint, or of a rule of your own. Everything else was checked. To report it, send:",
        "      Traceback …",
        "        line 2",
        "",
        "failure in rules/own.py: there is no rule in this file",
        "",
        "db: flyway, 1 migration, 1 statement",
        "  Numbered by time.",
        "  not covered: 4 files in db (MySQL)",
        "2 errors, 1 warning, 1 note (2 findings suppressed). PostgreSQL 15.",
        "",
    ]


def test_a_clean_report_says_so_and_an_empty_one_says_why() -> None:
    project = ProjectSummary("db", "plain", "postgres", 1, 1)
    assert shown("", projects=(project,))[-2] == "Nothing found. PostgreSQL 15."
    assert shown("")[-2] == "No migrations found. PostgreSQL 15."
    uncovered = ProjectSummary("db", "plain", "mysql", 0, 0)
    assert shown("", projects=(uncovered,))[-2] == "Nothing was checked. PostgreSQL 15."


def test_colour_is_all_that_a_style_adds() -> None:
    import re

    text = "DROP TABLE a;\n"
    report = Report(server=Server(), findings=(finding(Place(PATH, 1, 1, 1, 13)),))
    plain = render(report, CheckRun(Sources({PATH: text})))
    painted = render(report, CheckRun(Sources({PATH: text}), Style(True)))
    assert painted != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_lines_are_read_from_the_disk_where_no_text_is_given(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "a.sql").write_bytes(b"\xef\xbb\xbfDROP TABLE a;\r\nDROP TABLE b;\r\n")
    sources = Sources(root=str(folder))
    assert sources.line("a.sql", 1) == "DROP TABLE a;"
    assert sources.line("a.sql", 2) == "DROP TABLE b;"
    assert sources.line("a.sql", 9) is None


def test_lines_that_stand_just_above_are_not_shown_again() -> None:
    place = Place(PATH, 1, 1, 1, 13)
    lines = shown("DROP TABLE a;\n", finding(place), finding(place, rule="drop-table"))
    assert [line for line in lines if "DROP" in line] == ["1 | DROP TABLE a;"]


def test_very_many_findings_are_one_line_each_counted_by_rule_and_old_ones_can_be_left_alone() -> None:
    findings = tuple(finding(Place(PATH, at, 1, at, 2)) for at in range(1, 61))
    grave = finding(Place(PATH, 90, 1, 90, 2), rule="drop-table", severity="error")
    project = ProjectSummary("db", "plain", "postgres", 60, 60, newest="0060")
    told = "CREATE INDEX blocks writes to public.orders while the index is built."
    lines = shown("DROP TABLE a;\n" * 90, *findings, grave, projects=(project,))
    assert lines == [
        *(f"{PATH}:{at}:1: warning[create-index-not-concurrent] {told}" for at in range(1, 61)),
        f"{PATH}:90:1: error[drop-table] {told}",
        "",
        "db: plain, 60 migrations, 60 statements",
        " 1 error   drop-table",
        "60 warning create-index-not-concurrent",
        "To judge only what comes from now on: `hotlint init`, or start_after: 0060 in hotlint.yaml.",
        "Each with its lines and the safe SQL: --format full.",
        "1 error, 60 warnings. PostgreSQL 15.",
        "",
    ]


def test_on_a_terminal_messages_break_at_words_and_lines_of_sql_are_cut() -> None:
    text = "ALTER TABLE orders ADD CONSTRAINT a_name_of_some_length CHECK (length(status) > 3 AND status <> 'x');\n"
    report = Report(server=Server(), findings=(finding(Place(PATH, 1, 20, 1, 30)),))
    lines = render(report, CheckRun(Sources({PATH: text}), Style(width=60, terminal=True))).split("\n")
    assert lines[:6] == [
        "db/0002_index.up.sql:1:20: warning[create-index-not-concurrent]",
        "  CREATE INDEX blocks writes to public.orders while the",
        "  index is built.",
        "  |",
        "1 | …TABLE orders ADD CONSTRAINT a_name_of_some_length CHEC…",
        "  |               ^^^^^^^^^^",
    ]
    assert max(map(len, lines)) < 65


def test_a_file_in_utf_16_is_shown_as_it_reads(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes("DROP TABLE a;\n".encode("utf-16"))
    assert Sources(root=str(tmp_path)).line("a.sql", 1) == "DROP TABLE a;"


def test_full_shows_the_lines_of_every_finding_however_many_there_are() -> None:
    findings = tuple(finding(Place(PATH, at, 1, at, 14)) for at in range(1, 61))
    report = Report(server=Server(), findings=findings)
    text = full.render(report, CheckRun(Sources({PATH: "DROP TABLE a;\n" * 60})))
    assert text.count(" | DROP TABLE a;") == text.count("^^^^^^^^^^^^^\n") == 60


def test_concise_is_one_line_per_finding_however_narrow_the_terminal_is() -> None:
    place = Place(PATH, 1, 1, 1, 13)
    report = Report(
        server=Server(),
        findings=(finding(place, help="Its own migration.", related=(place,), message="two\nlines"),),
        failures=(Failure("rule drop-table", "KeyError: 'x'", "Traceback …"),),
    )
    assert concise.render(report, CheckRun(Sources(), Style(width=20, terminal=True))) == (
        "db/0002_index.up.sql:1:1: warning[create-index-not-concurrent] two␊lines\n"
        "failure in rule drop-table: KeyError: 'x'\n"
        "1 warning. PostgreSQL 15.\n"
    )
