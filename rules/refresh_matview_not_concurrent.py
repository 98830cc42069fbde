from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import CatalogView, Context, Example, Finding, Operation, QName, Rule, Step, ops, records, sql


class RefreshMatviewNotConcurrent(Rule):
    """REFRESH MATERIALIZED VIEW without CONCURRENTLY stops all readers while its query runs.

    The statement takes ACCESS EXCLUSIVE on the view before the query starts, and keeps it until its transaction ends:
    a query of an hour is an hour without the view. With CONCURRENTLY the old rows can be read meanwhile. It needs a
    unique index on plain columns, without WHERE, and a view that has been filled once; it is slower where most rows
    change. It may run in a transaction.

    Instead:
        REFRESH MATERIALIZED VIEW CONCURRENTLY; if the view has no such index, make one first.

    Sources:
        - https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html
        - matview.c: ExecRefreshMatView; locks and errors measured on PostgreSQL 12 to 18
    """

    id = "refresh-matview-not-concurrent"
    category = "locking"
    severity = "warning"
    operations = (ops.RefreshMaterializedView,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n"
            "CREATE MATERIALIZED VIEW counts AS SELECT status, count(*) AS n FROM orders GROUP BY status;\n"
            "CREATE UNIQUE INDEX counts_status ON counts (status);",
            sql="REFRESH MATERIALIZED VIEW counts;",
            line=1,
            fix="REFRESH MATERIALIZED VIEW CONCURRENTLY counts;",
        ),
        Example(
            given="CREATE TABLE app.orders (id bigint PRIMARY KEY, status text);\n"
            "CREATE MATERIALIZED VIEW app.paid AS SELECT status, id FROM app.orders WHERE status = 'paid';\n"
            "CREATE UNIQUE INDEX paid_id ON app.paid (id) WHERE id > 5;",
            sql="refresh materialized view app.paid with data;",
            transaction=False,
            line=1,
            fix="CREATE UNIQUE INDEX CONCURRENTLY paid_id_key ON app.paid (id);\n"
            "REFRESH MATERIALIZED VIEW CONCURRENTLY app.paid;",
        ),
        Example(sql="REFRESH MATERIALIZED VIEW old_counts;", line=1),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);\n"
            "CREATE MATERIALIZED VIEW ids AS SELECT id FROM orders;\nCREATE UNIQUE INDEX ids_id ON ids (id);",
            sql="REFRESH MATERIALIZED VIEW CONCURRENTLY ids;",
            why="Readers go on with the old rows.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);\n"
            "CREATE MATERIALIZED VIEW ids AS SELECT id FROM orders WITH NO DATA;",
            sql="REFRESH MATERIALIZED VIEW ids;",
            why="A view that was never filled cannot be read yet, nor refreshed concurrently.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="CREATE MATERIALIZED VIEW ids AS SELECT id FROM orders;\nREFRESH MATERIALIZED VIEW ids;",
            why="The view is made in the same migration.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.RefreshMaterializedView)
        name = context.resolve(step, operation.relation)
        view = step.before.view(name)
        if operation.concurrently or not operation.with_data or not context.concerns(step, name):
            return
        lock = step.impact.lock_on(name)
        if lock is None or not context.waiting(lock) or (view is not None and not view.populated):
            return
        refresh = f"REFRESH MATERIALIZED VIEW CONCURRENTLY {context.sql_name(step, name)}"
        if view is None or not view.known or _has_key(step.before, name):
            fixes = [context.fix("Refresh concurrently", refresh, safe=True)]
        else:
            index = _index(view, name, context.sql_name(step, name), step.before)
            title = "Make a unique index first (on the columns that tell its rows apart), then refresh concurrently"
            fixes = [] if index is None else [context.fix_without_transaction(step, title, index, refresh)]
        yield context.finding(
            step,
            f"REFRESH MATERIALIZED VIEW takes {lock.mode} on {name}: reads of it wait while its query runs"
            f"{context.held_on(step, lock)}",
            help="CONCURRENTLY needs a unique index on plain columns without WHERE, and a view that has been filled"
            " once",
            fixes=fixes,
        )


def _has_key(catalog: CatalogView, name: QName) -> bool:
    """Whether there is an index that a concurrent refresh can compare rows by (matview.c: is_usable_unique_index)."""
    return any(
        index.unique and index.where is None and None not in index.columns and index.valid is not False
        for index in catalog.indexes(name)
    )


def _index(view: records.View, name: QName, on: str, catalog: CatalogView) -> str | None:
    """A unique index on the column ``id``, or else on the first one."""
    columns = [column.name for column in view.columns]
    if not columns:
        return None
    column = "id" if "id" in columns else columns[0]
    index = sql.identifier(f"{name.name}_{column}_key")
    return f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {on} ({sql.quote(column)})"
