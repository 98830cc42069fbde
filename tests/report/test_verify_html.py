"""The page of ``hotlint verify``: self-contained, escaped, with a timeline that tells who waited."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import msgspec

from hotlint.finding import Finding, Place
from hotlint.report.verify_html import render
from hotlint.verify.model import (
    Blocked,
    Check,
    LostData,
    MeasuredLock,
    MigrationTrace,
    QuerySpeed,
    RoundTrip,
    ScriptTrace,
    StatementTrace,
    VerifiedProject,
    VerifyReport,
)

EVIL = "<script>alert(1)</script>\"'&"
PLACE = Place("db/0002.sql", 2, 1, 2, 20)


def statement(mode: str, *, start: float, duration: float, released: float) -> StatementTrace:
    lock = MeasuredLock("public.orders", "table", mode)
    return StatementTrace(PLACE, "ALTER TABLE orders", start, duration, released, (lock,))


def script(*statements: StatementTrace, blocked: tuple[Blocked, ...] = ()) -> ScriptTrace:
    return ScriptTrace("0002", "up", "db/0002.sql", statements, 100.0, blocked=blocked)


def page(migration: MigrationTrace, *findings: Finding) -> str:
    project = VerifiedProject("db", "plain", (migration,), findings, ("a note",), 1000.0)
    return render(VerifyReport("18.6", (project,)))


class Tags(HTMLParser):
    """The tags that are open at the end, and all attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.seen: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


FULL = MigrationTrace(
    EVIL,
    EVIL,
    script(
        msgspec.structs.replace(statement("ACCESS EXCLUSIVE", start=50, duration=25, released=100), sql=EVIL),
        blocked=(Blocked("public.orders", 40.0, 50.0), Blocked(EVIL, 0.0, 1.0)),
    ),
    round_trip=RoundTrip(script(), script(), lost=(LostData(EVIL, EVIL, 1, 2, "came back empty"),)),
    lost=(LostData("public.orders", None, 3, 10, "rows deleted"),),
    queries=(QuerySpeed(EVIL, "Seq Scan a", "Index Scan b", 10, 20, 1.0, 2.0),),
    checks=(Check(EVIL, False, EVIL),),
    verdicts=((Finding(EVIL, "locking", "warning", "m", PLACE), "confirmed", EVIL),),
)


def test_whatever_comes_from_files_is_escaped() -> None:
    text = page(FULL, Finding(EVIL, "measured", "error", EVIL, Place(EVIL, 1, 1, 1, 2), migration=EVIL))
    tags = Tags(text)
    assert tags.open == []
    assert "script" not in tags.seen
    assert "<script" not in text
    assert not [name for name, _ in tags.attributes if name.startswith("on")]


def test_the_page_loads_nothing() -> None:
    text = page(FULL)
    assert not {"link", "img", "iframe", "script"} & Tags(text).seen
    assert not re.search(r"url\(|@import|https?:|src=|href=", text)
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text


def test_a_lock_is_a_bar_from_its_statement_to_its_release() -> None:
    text = page(FULL)
    assert '<i class="bar run" style="left:50.00%;width:25.00%"' in text
    assert '<i class="bar all" style="left:50.00%;width:50.00%"' in text
    assert "ACCESS EXCLUSIVE by line 2, held for 50.0 ms: reads and writes wait" in text


def test_the_lane_of_a_table_says_for_how_long_others_waited() -> None:
    text = page(FULL)
    assert '<em class="hit">no reads 40.0 ms</em> <em class="hit">no writes 50.0 ms</em>' in text


def test_weaker_locks_have_colours_of_their_own() -> None:
    text = page(
        MigrationTrace(
            "1",
            "m",
            script(
                statement("SHARE", start=0, duration=50, released=50),
                statement("SHARE UPDATE EXCLUSIVE", start=50, duration=50, released=100),
            ),
        )
    )
    assert text.count('class="bar writes"') == 1
    assert text.count('class="bar open"') == 1


def test_losses_queries_checks_and_verdicts_are_told() -> None:
    text = page(FULL)
    for words in ("3 of 10 rows of public.orders: rows deleted", "20 (+100%)", "Seq Scan a → Index Scan b", "Checks"):
        assert words in text
    assert "not reversible" in text
    assert "loses data" in text


def test_a_migration_that_comes_back_is_reversible() -> None:
    text = page(MigrationTrace("1", "m", script(), round_trip=RoundTrip(script(), script())))
    assert ">reversible<" in text
    assert "Nothing ran." in text


def test_a_report_without_projects_says_so() -> None:
    text = render(VerifyReport("18.6", (), ("db: the server went away",)))
    assert "No migrations found." in text
    assert "failure: db: the server went away" in text
