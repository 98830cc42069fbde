from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Fix, Operation, Rule, Step, ops


class VacuumFull(Rule):
    """VACUUM FULL copies the table under ACCESS EXCLUSIVE: nobody can read or write it meanwhile.

    Every row goes into a new file and every index is built again; the old file is kept until the end, so the disk must
    hold both. Reads and writes of the table wait for all of it: minutes for some gigabytes.

    Instead:
        VACUUM without FULL makes the room of dead rows usable again and locks nobody out. Where the file itself must
        shrink, pg_repack does it online, outside of migrations.

    Sources:
        - https://www.postgresql.org/docs/current/sql-vacuum.html
        - the server's cluster.c, cluster_rel; locks and rewrites measured on PostgreSQL 12 to 18
    """

    id = "vacuum-full"
    category = "rewrite"
    severity = "error"
    operations = (ops.Vacuum,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="VACUUM FULL orders;",
            transaction=False,
            line=1,
            fix="VACUUM (ANALYZE) orders;",
        ),
        Example(
            given="CREATE TABLE shop.orders (id bigint PRIMARY KEY);\nCREATE TABLE shop.items (id bigint);",
            sql="VACUUM (FULL, ANALYZE) shop.orders, shop.items;",
            transaction=False,
            line=1,
        ),
        Example(sql="VACUUM FULL;", transaction=False, line=1, fix="VACUUM (ANALYZE);"),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="VACUUM (ANALYZE, VERBOSE) orders;",
            transaction=False,
            why="Without FULL reads and writes go on.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="VACUUM (FULL false) orders;",
            transaction=False,
            why="FULL is named, and switched off.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="VACUUM FULL orders;",
            why="In a transaction the server refuses it, which migration-fails tells: nothing is locked.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY);\nVACUUM FULL orders;",
            transaction=False,
            why="The table is new in this migration: there is nothing to copy.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.Vacuum)
        if not operation.full or step.impact.error is not None:
            return
        name = operation.relation
        relation = context.resolve(step, name) if name is not None else None
        if relation is None or name is None:
            yield context.finding(
                step,
                "VACUUM FULL copies every table of the database under ACCESS EXCLUSIVE, one after the other: reads and"
                " writes of each wait while its rows are copied",
                help="VACUUM without FULL makes the room usable again and locks nobody out",
                fixes=(_plain(step, context, "VACUUM (ANALYZE)"),),
            )
        elif not context.is_new(step, relation) and any(
            r.relation == relation or r.relation in step.before.descendants(relation) for r in step.impact.rewrites
        ):
            yield context.finding(
                step,
                f"VACUUM FULL takes an ACCESS EXCLUSIVE lock on {relation}: reads and writes of it wait while every row"
                " is copied and every index built again",
                relations=(relation,),
                help="where the file itself must shrink, pg_repack does it online, outside of migrations",
                fixes=(_plain(step, context, f"VACUUM (ANALYZE) {context.sql_name(step, relation)}"),),
            )


def _plain(step: Step, context: Context, statement: str) -> Fix:
    return context.fix_without_transaction(step, "Make the room usable again without a copy", statement)
