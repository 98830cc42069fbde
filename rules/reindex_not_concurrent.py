from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Lock, Operation, QName, Rule, Step, ops, records, sql


class ReindexNotConcurrent(Rule):
    """REINDEX without CONCURRENTLY stops writes, and queries that would use the table's indexes, while it builds.

    The statement takes SHARE on the table and ACCESS EXCLUSIVE on each index that it builds anew. Writes wait for the
    first; queries wait for the second, since planning a query opens all indexes of its tables, whether it uses them or
    not. Only queries that are planned already and use another index go on.

    System catalogs and the indexes of exclusion constraints cannot be built concurrently.

    Instead:
        REINDEX … CONCURRENTLY, without a transaction. If it fails, it leaves an INVALID index behind, to be dropped.

    Sources:
        - https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
        - indexcmds.c: ReindexIndex, ReindexRelationConcurrently; plancat.c: get_relation_info
        - locks and errors measured on PostgreSQL 12 to 18
    """

    id = "reindex-not-concurrent"
    category = "locking"
    severity = "error"
    operations = (ops.Reindex,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="REINDEX TABLE orders;",
            transaction=False,
            line=1,
            fix="REINDEX TABLE CONCURRENTLY orders;",
        ),
        Example(
            given="CREATE TABLE app.orders (id bigint, status text);\nCREATE INDEX by_status ON app.orders (status);",
            sql="REINDEX (VERBOSE) INDEX app.by_status;",
            transaction=False,
            line=1,
            fix="REINDEX (VERBOSE) INDEX CONCURRENTLY app.by_status;",
        ),
        Example(
            given="CREATE TABLE bookings (during tstzrange, EXCLUDE USING gist (during WITH &&));",
            sql="REINDEX INDEX bookings_during_excl;",
            line=1,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="REINDEX SCHEMA public;",
            transaction=False,
            line=1,
            fix="REINDEX SCHEMA CONCURRENTLY public;",
        ),
        Example(sql="REINDEX TABLE legacy;", transaction=False, line=1, fix="REINDEX TABLE CONCURRENTLY legacy;"),
        Example(sql="REINDEX INDEX old_idx;", transaction=False, line=1, fix="REINDEX INDEX CONCURRENTLY old_idx;"),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="REINDEX TABLE CONCURRENTLY orders;",
            transaction=False,
            why="Writes and queries go on.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY);\nREINDEX TABLE orders;",
            why="The table is made in the same migration.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint);",
            sql="REINDEX TABLE orders;",
            why="The table has no index.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="BEGIN;\nREINDEX SCHEMA public;\nCOMMIT;",
            transaction=False,
            why="The server refuses it in a transaction block: concurrent-in-transaction tells that.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.Reindex)
        if operation.concurrently or step.impact.error is not None:
            return
        tables = [
            lock
            for lock in step.impact.locks
            if lock.kind in _TABLES and lock.duration == "build" and context.blocked(step, lock)
        ]
        tables = [lock for lock in tables if not context.is_new(step, lock.relation)]
        if tables:
            first = tables[0]
            more = f" and {len(tables) - 1} more tables" if len(tables) > 1 else ""
            what = f"{first.relation}{more}: writes, and queries as they are planned, wait while the indexes are built"
            until = context.held_on(step, first)
        elif operation.name is not None and _unseen(step, operation, context):
            table, built = (
                ("its table", "index is") if operation.target == "index" else (operation.name.name, "indexes are")
            )
            what, until = f"{table}: writes, and queries as they are planned, wait while the {built} built", ""
        else:
            return
        kept = sorted({name for lock in tables for name in _exclusions(step, lock.relation, operation, context)})
        fix = None if kept else sql.put_after(context.text(step), operation.target.upper(), "CONCURRENTLY")
        help = "if a concurrent build fails, drop the INVALID index that it leaves behind before trying again"
        if kept:
            help = (
                f"{', '.join(kept)} belongs to an exclusion constraint and cannot be built concurrently: choose a quiet"
                " hour and set a lock_timeout"
            )
        fixes = []
        if fix is not None:
            safe = _is_plain(step, tables)
            fixes.append(context.fix_without_transaction(step, "Build concurrently", fix, safe=safe))
        yield context.finding(
            step,
            f"REINDEX {operation.target.upper()} builds indexes under SHARE on {what}{until}",
            relations=tuple(lock.relation for lock in tables),
            help=help,
            fixes=fixes,
        )


_TABLES = ("table", "materialized view")


def _is_plain(step: Step, tables: list[Lock]) -> bool:
    """Whether all indexes are built: a concurrent run leaves out those of exclusion constraints."""
    records = [step.before.table(lock.relation) for lock in tables]
    return bool(records) and all(
        table is not None and table.known and all(c.kind != "exclude" for c in table.constraints) for table in records
    )


def _unseen(step: Step, operation: ops.Reindex, context: Context) -> bool:
    """Whether it is an index or a table that the history never made."""
    if operation.name is None:
        return False
    found = step.before.relation(context.resolve(step, operation.name))
    return found is None or (isinstance(found, records.Table) and not found.known)


def _exclusions(step: Step, table: QName, operation: ops.Reindex, context: Context) -> Iterator[str]:
    """The indexes of exclusion constraints that the statement names itself; of a whole table they are left out with a
    warning (indexcmds.c: ReindexRelationConcurrently)."""
    if operation.target != "index" or operation.name is None:
        return
    index = step.before.index(context.resolve(step, operation.name))
    record = step.before.table(table)
    if index is None or record is None or index.constraint is None:
        return
    constraint = record.constraint(index.constraint)
    if constraint is not None and constraint.kind == "exclude":
        yield index.name.name
