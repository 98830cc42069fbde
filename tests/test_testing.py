from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Rule, Step, ops
from hotlint.testing import check_example, complaints_about


class Bare(Rule):
    """Flags every TRUNCATE, and says nothing more."""

    id = "no-truncate"
    category = "toys"
    operations = (ops.Truncate,)
    bad = (Example(sql="SELECT 1;"),)
    good = (Example(sql="TRUNCATE orders;", why="It is flagged all the same."), Example(sql="SELECT 1;"))

    def check_step(self, step: Step, operation: ops.Operation, context: Context) -> Iterator[Finding]:
        fixes = [context.fix("Write it again", context.text(step)), context.fix("Write nonsense", "TRUNCAT orders")]
        yield context.finding(step, "truncates", fixes=fixes)


def test_everything_that_is_wrong_with_a_rule_is_told() -> None:
    assert complaints_about(Bare) == [
        "the docstring says what happens and why it hurts",
        "the docstring has a section Instead:",
        "the docstring has a section Sources:",
        "the file is named test_testing.py, not no_truncate.py",
        "there are at least two bad examples",
        "bad[0]: not flagged",
        "good[0]: flagged at migrations/0002_example.sql:1: truncates",
        "good[1]: a good example says why a naive rule would flag it",
    ]


def test_line_and_fixes_of_a_bad_example_are_held_against_it() -> None:
    example = Example(sql="SELECT 1;\nTRUNCATE orders;", line=1, fix="DELETE FROM orders;")
    assert check_example(Bare, example, bad=True) == [
        "flagged at line 2, not 1: truncates",
        "the first fix is not 'DELETE FROM orders;' but 'TRUNCATE orders;'",
        "written instead, a fix is refused by the server or flagged again: TRUNCATE orders;",
        'a fix does not parse: syntax error at or near "TRUNCAT", at index 0: TRUNCAT orders;',
    ]


def test_an_example_of_several_files_is_a_project_in_its_own_layout() -> None:
    files = {"db/0001_orders.up.sql": "CREATE TABLE orders (id bigint);", "db/0002_clear.up.sql": "TRUNCATE orders;"}
    (told,) = check_example(Bare, Example(files=files, why="It is flagged all the same."), bad=False)
    assert told.endswith("db/0002_clear.up.sql:1: truncates")
