from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Fix, Operation, Place, QName, Rule, Step, ops, sql


class TruncateCascade(Rule):
    """TRUNCATE … CASCADE empties the tables that refer to the table too, and those that refer to them.

    It follows every foreign key whatever its ON DELETE says, RESTRICT and SET NULL among them: all rows of the other
    tables are gone, those that refer to nothing too. Each of the tables is locked under ACCESS EXCLUSIVE until the
    transaction ends. A foreign key that came since the migration was written makes it empty one table more.

    Instead:
        Name the tables that are meant, without CASCADE: the server then refuses the statement where one is missing.

    Sources:
        - https://www.postgresql.org/docs/current/sql-truncate.html
        - the server's tablecmds.c, ExecuteTruncateGuts and heap.c, heap_truncate_find_FKs; measured on PostgreSQL 12
          to 18
    """

    id = "truncate-cascade"
    category = "destructive"
    severity = "error"
    operations = (ops.Truncate,)

    bad = (
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY);\n"
            "CREATE TABLE items (id bigint PRIMARY KEY, cart_id bigint REFERENCES carts ON DELETE SET NULL);\n"
            "CREATE TABLE notes (item_id bigint REFERENCES items);",
            sql="TRUNCATE carts CASCADE;",
            line=1,
            fix="TRUNCATE carts, items, notes;",
        ),
        Example(
            given="CREATE TABLE shop.carts (id bigint PRIMARY KEY);\n"
            "CREATE TABLE shop.items (cart_id bigint REFERENCES shop.carts);",
            sql="SELECT 1;\nTRUNCATE TABLE ONLY shop.carts RESTART IDENTITY CASCADE;",
            line=2,
            fix="TRUNCATE ONLY shop.carts, shop.items RESTART IDENTITY;",
        ),
        Example(sql="TRUNCATE legacy CASCADE;", line=1, fix="TRUNCATE legacy;"),
    )
    good = (
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY);",
            sql="TRUNCATE carts CASCADE;",
            why="No table refers to it: CASCADE empties nothing else.",
        ),
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY);\nCREATE TABLE items (cart_id bigint REFERENCES carts);",
            sql="TRUNCATE carts, items CASCADE;",
            why="Every table that is emptied is named.",
        ),
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY, parent_id bigint REFERENCES carts);",
            sql="TRUNCATE carts CASCADE;",
            why="The table refers to itself only.",
        ),
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY);",
            sql="CREATE TABLE items (cart_id bigint REFERENCES carts);\nTRUNCATE carts CASCADE;",
            why="The table that goes along came in the same migration.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.Truncate)
        operations = context.body.operations if context.body is not None else step.operations
        named = [op for op in operations if isinstance(op, ops.Truncate)]
        if not operation.cascade or operation is not named[0] or step.impact.error is not None or step.impact.skipped:
            return
        tables = [context.resolve(step, op.relation) for op in named]
        along = [name for name in _reached(step, tables) if not context.is_new(step, name)]
        unknown = [name for name in tables if not _is_known(step, name)]
        if along:
            what = sql.enumerated([str(name) for name in along])
            message = f"CASCADE empties {what} too, under ACCESS EXCLUSIVE: every row there is destroyed with those of"
            message += f" {tables[0]}"
        elif unknown:
            message = f"CASCADE empties every table that refers to {unknown[0]} too: this history does not show which"
        else:
            return
        yield context.finding(
            step,
            message,
            relations=(*tables, *along),
            related=_foreign_keys(step, context, [*tables, *along]),
            help="name the tables that are meant, without CASCADE",
            fixes=(_fix(step, context, named, tables, along),),
        )


def _reached(step: Step, named: list[QName]) -> list[QName]:
    """The tables that are emptied beside the named ones and what is below them (``ONLY`` too leaves no key behind)."""
    own = {below for name in named for below in (name, *step.before.descendants(name))}
    found: list[QName] = []
    for lock in step.impact.locks:
        table = step.before.table(lock.relation)
        below_found = table is not None and (table.partition_of in found or any(p in found for p in table.inherits))
        if table is not None and lock.mode == "ACCESS EXCLUSIVE" and lock.relation not in own and not below_found:
            found.append(lock.relation)
    return found


def _is_known(step: Step, name: QName) -> bool:
    table = step.before.table(name)
    return table is not None and table.known


def _foreign_keys(step: Step, context: Context, tables: list[QName]) -> Iterator[Place]:
    """Where the foreign keys came from that lead from one table to the next."""
    for table in tables:
        for other, constraint in step.before.referencing(table):
            if other.name in tables and other.name != table and constraint.origin >= 0:
                made = context.step(constraint.origin)
                yield context.related(made, f"{other.name} refers to {table} by {constraint.name}")


def _fix(step: Step, context: Context, named: list[ops.Truncate], tables: list[QName], along: list[QName]) -> Fix:
    names = [
        f"{'ONLY ' if op.only else ''}{context.sql_name(step, table)}" for op, table in zip(named, tables, strict=True)
    ]
    names += [context.sql_name(step, table) for table in along]
    restart = " RESTART IDENTITY" if named[0].restart_identity else ""
    return context.fix("Name the tables that are meant", f"TRUNCATE {', '.join(names)}{restart}")
