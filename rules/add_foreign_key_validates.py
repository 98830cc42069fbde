from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Added, Context, Example, Finding, Fix, Operation, Rule, Step, added, in_two_steps, ops, sql


class AddForeignKeyValidates(Rule):
    """ADD FOREIGN KEY reads both tables while neither can be written.

    The statement takes SHARE ROW EXCLUSIVE on the table and on the one that it refers to, looks for the partner of
    every row, and keeps both locks until its transaction ends: every INSERT, UPDATE and DELETE on either waits. With
    NOT VALID the locks are kept for a moment; VALIDATE CONSTRAINT then does the reading while writes go on.

    Instead:
        ``ADD … NOT VALID`` and, in a later transaction, ``VALIDATE CONSTRAINT``. Before PostgreSQL 18 a partitioned
        table refuses a NOT VALID foreign key: add and validate it on each partition, and the parent takes them over.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT
        - tablecmds.c: ATAddForeignKeyConstraint, tryAttachPartitionForeignKey
        - locks and scans measured on PostgreSQL 12 to 18
    """

    id = "add-foreign-key-validates"
    category = "locking"
    severity = "error"
    operations = (ops.AddConstraint, ops.AddColumn)
    bad = (
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE orders (id bigint, user_id bigint);",
            sql="ALTER TABLE orders ADD CONSTRAINT by_user FOREIGN KEY (user_id) REFERENCES users ON DELETE SET NULL;",
            line=1,
            fix="ALTER TABLE orders ADD CONSTRAINT by_user FOREIGN KEY (user_id) REFERENCES users ON DELETE SET NULL"
            " NOT VALID;\n-- in the next migration:\nALTER TABLE orders VALIDATE CONSTRAINT by_user;",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE orders (id bigint);",
            sql="ALTER TABLE orders ADD COLUMN user_id bigint;\n"
            "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;",
            transaction=False,
            line=2,
            fix="ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users"
            " NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_fkey;",
        ),
        Example(
            given="CREATE TABLE plans (id int PRIMARY KEY);\nCREATE TABLE users (id bigint PRIMARY KEY);",
            sql="ALTER TABLE users\n"
            "  ADD COLUMN plan_id int NOT NULL DEFAULT 1 REFERENCES plans (id) ON DELETE SET DEFAULT;",
            transaction=False,
            line=1,
            fix="ALTER TABLE users ADD COLUMN plan_id int NOT NULL DEFAULT 1;\n"
            "ALTER TABLE users ADD CONSTRAINT users_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans (id)"
            " ON DELETE SET DEFAULT NOT VALID;\n"
            "ALTER TABLE users VALIDATE CONSTRAINT users_plan_id_fkey;",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\n"
            "CREATE TABLE events (user_id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
            sql="ALTER TABLE events ADD CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users;",
            transaction=False,
            line=1,
            fix="ALTER TABLE events_26 ADD CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users NOT VALID;\n"
            "ALTER TABLE events_26 VALIDATE CONSTRAINT events_user;\n"
            "ALTER TABLE events ADD CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users;",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\n"
            "CREATE TABLE events (user_id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
            sql="ALTER TABLE events ADD CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users;",
            server=18,
            transaction=False,
            line=1,
            fix="ALTER TABLE events ADD CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users NOT VALID;\n"
            "ALTER TABLE events VALIDATE CONSTRAINT events_user;",
        ),
    )
    good = (
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE orders (id bigint, user_id bigint);",
            sql="ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users NOT VALID;",
            why="Nothing is read.",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE orders (id bigint);",
            sql="ALTER TABLE orders ADD COLUMN user_id bigint REFERENCES users;",
            why="A column that is null in every row is added with its foreign key: the server has nothing to look up.",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);",
            sql="CREATE TABLE orders (id bigint, user_id bigint);\n"
            "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;",
            why="The referencing table is new: there is no row whose partner must be found.",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE orders (id bigint, user_id bigint);",
            sql="ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT ENFORCED;",
            server=18,
            why="What is not enforced is not checked.",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\n"
            "CREATE TABLE events (user_id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');\n"
            "ALTER TABLE events_26 ADD FOREIGN KEY (user_id) REFERENCES users;",
            sql="ALTER TABLE events ADD FOREIGN KEY (user_id) REFERENCES users;",
            why="Every partition has the same valid foreign key, which the parent's takes over without reading.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        for constraint in added(step, operation, context, "foreign key"):
            reference = constraint.definition.foreign_key
            scanned = [s.relation for s in step.impact.scans if s.reason == "foreign key"]
            if reference is None or not scanned:
                continue
            target = context.resolve(step, reference.target)
            both = [constraint.relation] + ([target] if target != constraint.relation else [])
            locks = [lock for lock in map(step.impact.lock_on, both) if lock is not None]
            waiting = [who for who in map(context.waiting, locks) if who]
            if not waiting:
                continue
            columns = ", ".join(constraint.columns)
            fix = self._fix(step, context, constraint)
            yield context.finding(
                step,
                f"ADD FOREIGN KEY ({columns}) looks up every row of {constraint.relation} in {target}: "
                f"{' and '.join(waiting)} wait meanwhile{context.held_on(step, locks[0])}",
                relations=both,
                help="a foreign key that is NOT VALID is checked for new rows at once; rows that break it make VALIDATE"
                " fail, and nothing else",
                fixes=() if fix is None else (fix,),
            )

    def _fix(self, step: Step, context: Context, constraint: Added) -> Fix | None:
        table = step.before.table(constraint.relation)
        if table is None or table.kind != "partitioned table" or context.server.major >= _PARTITIONED_SINCE:
            return in_two_steps(step, context, constraint)
        partitions = step.before.children(constraint.relation)
        records = [step.before.table(partition) for partition in partitions]
        if constraint.inline or constraint.body is None or any(r is None or r.kind != "table" for r in records):
            return None
        add = f"ADD CONSTRAINT {sql.identifier(constraint.name)} {constraint.body}"
        names = [context.sql_name(step, partition) for partition in partitions[:_SHOWN]]
        more = [f"-- and so on for the other {len(partitions) - _SHOWN} partitions"] * (len(partitions) > _SHOWN)
        validate = f"VALIDATE CONSTRAINT {sql.identifier(constraint.name)}"
        return context.fix_in_migrations(
            step,
            "On each partition first, whose keys the parent then takes over",
            [*(f"ALTER TABLE {name} {add} NOT VALID" for name in names), *more],
            [*(f"ALTER TABLE {name} {validate}" for name in names), *more],
            [f"ALTER TABLE {context.sql_name(step, constraint.relation)} {add}"],
        )


_PARTITIONED_SINCE = 18  # release 18: NOT VALID foreign keys on partitioned tables; 42809 before, measured
_SHOWN = 3  # partitions that a fix spells out
