from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, added, index_first, ops


class AddUniqueConstraint(Rule):
    """ADD UNIQUE builds its index while the table can be neither read nor written.

    The statement takes ACCESS EXCLUSIVE on the table, reads and sorts every row for the index, and keeps the lock until
    its transaction ends. Two equal rows make it fail at the end of all that. There is no NOT VALID for UNIQUE.

    Instead:
        Build a unique index CONCURRENTLY, in a migration that your tool runs without a transaction, and then take it:
        ``ADD CONSTRAINT … UNIQUE USING INDEX …`` needs its lock for a moment only.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX
        - https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
        - tablecmds.c: ATExecAddIndex; locks measured on PostgreSQL 12 to 18
    """

    id = "add-unique-constraint"
    category = "locking"
    severity = "error"
    operations = (ops.AddConstraint, ops.AddColumn)
    bad = (
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY, email text);",
            sql="ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);",
            transaction=False,
            line=1,
            fix="CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);\n"
            "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;",
        ),
        Example(
            given='CREATE TABLE app."User" (id bigint PRIMARY KEY, email text, tenant bigint);',
            sql='ALTER TABLE app."User"\n  ADD COLUMN phone text,\n'
            "  ADD UNIQUE NULLS NOT DISTINCT (tenant, email) INCLUDE (id) DEFERRABLE INITIALLY DEFERRED;",
            transaction=False,
            line=3,
            fix='CREATE UNIQUE INDEX CONCURRENTLY "User_tenant_email_id_key" ON app."User" (tenant, email) INCLUDE (id)'
            " NULLS NOT DISTINCT;\n"
            'ALTER TABLE app."User"\n  ADD COLUMN phone text,\n'
            '  ADD CONSTRAINT "User_tenant_email_id_key" UNIQUE USING INDEX'
            ' "User_tenant_email_id_key" DEFERRABLE INITIALLY DEFERRED;',
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);",
            sql="ALTER TABLE users ADD COLUMN handle text CONSTRAINT one_handle UNIQUE DEFAULT NULL;",
            transaction=False,
            line=1,
            fix="ALTER TABLE users ADD COLUMN handle text DEFAULT NULL;\n"
            "CREATE UNIQUE INDEX CONCURRENTLY one_handle ON users (handle);\n"
            "ALTER TABLE users ADD CONSTRAINT one_handle UNIQUE USING INDEX one_handle;",
        ),
        Example(
            given="CREATE TABLE users (id bigint, email text);\nCREATE UNIQUE INDEX users_email ON users (email);",
            sql="ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);",
            line=1,
            fix="ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email;",
        ),
        Example(
            given="CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
            sql="ALTER TABLE events ADD CONSTRAINT events_id_key UNIQUE (id, at);",
            transaction=False,
            line=1,
            fix="ALTER TABLE ONLY events ADD CONSTRAINT events_id_key UNIQUE (id, at);\n"
            "CREATE UNIQUE INDEX CONCURRENTLY events_26_events_id_key ON events_26 (id, at);\n"
            "ALTER TABLE events_26 ADD CONSTRAINT events_26_events_id_key UNIQUE USING INDEX events_26_events_id_key;\n"
            "ALTER INDEX events_id_key ATTACH PARTITION events_26_events_id_key;",
        ),
        Example(
            given="CREATE TABLE users (id bigint, tenant bigint, CONSTRAINT one_id UNIQUE (id));",
            sql="ALTER TABLE users DROP CONSTRAINT one_id, ADD CONSTRAINT one_id UNIQUE (tenant, id);",
            transaction=False,
            line=1,
            fix="CREATE UNIQUE INDEX CONCURRENTLY one_id_new ON users (tenant, id);\n"
            "ALTER TABLE users DROP CONSTRAINT one_id, ADD CONSTRAINT one_id UNIQUE USING INDEX one_id_new;",
        ),
    )
    good = (
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY, email text);\n"
            "CREATE UNIQUE INDEX users_email_key ON users (email);",
            sql="ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;",
            why="The index is there: the constraint takes it without reading a row.",
        ),
        Example(
            sql="CREATE TABLE users (id bigint PRIMARY KEY, email text);\n"
            "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);",
            why="The table is made in the same migration.",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY, email text);",
            sql="DROP TABLE users;\nCREATE TABLE users (id bigint PRIMARY KEY, email text);\n"
            "ALTER TABLE users ADD UNIQUE (email);",
            why="The name is old, but the table behind it was made a line above.",
        ),
        Example(
            given="CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
            sql="ALTER TABLE ONLY events ADD CONSTRAINT events_id_key UNIQUE (id, at);",
            why="ONLY makes the parent's index alone, which has no rows of its own.",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);",
            sql="ALTER TABLE users ADD COLUMN IF NOT EXISTS id bigint UNIQUE;",
            why="The column is there, so nothing is done, the constraint included.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        for constraint in added(step, operation, context, "unique"):
            lock = context.busy_lock(step, constraint.relation, "build", "rewrite")
            if lock is None or constraint.definition.using_index is not None:
                continue
            columns = ", ".join(constraint.columns)
            help = (
                "look for equal rows before: one pair makes the concurrent build fail and leave an INVALID index behind"
            )
            if constraint.inline:
                help = "the index of a column that is null everywhere needs every row all the same"
            fix = index_first(step, context, constraint)
            yield context.finding(
                step,
                f"ADD UNIQUE ({columns}) builds its index under {lock.mode} on {lock.relation}: "
                f"{context.blocked(step, lock)}",
                help=help,
                fixes=() if fix is None else (fix,),
            )
