from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Fix, Lock, Operation, QName, Rule, Step, ops, sql


class AttachPartitionScans(Rule):
    """ATTACH PARTITION reads every row of the partition, or of the default partition, under a lock that stops all.

    The server looks whether each row of the new partition belongs there, under ACCESS EXCLUSIVE on that partition; and,
    where the parent has a default partition, whether no row of it belongs to the new one, under ACCESS EXCLUSIVE on the
    default partition. The latter stops every query of the parent that does not leave the default partition out. CREATE
    TABLE … PARTITION OF reads the default partition too, and locks the parent itself as strongly.

    A valid CHECK that proves the bound saves the reading.

    Instead:
        Add the CHECK as NOT VALID, validate it in a later transaction, then attach, and drop the CHECK.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ATTACH-PARTITION
        - tablecmds.c: QueuePartitionConstraintValidation; partbounds.c: check_default_partition_contents
        - locks, scans and the proofs of the fixes measured on PostgreSQL 12 to 18
    """

    id = "attach-partition-scans"
    category = "scan"
    severity = "warning"
    operations = (ops.AttachPartition, ops.CreateTable)
    bad = (
        Example(
            given="CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_26 (id bigint, at date NOT NULL);",
            sql="ALTER TABLE events ATTACH PARTITION events_26 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
            transaction=False,
            line=1,
            fix="ALTER TABLE events_26 ADD CONSTRAINT events_26_bound"
            " CHECK (at IS NOT NULL AND at >= '2026-01-01' AND at < '2027-01-01') NOT VALID;\n"
            "ALTER TABLE events_26 VALIDATE CONSTRAINT events_26_bound;\n"
            "ALTER TABLE events ATTACH PARTITION events_26 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');\n"
            "ALTER TABLE events_26 DROP CONSTRAINT events_26_bound;",
        ),
        Example(
            given="CREATE TABLE app.events (id bigint, region text) PARTITION BY LIST (region);\n"
            "CREATE TABLE app.rest PARTITION OF app.events DEFAULT;",
            sql="CREATE TABLE app.europe PARTITION OF app.events FOR VALUES IN ('de', 'fr');",
            transaction=False,
            line=1,
            fix="ALTER TABLE app.rest ADD CONSTRAINT rest_not_europe "
            "CHECK (region IS NULL OR region NOT IN ('de', 'fr')) NOT VALID;\n"
            "ALTER TABLE app.rest VALIDATE CONSTRAINT rest_not_europe;\n"
            "CREATE TABLE app.europe PARTITION OF app.events FOR VALUES IN ('de', 'fr');\n"
            "ALTER TABLE app.rest DROP CONSTRAINT rest_not_europe;",
        ),
        Example(
            given="CREATE TABLE events (id bigint NOT NULL) PARTITION BY RANGE (id);\n"
            "CREATE TABLE events_rest PARTITION OF events DEFAULT;\n"
            "CREATE TABLE events_1 (id bigint NOT NULL, CHECK (id >= 1 AND id < 1000));",
            sql="ALTER TABLE events ATTACH PARTITION events_1 FOR VALUES FROM (1) TO (1000);",
            line=1,
            fix="ALTER TABLE events_rest ADD CONSTRAINT events_rest_not_events_1"
            " CHECK (id IS NULL OR id < 1 OR id >= 1000) NOT VALID;\n"
            "-- in the next migration:\n"
            "ALTER TABLE events_rest VALIDATE CONSTRAINT events_rest_not_events_1;\n"
            "-- in the next migration:\n"
            "ALTER TABLE events ATTACH PARTITION events_1 FOR VALUES FROM (1) TO (1000);\n"
            "ALTER TABLE events_rest DROP CONSTRAINT events_rest_not_events_1;",
        ),
    )
    good = (
        Example(
            given="CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_26 (id bigint, at date NOT NULL,\n"
            "  CHECK (at >= '2026-01-01' AND at < '2027-01-01'));",
            sql="ALTER TABLE events ATTACH PARTITION events_26 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
            why="The CHECK and the NOT NULL prove the bound: no row is read.",
        ),
        Example(
            given="CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);",
            sql="CREATE TABLE events_26 (LIKE events);\n"
            "ALTER TABLE events ATTACH PARTITION events_26 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
            why="The partition is made in the same migration, and the parent is not locked for reads or writes.",
        ),
        Example(
            given="CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);",
            sql="CREATE TABLE events_26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
            why="A new partition has no rows, and there is no default partition to read.",
        ),
        Example(
            given="CREATE TABLE events (id bigint NOT NULL) PARTITION BY RANGE (id);\n"
            "CREATE TABLE events_rest PARTITION OF events DEFAULT;\n"
            "ALTER TABLE events_rest ADD CHECK (id < 1 OR id >= 1000);",
            sql="CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (1000);",
            why="A CHECK on the default partition proves that no row moves.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        if isinstance(operation, ops.AttachPartition):
            parent, partition, words = operation.relation, operation.partition, "ATTACH PARTITION"
        elif isinstance(operation, ops.CreateTable) and operation.partition_of is not None:
            parent, partition, words = operation.partition_of, operation.relation, "CREATE TABLE … PARTITION OF"
        else:
            return
        name, new = context.resolve(step, parent), context.resolve(step, partition)
        if step.impact.error is not None or step.impact.skipped or context.is_new(step, name):
            return
        for reason in ("partition", "default partition"):
            scanned = [s.relation for s in step.impact.scans if s.reason == reason]
            locks = [lock for lock in map(step.impact.lock_on, scanned) if lock is not None]
            locks = [lock for lock in locks if context.blocked(step, lock) and not context.is_new(step, lock.relation)]
            if locks:
                fix = self._fix(step, operation, context, name, new, locks, reason)
                yield context.finding(
                    step,
                    f"{words} {partition.name} {self._why(step, context, name, locks[0], reason)}",
                    relations=(name, locks[0].relation),
                    help="a valid CHECK that proves the bound saves the reading; it can be validated while everyone"
                    " goes on working",
                    fixes=() if fix is None else (fix,),
                )

    def _why(self, step: Step, context: Context, parent: QName, lock: Lock, reason: str) -> str:
        which = "" if reason == "partition" else "the default partition "
        text = f"reads every row of {which}{lock.relation} under {lock.mode}: {context.blocked(step, lock)}"
        above = step.impact.lock_on(parent)
        if above is not None and context.waiting(above):
            return f"{text}, and so do {context.waiting(above)}"
        if reason == "default partition":
            return f"{text}, and so do queries of {parent} that reach it"
        return text

    def _fix(
        self,
        step: Step,
        operation: ops.AttachPartition | ops.CreateTable,
        context: Context,
        parent: QName,
        new: QName,
        locks: list[Lock],
        reason: str,
    ) -> Fix | None:
        """The CHECK, where the bound is that of one plain column and the reading is of one table."""
        table, bound = step.before.table(parent), operation.bound
        key = table.partition_key if table is not None else None
        if key is None or bound is None or len(key.elements) != 1 or len(locks) != 1 or context.body is not None:
            return None
        column = key.elements[0].column
        condition = None if column is None else _condition(sql.quote(column), bound, reason != "partition")
        if condition is None:
            return None
        read = locks[0].relation
        suffix = "bound" if reason == "partition" else f"not_{new.name}"
        name, target = sql.identifier(f"{read.name}_{suffix}"), f"ALTER TABLE {context.sql_name(step, read)}"
        return context.fix_in_migrations(
            step,
            "Prove the bound by a CHECK first",
            [f"{target} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID"],
            [f"{target} VALIDATE CONSTRAINT {name}"],
            [sql.without_semicolon(step.sql), f"{target} DROP CONSTRAINT {name}"],
            whole=True,
            safe=True,
        )


def _condition(column: str, bound: ops.Bound, outside: bool) -> str | None:
    """That a row is inside the bound, or outside of it; None for bounds that no plain CHECK proves."""
    if bound.values:
        values = [sql.render_expression(value) for value in bound.values]
        if None in values or any(value.kind == "null" for value in bound.values):
            return None
        listed = ", ".join(value for value in values if value is not None)
        if outside:
            return f"{column} IS NULL OR {column} NOT IN ({listed})"
        return f"{column} IS NOT NULL AND {column} IN ({listed})"
    if len(bound.lower) != 1 or len(bound.upper) != 1:
        return None
    parts = [f"{column} IS NULL" if outside else f"{column} IS NOT NULL"]
    for value, inside, beyond in ((bound.lower[0], ">=", "<"), (bound.upper[0], "<", ">=")):
        text = None if value is None else sql.render_expression(value)
        if value is not None and text is None:
            return None
        if text is not None:
            parts.append(f"{column} {beyond if outside else inside} {text}")
    return (" OR " if outside else " AND ").join(parts)
