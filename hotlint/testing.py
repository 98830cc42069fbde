"""Trying a rule on its examples: what Hotlint's own tests do with every rule, and yours can do with your own.

>>> from hotlint.testing import complaints_about
>>> assert complaints_about(MyRule) == []
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import msgspec

from hotlint.linting.lint import LintOptions, LintResult, lint
from hotlint.linting.proof import Judged, applied, differences, found_again, newly_found, refusals
from hotlint.planning.loop import make_plan
from hotlint.planning.model import Plan
from hotlint.project.model import Migration, Project, TransactionMode
from hotlint.registry import Registry, find_rules, info_of
from hotlint.rule import Edit, Example, Finding, Fix, ProblemRule, Rule
from hotlint.server import Server
from hotlint.source import Region, Script

EXAMPLE_PATH = "migrations/0002_example.sql"
"""The path of the migration that an example's ``sql`` becomes."""

_GIVEN_PATH = "migrations/0001_given.sql"
_DOWN_PATH = "migrations/0002_example.down.sql"


def complaints_about(rule: type[Rule]) -> list[str]:
    """What is wrong with a rule: its examples, its docstring, the name of its file. Empty where all is well."""
    found = complaints_about_form(rule)
    for title, examples, bad in (("bad", rule.bad, True), ("good", rule.good, False)):
        for at, example in enumerate(examples):
            found += [f"{title}[{at}]: {complaint}" for complaint in check_example(rule, example, bad=bad)]
    return found


def check_example(rule: type[Rule], example: Example, *, bad: bool) -> list[str]:
    """What is wrong with one example: complaints as sentences."""
    if not bad and not example.why:
        return ["a good example says why a naive rule would flag it"]
    result = run_example(rule, example)
    complaints = [f"{e.rule} failed: {e.trace or e.message}" for e in result.internal_errors if e.rule == rule.id]
    findings = [f for f in result.findings if f.rule == rule.id]
    if not bad:
        return complaints + [f"flagged at {f.place.path}:{f.place.line}: {f.message}" for f in findings]
    if not findings:
        return [*complaints, "not flagged"]
    return complaints + list(_complaints_about_findings(rule, example, findings))


def run_example(rule: type[Rule], example: Example) -> LintResult:
    """The outcome of checking an example with ``rule`` (with all rules where the rule is about suppressions)."""
    plan = example_plan(example)
    everything = issubclass(rule, ProblemRule)
    registry = Registry([info_of(rule), *(find_rules().rules.values() if everything else ())])
    return lint(plan, registry, LintOptions(rule_options={rule.id: example.options}))


def example_plan(example: Example) -> Plan:
    """The plan of an example's history."""
    project = _files_project(example) if example.files else _sql_project(example)
    return make_plan(project, Server("postgres", example.server))


def _sql_project(example: Example) -> Project:
    mode: TransactionMode = "wrapped" if example.transaction else "none"
    migrations: list[Migration] = []
    if example.given:
        migrations.append(Migration("0001", "given", _script(_GIVEN_PATH, example.given)))
    down = None if example.down is None else _script(_DOWN_PATH, example.down)
    migrations.append(
        Migration(
            id="0002",
            name="example",
            up=_script(EXAMPLE_PATH, example.sql),
            down=down,
            parents=tuple(m.id for m in migrations),
            transaction=mode,
            down_transaction=mode,
        )
    )
    return Project(root="migrations", framework="plain", dialect="postgres", migrations=tuple(migrations))


def _script(path: str, text: str) -> Script:
    return Script(path, text, (Region(0, len(text)),))


def _files_project(example: Example) -> Project:
    """The project that the example's files make on disk; paths in findings are then those of a temporary folder."""
    from hotlint.project.discover import discover

    with tempfile.TemporaryDirectory() as folder:
        for name, text in example.files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                file.write(text)
        found = discover([folder])
    if len(found.projects) != 1:
        raise ValueError(f"the files make {len(found.projects)} projects, not one")
    project = found.projects[0]
    return msgspec.structs.replace(project, problems=project.problems + found.problems)


def complaints_about_form(rule: type[Rule]) -> list[str]:
    """What is wrong with a rule apart from what it finds: its docstring, the name of its file, too few examples."""
    return list(_form(rule))


def _form(rule: type[Rule]) -> Iterator[str]:
    doc = rule.doc()
    if not doc.summary or not doc.body:
        yield "the docstring says what happens and why it hurts"
    if not doc.instead:
        yield "the docstring has a section Instead:"
    if not doc.sources:
        yield "the docstring has a section Sources:"
    file = rule.__module__.rpartition(".")[2]
    if file != rule.id.replace("-", "_"):
        yield f"the file is named {file}.py, not {rule.id.replace('-', '_')}.py"
    for title, examples in (("bad", rule.bad), ("good", rule.good)):
        if len(examples) < 2:
            yield f"there are at least two {title} examples"


def _complaints_about_findings(rule: type[Rule], example: Example, findings: list[Finding]) -> Iterator[str]:
    first = findings[0]
    if example.line is not None and example.line != first.place.line:
        yield f"flagged at line {first.place.line}, not {example.line}: {first.message}"
    if example.fix is not None:
        fixes = [fix.sql for fix in first.fixes]
        if not fixes or fixes[0] != example.fix:
            yield f"the first fix is not {example.fix!r} but {fixes[0] if fixes else 'missing'!r}"
    for finding in findings:
        for fix in finding.fixes:
            error = _parse_error(fix.sql)
            if error is not None:
                yield f"a fix does not parse: {error}: {fix.sql}"
            elif not example.files and not _is_way_out(rule, example, finding, fix):
                yield f"written instead, a fix is refused by the server or flagged again: {fix.sql}"
            elif fix.edits:
                yield from _complaints_about_edits(rule, example, finding, fix)


def _complaints_about_edits(rule: type[Rule], example: Example, finding: Finding, fix: Fix) -> Iterator[str]:
    """What is wrong with the edits of a fix: with them the history must run and the finding be gone, and be what
    ``safe`` promises."""
    changed = edited_example(example, fix)
    before = Judged(example_plan(example), run_example(rule, example).findings)
    after = Judged(example_plan(changed), run_example(rule, changed).findings)
    told = [*refusals(before.plan, after.plan), *found_again(before, after, [finding])]
    if fix.safe and not told:
        registry = find_rules()
        registry = Registry([info_of(rule), *(i for id, i in registry.rules.items() if id != rule.id)])
        options = LintOptions(rule_options={rule.id: example.options})
        before, after = (Judged(j.plan, lint(j.plan, registry, options).findings) for j in (before, after))
        told = [*newly_found(before, after, [finding]), *differences(before.plan, after.plan, [finding])]
    for _, text in told:
        yield f"with its edits made, {text}: {fix.title}"


def edited_example(example: Example, fix: Fix) -> Example:
    """The example with the edits of a fix made in its texts."""
    by_path: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_path.setdefault(edit.path, []).append(edit)
    if not example.files:
        texts = {EXAMPLE_PATH: example.sql, _GIVEN_PATH: example.given, _DOWN_PATH: example.down or ""}
        texts |= {path: applied(texts[path], edits) for path, edits in by_path.items()}
        down = None if example.down is None else texts[_DOWN_PATH]
        return msgspec.structs.replace(example, sql=texts[EXAMPLE_PATH], given=texts[_GIVEN_PATH], down=down)
    files = dict(example.files)
    for path, edits in by_path.items():  # below a temporary folder
        name = next(name for name in files if path.endswith(f"/{name}"))
        mark = "\ufeff" if files[name].startswith("\ufeff") else ""
        files[name] = mark + applied(files[name].removeprefix(mark), edits)
    return msgspec.structs.replace(example, files=files)


def _is_way_out(rule: type[Rule], example: Example, finding: Finding, fix: Fix) -> bool:
    """Whether the history runs, and the finding is gone, with the fix in the place of what was flagged.

    The fix may need a migration of its own, or one without a transaction, as its title says: one way must work.
    """
    script = _script(EXAMPLE_PATH, example.sql)
    at = script.offset(finding.place.line, finding.place.column)
    statement = next(
        (s.statement for s in example_plan(example).migrations[-1].steps if s.statement.start <= at < s.statement.end),
        None,
    )
    if finding.place.path != EXAMPLE_PATH or statement is None:
        return True
    replaced = f"{example.sql[: statement.start]}{fix.sql}{example.sql[statement.end :]}"
    for text, transaction in ((replaced, False), (replaced, True), (fix.sql, False)):
        changed = msgspec.structs.replace(example, sql=text, transaction=transaction)
        refused = [s.impact.error for s in example_plan(changed).migrations[-1].steps if s.impact.error is not None]
        again = {f.message for f in run_example(rule, changed).findings if f.rule == rule.id}
        if not refused and finding.message not in again:
            return True
    return False


def _parse_error(sql: str) -> str | None:
    from pglast.parser import ParseError, parse_sql_json

    try:
        parse_sql_json(sql)
    except ParseError as error:
        return str(error)
    return None
