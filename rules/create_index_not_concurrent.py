from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Fix, Lock, QName, Rule, Step, ops, sql


class CreateIndexNotConcurrent(Rule):
    """CREATE INDEX without CONCURRENTLY stops all writes to the table while the index is built.

    The statement takes a SHARE lock on the table and keeps it until its transaction ends. INSERT, UPDATE and DELETE
    wait for as long as it takes to read and sort every row: seconds per gigabyte on an idle server, more on a busy
    one. Reads go on. On a partitioned table the same lock is taken on every partition, and each has its index built in
    turn.

    CREATE INDEX CONCURRENTLY lets writes go on. It reads the table twice, waits for older transactions, and may not
    run in a transaction block. If it fails, an INVALID index stays behind that slows down writes and is used by no
    query.

    Instead:
        Write CREATE INDEX CONCURRENTLY in a migration of its own that your tool runs without a transaction. A
        partitioned table cannot be indexed concurrently: make the index ON ONLY the parent, build one CONCURRENTLY on
        each partition, and attach them.

    Sources:
        - https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
        - https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
        - the server's indexcmds.c, DefineIndex; locks measured on PostgreSQL 12 to 18
    """

    id = "create-index-not-concurrent"
    category = "locking"
    severity = "error"
    operations = (ops.CreateIndex,)

    bad = (
        Example(
            sql="CREATE INDEX legacy_orders_customer_idx ON legacy_orders (customer_id);",
            line=1,
            fix="CREATE INDEX CONCURRENTLY legacy_orders_customer_idx ON legacy_orders (customer_id);",
            transaction=False,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);",
            sql="CREATE INDEX orders_customer_idx ON orders (customer_id);",
            line=1,
            fix="CREATE INDEX CONCURRENTLY orders_customer_idx ON orders (customer_id);",
            transaction=False,
        ),
        Example(
            given="CREATE TABLE app.users (id bigint PRIMARY KEY, email text);",
            sql="ALTER TABLE app.users ADD COLUMN phone text;\ncreate unique index on app.users (lower(email));",
            line=2,
            fix="create unique index concurrently on app.users (lower(email));",
            transaction=False,
        ),
        Example(
            given="CREATE TABLE events (id bigint, at timestamptz NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
            sql="CREATE INDEX events_at_idx ON events (at);",
            line=1,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);",
            sql="CREATE INDEX CONCURRENTLY orders_customer_idx ON orders (customer_id);",
            transaction=False,
            why="It is built concurrently: writes go on.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);\n"
            "CREATE INDEX orders_customer_idx ON orders (customer_id);",
            why="The table is made in the same transaction: nobody else can see it yet.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);\n"
            "CREATE INDEX orders_customer_idx ON orders (customer_id);",
            transaction=False,
            why="Without a transaction the table is visible, but it is new and empty: the build takes no time.",
        ),
        Example(
            given="CREATE TABLE events (id bigint, at timestamptz NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
            sql="CREATE INDEX events_at_idx ON ONLY events (at);",
            why="ONLY makes the parent's index without building anything on the partitions.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint);\nCREATE INDEX orders_id_idx ON orders (id);",
            sql="CREATE INDEX IF NOT EXISTS orders_id_idx ON orders (id);",
            why="The index is there already: nothing is built.",
        ),
    )

    def check_step(self, step: Step, operation: ops.Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.CreateIndex)
        table = context.resolve(step, operation.relation)
        if operation.concurrently or step.impact.error is not None or context.is_new(step, table):
            return
        locks = [lock for lock in step.impact.locks if lock.duration == "build" and context.blocked(step, lock)]
        if not locks:
            return
        partitions = [lock for lock in locks if lock.relation != table]
        also = ""
        if partitions:
            count = len(partitions)
            also = f" and its {count} partitions" if count > 1 else f" and its partition {partitions[0].relation}"
        during = f"wait while {'the index is' if len(locks) == 1 else 'the indexes are'} built"
        yield context.finding(
            step,
            f"CREATE INDEX takes a {locks[0].mode} lock on {table}{also}: "
            f"writes to {'it' if not partitions else 'all of them'} {during}{context.held_on(step, locks[0])}.",
            help="If a concurrent build fails, drop the INVALID index that it leaves behind before trying again; "
            "IF NOT EXISTS would take it for a finished one.",
            fixes=self._fixes(step, operation, context, table, partitions),
        )

    def _fixes(
        self, step: Step, operation: ops.CreateIndex, context: Context, table: QName, partitions: list[Lock]
    ) -> Iterator[Fix]:
        text = context.text(step)
        if not partitions:
            built = sql.put_after(text, "INDEX", "CONCURRENTLY")
            if built is not None:
                yield context.fix_without_transaction(step, "Build the index concurrently", built, safe=True)
            return
        tail = sql.index_tail(text)
        name = operation.index or next((b.index.name for b in step.impact.index_builds if b.index is not None), None)
        if tail is None or name is None or any(lock.kind == "partitioned table" for lock in partitions):
            return
        unique = "UNIQUE " if operation.unique else ""
        parent = sql.qualified(table.schema, name) if operation.relation.schema else sql.quote(name)
        statements = [f"CREATE {unique}INDEX {sql.quote(name)} ON ONLY {context.sql_name(step, table)} {tail}"]
        for lock in partitions[:_SHOWN]:
            index = sql.identifier(f"{lock.relation.name}_{name}")
            on = context.sql_name(step, lock.relation)
            statements.append(f"CREATE {unique}INDEX CONCURRENTLY {index} ON {on} {tail}")
            attached = f"{sql.quote(lock.relation.schema)}.{index}" if "." in on else index
            statements.append(f"ALTER INDEX {parent} ATTACH PARTITION {attached}")
        if len(partitions) > _SHOWN:
            statements.append(f"-- and so on for the other {len(partitions) - _SHOWN} partitions")
        yield context.fix_without_transaction(step, "Build the index partition by partition", *statements)


_SHOWN = 3  # partitions that a fix spells out
