"""The summary for a pull request: the plan of what will run, findings by severity, safe SQL, all within a comment."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hotlint.finding import Finding, Fix, Place
from hotlint.report import markdown
from hotlint.report.excerpt import Sources
from hotlint.report.markdown_text import code, fenced, prose
from hotlint.report.model import BaselineState, Failure, LeftOut, ProjectSummary, Report
from hotlint.report.run import CheckRun
from hotlint.server import Server
from tests.test_cli import run


def finding(**more: Any) -> Finding:
    values: dict[str, Any] = {
        "rule": "drop-table",
        "category": "destructive",
        "severity": "warning",
        "message": "DROP TABLE destroys public.order_items and every row in it",
        "place": Place("db/0002_drop.sql", 3, 1, 3, 13),
        **more,
    }
    return Finding(**values)


def rendered(*findings: Finding, **more: Any) -> str:
    return markdown.render(Report(server=Server(major=16), findings=findings, **more), CheckRun(Sources())).decode()


def test_findings_come_by_severity_with_the_safe_sql_folded_away() -> None:
    fix = Fix("Rename it first", "ALTER TABLE a RENAME TO b;\n")
    project = ProjectSummary("db", "plain", "postgres", 2, 3, not_covered=(LeftOut("MySQL", ("db/x.sql",)),))
    text = rendered(finding(fixes=(fix,)), finding(severity="error", help="keep it"), projects=(project,))
    page = "https://github.com/hotlint/hotlint/blob/main/docs/rules/drop-table.md"
    told = f"**[drop-table]({page})** at `db/0002_drop.sql:3`  \n" + finding().message
    assert text == (
        "<!-- hotlint -->\n\n"
        "## Hotlint: 1 error, 1 warning\n\n"
        "db: plain, 2 migrations, 3 statements  \nNot covered: 1 file (MySQL)  \nPostgreSQL 16.\n\n"
        "### Errors (1)\n\n"
        f"{told}\n\n<details><summary>What to do</summary>\n\nkeep it\n\n</details>\n\n"
        "### Warnings (1)\n\n"
        f"{told}\n\n<details><summary>Safe SQL</summary>\n\n"
        "Rename it first:\n\n```sql\nALTER TABLE a RENAME TO b;\n```\n\n</details>\n"
    )


def test_failures_and_known_findings_are_told() -> None:
    known = BaselineState("hotlint-baseline.json", (finding(), finding()))
    text = rendered(failures=(Failure("rule x", "KeyError: '*'"),), baseline=known)
    assert "## Hotlint: No migrations found (2 findings in hotlint-baseline.json)\n" in text
    assert "### Failures\n\nSomething inside Hotlint failed; everything else was checked.\n\n" in text
    assert "- rule x: KeyError: '\\*'\n" in text


@pytest.mark.parametrize("number", [100, 700])
def test_a_summary_fits_into_a_comment_and_says_what_is_left_out(number: int) -> None:
    fix = Fix("In batches", "UPDATE größen SET a = 1;\n" * 20)
    findings = [finding(message=f"number {at} é", fixes=(fix,)) for at in range(number)]
    findings[-1] = finding(severity="error", message="the gravest", fixes=(fix,))
    text = rendered(*findings)
    assert len(text.encode()) <= 65_536
    assert text.index("the gravest") < text.index("number 0")
    shown = len(re.findall(r"\*\* at `", text))
    folded = text.count("<details>")
    assert text.count("<details>") == text.count("</details>")
    lost = [f"{number - shown} findings"] if shown < number else []
    lost.append(f"what to do about {shown - folded} others")
    assert text.endswith(f"*Left out to fit into a comment: {' and '.join(lost)}. `hotlint check` shows all.*\n")
    assert (shown < number) == (number == 700)
    assert 0 < folded < shown


def test_within_a_severity_the_newest_migrations_come_first() -> None:
    found = [finding(migration=f"{at}", message=f"{at} {what}") for at in (1, 2) for what in ("first", "second")]
    text = rendered(*found, finding(migration="1", severity="error", message="1 grave"))
    told = re.findall(r"^(\d \w+)$", text, re.MULTILINE)
    assert told == ["1 grave", "2 first", "2 second", "1 first", "1 second"]


def test_text_of_files_is_no_markup_and_calls_nobody() -> None:
    assert prose("a*b* `c` <b> [d](e) #1 @team x_y _z_\nnext") == (
        "a\\*b\\* \\`c\\` \\<b\\> \\[d\\](e) \\#1 @\u200bteam x_y \\_z\\_ next"
    )
    assert code("a|b") == "`a\\|b`"
    assert code("a`b``c") == "``` a`b``c ```"
    assert fenced("```\n\x00\r\nx", "sql") == "````sql\n```\n␀\nx\n````"


# -- the plan


@pytest.fixture
def history(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name, text in (
        ("0001_orders", "CREATE TABLE orders (id bigint PRIMARY KEY, note text, total int);"),
        ("0002_note", "BEGIN;\nALTER TABLE orders ADD COLUMN day date;\nUPDATE orders SET day = now();\nCOMMIT;"),
        ("0003_total", "ALTER TABLE orders ALTER COLUMN total TYPE bigint;"),
        ("0004_more", "CREATE TABLE more (id bigint PRIMARY KEY);\nINSERT INTO more VALUES (1);"),
    ):
        (folder / f"{name}.sql").write_text(text + "\n")
    return tmp_path


def tables(text: str) -> dict[str, list[str]]:
    """The plan's tables by migration, without their heads."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.split("\n"):
        if title := re.match(r"\*\*(\d{4} \w+)\*\* \(`", line):
            name = title[1]
            found[name] = []
        elif line.startswith("### ") and line[4:].startswith(("Errors", "Warnings", "Notes")):
            break
        elif name and line.startswith("| ") and not line.startswith("| line "):
            found[name].append(line)
    return found


def test_the_newest_migration_is_planned_where_nothing_limits_the_check(history: Path) -> None:
    text = run("check", "--format", "markdown", "--select", "locking,rewrite", cwd=history).stdout
    assert "### What the newest migration will do\n" in text
    assert tables(text) == {"0004 more": []}
    assert "**0004 more** (`migrations/0004_more.sql`): nothing that anybody would have to wait for." in text


def test_what_is_in_question_is_planned_with_who_waits_and_for_how_long(history: Path) -> None:
    text = run(
        "check", "--format", "markdown", "migrations/0002_note.sql", "migrations/0003_total.sql", cwd=history
    ).stdout
    assert "### What will run\n" in text
    assert tables(text) == {
        "0002 note": [
            "| 2 | `ALTER TABLE orders ADD COLUMN day date` | public.orders | ACCESS EXCLUSIVE | reads and writes "
            "| briefly, then held until line 4 |",
            "| 3 | `UPDATE orders SET day = now()` | public.orders | ROW EXCLUSIVE | no queries "
            "| while every row is read, held until line 4 |",
            "|  |  |  |  |  | meanwhile reads and writes of public.orders wait, locked since line 2 |",
        ],
        "0003 total": [
            "| 1 | `ALTER TABLE orders ALTER COLUMN total TYPE bigint` | public.orders | ACCESS EXCLUSIVE "
            "| reads and writes | while every row is copied (type total) |",
        ],
    }


def test_only_what_a_branch_changed_is_planned(history: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *who, *arguments], cwd=history, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", "migrations")
    git("commit", "--quiet", "-m", "History")
    (history / "migrations" / "0005_drop.sql").write_text("DROP TABLE orders;\n")
    text = run("check", "--format", "markdown", "--changed-since", "HEAD", cwd=history).stdout
    assert tables(text).keys() == {"0005 drop"}
    assert "### What will run\n" in text


def test_only_what_is_new_is_planned_after_since(history: Path) -> None:
    text = run("check", "--format", "markdown", "--since", "0002", cwd=history).stdout
    assert tables(text).keys() == {"0003 total", "0004 more"}


def test_a_statement_that_fails_is_told_in_the_plan(history: Path) -> None:
    (history / "migrations" / "0005_drop.sql").write_text("DROP TABLE nowhere;\n")
    (history / "hotlint.yaml").write_text("history: complete\n")
    text = run("check", "--format", "markdown", cwd=history).stdout
    assert tables(text) == {
        "0005 drop": ['| 1 | `DROP TABLE nowhere` |  |  |  | **fails**: table "nowhere" does not exist (42P01) |']
    }


def test_a_long_plan_leaves_room_for_findings_and_keeps_the_newest(history: Path) -> None:
    for number in range(5, 25):
        sql = "".join(f"ALTER TABLE part_{at} ADD COLUMN c{number} integer;\n" for at in range(45))
        (history / "migrations" / f"{number:04}_defaults.sql").write_text(sql)
    text = run("check", "--format", "markdown", "--since", "0002", cwd=history).stdout
    assert len(text.encode()) <= 65_536
    shown = tables(text)
    assert f"*{22 - len(shown)} older migrations left out: `hotlint plan` shows them.*" in text
    assert list(shown)[-1] == "0024 defaults"
    assert len(shown["0024 defaults"]) == 40
    assert "*and 5 more rows*" in text
    assert len(text[: text.index("### Notes")].encode()) < 25_000
