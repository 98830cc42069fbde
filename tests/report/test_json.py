from __future__ import annotations

import json

from hotlint import __version__
from hotlint.finding import Edit, Finding, Fix, Place
from hotlint.report.excerpt import Sources
from hotlint.report.json import render
from hotlint.report.model import Failure, LeftOut, ProjectSummary, Report
from hotlint.report.run import CheckRun
from hotlint.server import Server


def test_every_field_of_a_report_stands_in_its_json() -> None:
    finding = Finding(
        rule="drop-table",
        category="destructive",
        severity="error",
        message="DROP TABLE loses every row of public.customers.",
        place=Place("db/0007_müll.sql", 3, 1, 4, 9),
        migration="0007",
        relations=("public.customers",),
        related=(Place("db/0001.sql", 1, 1, 1, 20, "made here"),),
        help="Keep it for one more release.",
        fixes=(Fix("Rename it", "ALTER TABLE a RENAME TO b;", (Edit("db/0007_müll.sql", 10, 20, "x"),), True),),
        fingerprint="abc",
    )
    report = Report(
        server=Server(major=16),
        projects=(ProjectSummary("db", "plain", "postgres", 7, 12, ("A note.",), (LeftOut("MySQL", ("db/x.sql",)),)),),
        findings=(finding,),
        failures=(Failure("rule x", "KeyError: 'y'", "Traceback"),),
        suppressed=1,
    )
    assert json.loads(render(report, CheckRun(Sources()))) == {
        "version": 1,
        "tool": {"name": "hotlint", "version": __version__},
        "server": {"dialect": "postgres", "major": 16, "assumed": False},
        "projects": [
            {
                "root": "db",
                "framework": "plain",
                "dialect": "postgres",
                "migrations": 7,
                "statements": 12,
                "notes": ["A note."],
                "not_covered": [{"reason": "MySQL", "paths": ["db/x.sql"]}],
            }
        ],
        "findings": [
            {
                "rule": "drop-table",
                "category": "destructive",
                "severity": "error",
                "message": "DROP TABLE loses every row of public.customers.",
                "path": "db/0007_müll.sql",
                "line": 3,
                "column": 1,
                "end_line": 4,
                "end_column": 9,
                "migration": "0007",
                "relations": ["public.customers"],
                "related": [
                    {
                        "path": "db/0001.sql",
                        "line": 1,
                        "column": 1,
                        "end_line": 1,
                        "end_column": 20,
                        "message": "made here",
                    }
                ],
                "help": "Keep it for one more release.",
                "fixes": [
                    {
                        "title": "Rename it",
                        "sql": "ALTER TABLE a RENAME TO b;",
                        "safe": True,
                        "edits": [{"path": "db/0007_müll.sql", "start": 10, "end": 20, "text": "x"}],
                    }
                ],
                "fingerprint": "abc",
            }
        ],
        "summary": {"error": 1, "warning": 0, "info": 0, "suppressed": 1},
        "failures": [{"where": "rule x", "message": "KeyError: 'y'", "details": "Traceback"}],
    }
    assert render(report, CheckRun(Sources())).endswith(b"}\n")


def test_a_report_knows_its_gravest_severity_and_gives_the_same_dictionary() -> None:
    report = Report(server=Server())
    assert report.worst() is None
    assert json.loads(render(report, CheckRun(Sources()))) == report.to_dict()
