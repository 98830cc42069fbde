from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from hotlint.catalog.catalog import Catalog
from hotlint.dialects.postgres.parse import ParseOptions, parse_script
from hotlint.errors import UsageError
from hotlint.impact import Impact
from hotlint.linting.lint import LintOptions, LintResult, lint
from hotlint.planning.model import MigrationPlan, Plan, Step, TransactionInfo
from hotlint.project.model import LayoutProblem, Migration, Project
from hotlint.registry import Registry, info_of
from hotlint.rule import Context, Finding, ProblemRule, Rule, ops
from hotlint.server import Server, Session
from hotlint.source import Direction, Region, Script


class NoDrop(Rule):
    """Toy: flags DROP."""

    id = "no-drop"
    category = "toys"
    severity = "error"
    operations = (ops.DropRelation,)

    def check_step(self, step: Step, operation: ops.Operation, context: Context) -> Iterator[Finding]:
        yield context.finding(step, f"drops {context.text(step)!r}")


class NoDelete(Rule):
    """Toy: flags DELETE, in down scripts too."""

    id = "no-delete"
    category = "toys"
    operations = (ops.Delete,)
    directions = ("up", "down")

    def check_step(self, step: Step, operation: ops.Operation, context: Context) -> Iterator[Finding]:
        where = "in a body" if context.body is not None else "here"
        yield context.finding(step, f"deletes {where}, {context.options.get('tone', 'sadly')}")


class EveryStep(Rule):
    """Toy: flags every second statement, with the one before it as related."""

    id = "every-step"
    category = "noise"
    severity = "info"

    def check_step(self, step: Step, operation: ops.Operation, context: Context) -> Iterator[Finding]:
        if step.index % 2:
            before = context.step(step.index - 1)
            yield context.finding(step, "second", relations=(), related=[context.related(before, "first")])


class Broken(Rule):
    """Toy: fails."""

    id = "broken"
    category = "broken"
    operations = (ops.CreateTable,)

    def check_step(self, step: Step, operation: ops.Operation, context: Context) -> Iterator[Finding]:
        yield context.finding(step, "before it fails")
        raise ZeroDivisionError("oh")


class PerMigration(Rule):
    """Toy: flags every migration without a down script."""

    id = "per-migration"
    category = "whole"

    def check_migration(self, migration: MigrationPlan, context: Context) -> Iterator[Finding]:
        if migration.down is None:
            yield context.finding_at(context.file_place(migration.migration.up), "no way back", migration=migration)


class PerPlan(Rule):
    """Toy: flags the first migration."""

    id = "per-plan"
    category = "whole"

    def check_plan(self, plan: Plan, context: Context) -> Iterator[Finding]:
        first = plan.migrations[0]
        yield context.finding_at(context.file_place(first.migration.up), "the first", migration=first)


class NotParsed(ProblemRule):
    """Toy: what does not parse.

    Instead:
        Parse.
    """

    id = "syntax-error"
    category = "problems"


class Twice(ProblemRule):
    """Toy: versions given twice."""

    id = "duplicate-version"
    category = "problems"


class Unused(ProblemRule):
    """Toy: suppressions of nothing."""

    id = "suppression-unused"
    category = "problems"


RULES = {
    rule.id: rule for rule in (NoDrop, NoDelete, EveryStep, Broken, PerMigration, PerPlan, NotParsed, Twice, Unused)
}


def plan_of(*ups: str, downs: dict[int, str] | None = None, problems: tuple[LayoutProblem, ...] = ()) -> Plan:
    """A plan of migrations 0001, 0002, … in which no statement does anything."""
    migrations: list[MigrationPlan] = []
    for number, text in enumerate(ups, 1):
        down_text = (downs or {}).get(number)
        down = None if down_text is None else script_of(f"db/000{number}.down.sql", down_text)
        migration = Migration(f"000{number}", "change", script_of(f"db/000{number}.sql", text), down)
        first = sum(len(m.steps) for m in migrations)
        plan = script_plan(migration, migration.up, "up", first)
        if down is not None:
            plan.down = script_plan(migration, down, "down", first + len(plan.steps))
        migrations.append(plan)
    project = Project("db", "plain", "postgres", tuple(m.migration for m in migrations), problems=problems)
    return Plan(project, Server("postgres", 16), tuple(migrations))


def script_of(path: str, text: str) -> Script:
    return Script(path, text, (Region(0, len(text)),))


def script_plan(migration: Migration, script: Script, direction: Direction, first: int) -> MigrationPlan:
    parsed = parse_script(script, ParseOptions())
    view = Catalog().now()
    steps = tuple(
        Step(
            index,
            migration,
            script,
            direction,
            statement,
            view,
            view,
            Impact(),
            TransactionInfo("framework", first, first + len(parsed.statements) - 1, "file"),
            True,
            (),
            Session(),
        )
        for index, statement in enumerate(parsed.statements, first)
    )
    return MigrationPlan(migration, direction, steps, parsed.problems, view, view)


def check(plan: Plan, *rules: str, **options: object) -> LintResult:
    registry = Registry(info_of(RULES[id]) for id in rules)
    return lint(plan, registry, LintOptions(**options))  # type: ignore[arg-type]


def told(result: LintResult) -> list[str]:
    assert result.internal_errors == ()
    return [f"{f.place.path}:{f.place.line}:{f.place.column} {f.rule}: {f.message}" for f in result.findings]


def test_a_rule_is_asked_at_its_operations_and_at_those_derived_from_them() -> None:
    plan = plan_of("CREATE TABLE a (b int);\nDROP TABLE a;", "DROP INDEX i;")
    assert told(check(plan, "no-drop")) == [
        "db/0001.sql:2:1 no-drop: drops 'DROP TABLE a'",
        "db/0002.sql:1:1 no-drop: drops 'DROP INDEX i'",
    ]


def test_a_finding_has_all_that_its_rule_did_not_say() -> None:
    (finding,) = check(plan_of("SELECT 1;\nDROP TABLE Carts;"), "no-drop").findings
    assert (finding.rule, finding.category, finding.severity, finding.migration) == ("no-drop", "toys", "error", "0001")
    assert finding.relations == ("public.carts",)
    assert (finding.place.end_line, finding.place.end_column) == (2, 17)
    assert len(finding.fingerprint) == 32


def test_what_a_do_block_and_a_with_query_execute_is_asked_about() -> None:
    plan = plan_of(
        "DO $$\nBEGIN\n  DELETE FROM a;\nEND\n$$;",
        "WITH gone AS (DELETE FROM a RETURNING b) INSERT INTO c SELECT b FROM gone;",
    )
    assert told(check(plan, "no-delete")) == [
        "db/0001.sql:3:3 no-delete: deletes in a body, sadly",
        "db/0002.sql:1:1 no-delete: deletes here, sadly",
    ]


def test_down_scripts_are_only_for_rules_about_them() -> None:
    plan = plan_of("SELECT 1;", downs={1: "DELETE FROM a;\nDROP TABLE a;"})
    assert told(check(plan, "no-drop", "no-delete")) == ["db/0001.down.sql:1:1 no-delete: deletes here, sadly"]


def test_a_rule_without_operations_is_asked_once_a_step() -> None:
    plan = plan_of("SELECT 1;\nALTER TABLE a ADD b int, ADD c int;")
    result = check(plan, "every-step")
    assert told(result) == ["db/0001.sql:2:1 every-step: second"]
    (related,) = result.findings[0].related
    assert (related.line, related.end_column, related.message) == (1, 9, "first")


def test_rules_about_migrations_and_the_plan_are_asked() -> None:
    plan = plan_of("SELECT 1;", "SELECT 2;", downs={2: "SELECT 3;"})
    assert told(check(plan, "per-migration", "per-plan")) == [
        "db/0001.sql:1:1 per-migration: no way back",
        "db/0001.sql:1:1 per-plan: the first",
    ]


def test_problems_become_findings_of_the_rules_of_their_name() -> None:
    problem = LayoutProblem("duplicate-version", "two claim 0001", "db/0001b.sql", ("db/0001.sql",))
    plan = plan_of("SELECT 1;\nSELEC 2;", problems=(problem,))
    result = check(plan, "syntax-error", "duplicate-version")
    assert [(f.rule, f.place.path, f.place.line, f.help) for f in result.findings] == [
        ("syntax-error", "db/0001.sql", 2, "Parse."),
        ("duplicate-version", "db/0001b.sql", 1, ""),
    ]
    assert result.findings[1].related[0].path == "db/0001.sql"


def test_a_problem_that_no_rule_tells_is_not_lost() -> None:
    result = check(plan_of("SELECT 1;\nSELEC 2;"), "no-drop")
    (error,) = result.internal_errors
    assert (error.rule, error.path, error.line) == ("syntax-error", "db/0001.sql", 2)


def test_a_rule_that_fails_is_an_internal_error_and_the_others_are_asked() -> None:
    plan = plan_of("SELECT 1;\nCREATE TABLE a (b int);\nDROP TABLE a;")
    result = check(plan, "broken", "no-drop")
    assert [(f.rule, f.message) for f in result.findings] == [
        ("broken", "before it fails"),
        ("no-drop", "drops 'DROP TABLE a'"),
    ]
    (error,) = result.internal_errors
    assert (error.message, error.rule, error.migration, error.path, error.line) == (
        "ZeroDivisionError: oh",
        "broken",
        "0001",
        "db/0001.sql",
        2,
    )
    assert "in check_step" in error.trace


def test_select_ignore_severity_and_options_are_heeded() -> None:
    plan = plan_of("DROP TABLE a;\nDELETE FROM b;")
    everything = ("no-drop", "no-delete", "every-step")
    assert [f.rule for f in check(plan, *everything, select=("toys",)).findings] == ["no-drop", "no-delete"]
    assert [f.rule for f in check(plan, *everything, ignore=("toys",)).findings] == ["every-step"]
    (finding,) = check(plan, "no-drop", severity={"no-drop": "info"}).findings
    assert finding.severity == "info"
    (finding,) = check(plan, "no-delete", rule_options={"no-delete": {"tone": "gladly"}}).findings
    assert finding.message == "deletes here, gladly"


def test_a_rule_about_other_versions_is_not_asked() -> None:
    class Old(NoDrop):
        id = "old"
        versions = (12, 15)

    registry = Registry([info_of(Old)])
    assert lint(plan_of("DROP TABLE a;"), registry).findings == ()


@pytest.mark.parametrize("since", ["0001", "1", "0001_change"])
def test_only_migrations_after_since_are_judged(since: str) -> None:
    plan = plan_of("DROP TABLE a;\nSELEC 1;", "DROP TABLE b;", downs={2: "SELECT 1;"})
    rules = ("no-drop", "per-migration", "per-plan", "syntax-error")
    assert told(check(plan, *rules, since=since)) == ["db/0002.sql:1:1 no-drop: drops 'DROP TABLE b'"]


def test_a_migration_that_there_is_not_is_told() -> None:
    with pytest.raises(UsageError, match='there is no migration "0003" in db'):
        check(plan_of("SELECT 1;"), "no-drop", since="0003")


def test_the_files_passed_are_the_scope_of_the_report() -> None:
    plan = plan_of("SELECT 1;", "DROP TABLE a;")
    for scope, rules in (("db/0001.sql", ["every-step"]), ("db/0002.sql", ["every-step", "no-drop"]), ("x.sql", [])):
        result = check(plan, "every-step", "no-drop", scope=frozenset((scope,)))
        assert [f.rule for f in result.findings] == rules


def test_paths_have_rules_of_their_own() -> None:
    plan = plan_of("DROP TABLE a;", "DROP TABLE b;\nDELETE FROM b;")
    ignores = {"db/0002*": ("toys",), "0001.sql": ("no-delete",)}
    assert told(check(plan, "no-drop", "no-delete", per_path_ignores=ignores)) == [
        "db/0001.sql:1:1 no-drop: drops 'DROP TABLE a'"
    ]


def test_a_suppression_takes_its_finding_away_and_is_told_where_it_takes_none() -> None:
    plan = plan_of(
        "DROP TABLE a; -- hotlint: ignore[no-drop] it is empty\nDROP TABLE b;",
        "-- hotlint: ignore[no-drop] until=2026-01-31 it is empty\nSELECT 1;",
    )
    result = check(plan, "no-drop", "suppression-unused", today=date(2026, 1, 31))
    assert result.suppressed == 1
    assert told(result) == [
        "db/0001.sql:2:1 no-drop: drops 'DROP TABLE b'",
        "db/0002.sql:1:1 suppression-unused: no-drop finds nothing here, so there is nothing to suppress",
    ]


def test_a_suppression_of_a_rule_that_is_not_selected_is_not_unused() -> None:
    plan = plan_of("-- hotlint: ignore[no-drop] it is empty\nSELECT 1;")
    assert told(check(plan, "no-drop", "suppression-unused", ignore=("no-drop",))) == []


def test_a_statement_that_does_not_parse_can_be_suppressed() -> None:
    plan = plan_of("-- hotlint: ignore[syntax-error] a template\nSELEC 1;\nSELECT 2;")
    assert check(plan, "syntax-error").findings == ()


def test_fingerprints_survive_what_does_not_change_the_finding() -> None:
    def prints(*ups: str) -> list[str]:
        return [f.fingerprint for f in check(plan_of(*ups), "no-drop").findings]

    (before,) = prints("DROP TABLE a;")
    assert prints("-- why\n\nSELECT 1;\ndrop   table -- at last\n  a;") == [before]
    first, second = prints("DROP TABLE a;\nDROP TABLE a;")
    assert first == before
    assert second not in (before, *prints("DROP TABLE b;"))
    assert prints("SELECT 1;", "DROP TABLE a;") != [before]
