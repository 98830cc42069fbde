from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, QName, Rule, Step, ops


class Cluster(Rule):
    """CLUSTER copies the table in the order of an index under ACCESS EXCLUSIVE: nobody can read or write it meanwhile.

    Every row goes into a new file and every index is built again; reads and writes of the table wait for all of it.
    The order is lost again with every row written after, so that nothing is gained for long on a table that is written
    to.

    Instead:
        pg_repack orders the rows online, outside of migrations. An index with the columns of the query INCLUDEd often
        makes the order of the rows unimportant.

    Sources:
        - https://www.postgresql.org/docs/current/sql-cluster.html
        - the server's cluster.c, cluster_rel; locks and rewrites measured on PostgreSQL 12 to 18
    """

    id = "cluster"
    category = "rewrite"
    severity = "error"
    operations = (ops.Cluster,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, day date);\nCREATE INDEX orders_day ON orders (day);",
            sql="CLUSTER orders USING orders_day;",
            line=1,
        ),
        Example(
            given="CREATE TABLE app.orders (id bigint PRIMARY KEY);\nALTER TABLE app.orders CLUSTER ON orders_pkey;",
            sql="SET lock_timeout = '2s';\nCLUSTER VERBOSE app.orders;",
            line=2,
        ),
        Example(sql="CLUSTER;", transaction=False, line=1),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders CLUSTER ON orders_pkey;",
            why="It notes the index for a later CLUSTER and moves nothing.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY);\nCLUSTER orders USING orders_pkey;",
            why="The table is new in this migration: there is nothing to copy.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="CREATE TABLE cluster (id bigint);\nDROP TABLE cluster;",
            why="A table may be called cluster.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.Cluster)
        if step.impact.error is not None or step.impact.skipped:
            return
        if operation.relation is None:
            yield context.finding(
                step,
                "CLUSTER copies every table that was clustered before under ACCESS EXCLUSIVE: reads and writes of each"
                " wait while its rows are copied and its indexes built again",
                help="pg_repack orders the rows of a table online, outside of migrations",
            )
            return
        relation = context.resolve(step, operation.relation)
        lock = step.impact.lock_on(relation)
        if not step.impact.rewrites or lock is None or context.is_new(step, relation):
            return
        yield context.finding(
            step,
            f"CLUSTER rewrites {relation} in the order of an index under {lock.mode}: {context.blocked(step, lock)}",
            relations=(relation,),
            help=f"order the rows online, outside of migrations: pg_repack --table={relation}"
            f" --order-by={_order(step, relation, operation.index)}",
        )


def _order(step: Step, relation: QName, index: str | None) -> str:
    """The columns of the index as pg_repack takes them, or a word for them."""
    table = step.before.table(relation)
    index = index or (table.cluster_index if table is not None else None)
    found = next((i for i in step.before.indexes(relation) if i.name.name == index), None)
    columns = [c for c in found.columns if c is not None] if found is not None else []
    return ",".join(columns) or "COLUMNS"
