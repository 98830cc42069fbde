from __future__ import annotations

import re
from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Fix, Operation, Rule, Step, ops


class TimestampWithoutTimeZone(Rule):
    """A new column is timestamp without time zone: it stores what a clock showed, and not where.

    Two servers, or one server before and after a change of its TimeZone setting, write different moments as the same
    value, and nobody can tell them apart later. timestamptz takes the same 8 bytes and stores the moment.

    Instead:
        Declare the column timestamptz. What is really the time of a clock (opening hours, a birthday) can be ignored
        with a suppression that says so.

    Sources:
        - https://www.postgresql.org/docs/current/datatype-datetime.html
    """

    id = "timestamp-without-time-zone"
    category = "acme"
    severity = "warning"
    operations = (ops.AddColumn, ops.CreateTable)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN paid_at timestamp(3);",
            line=1,
            fix="ALTER TABLE orders ADD COLUMN paid_at timestamptz(3);",
        ),
        Example(
            sql="CREATE TABLE shifts (\n  id bigint PRIMARY KEY,\n  starts timestamp without time zone NOT NULL\n);",
            line=1,
            fix="CREATE TABLE shifts (\n  id bigint PRIMARY KEY,\n  starts timestamptz NOT NULL\n);",
        ),
    )
    good = (
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY, paid_at timestamp with time zone);",
            why="The word timestamp is there, and the type is timestamptz.",
        ),
        Example(
            sql="CREATE TABLE readings (timestamp timestamptz NOT NULL);",
            why="timestamp is only the column's name.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, paid_at timestamptz);",
            sql="ALTER TABLE orders ADD COLUMN IF NOT EXISTS paid_at timestamp;",
            why="The column is there already: the server skips the statement.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        if step.impact.skipped or not isinstance(operation, (ops.AddColumn, ops.CreateTable)):
            return
        columns = (operation.column,) if isinstance(operation, ops.AddColumn) else operation.columns
        clocks = [column.name for column in columns if column.type is not None and column.type.name == "timestamp"]
        if clocks:
            many = len(clocks) > 1
            yield context.finding(
                step,
                f"{', '.join(clocks)} {'are' if many else 'is'} timestamp without time zone: the moment that "
                f"{'they mean' if many else 'it means'} depends on a setting of whoever reads it",
                help="timestamptz stores the moment, in as many bytes",
                fixes=_fixes(step, context, len(clocks)),
            )


_TYPE = re.compile(r"(?i)(?<=\s)timestamp\b(\s*\(\d\))?(?:\s+without\s+time\s+zone)?(?!\s+(?:with|timestamp))")


def _fixes(step: Step, context: Context, count: int) -> tuple[Fix, ...]:
    """The statement with the other type; none where a word of the text might be something else."""
    text, replaced = _TYPE.subn(r"timestamptz\1", step.sql)
    return (context.fix("Store the moment", text),) if replaced == count else ()
