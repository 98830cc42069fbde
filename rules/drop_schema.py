from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, Victim, ops, sql


class DropSchema(Rule):
    """DROP SCHEMA … CASCADE destroys every table in the schema, whatever that is on the server where it runs.

    Tables with all their rows, views, functions and types go, and outside of the schema each foreign key, view, column
    and default that uses one of them. The statement names none of it: what was put into the schema since the migration
    was written goes too. Each table is locked under ACCESS EXCLUSIVE until the transaction ends.

    Without CASCADE only an empty schema can be dropped, which loses nothing.

    Instead:
        Rename the schema, so that a forgotten use fails loudly and can be undone in a second. Later drop its objects
        one by one, with a backup at hand, and the empty schema at last.

    Sources:
        - https://www.postgresql.org/docs/current/sql-dropschema.html
        - the server's dependency.c, performMultipleDeletions; measured on PostgreSQL 12 to 18
    """

    id = "drop-schema"
    category = "destructive"
    severity = "error"
    operations = (ops.DropObject,)

    bad = (
        Example(
            given="CREATE SCHEMA shop;\nCREATE TABLE shop.orders (id bigint PRIMARY KEY);\n"
            "CREATE VIEW order_ids AS SELECT id FROM shop.orders;",
            sql="DROP SCHEMA shop CASCADE;",
            line=1,
            fix="ALTER SCHEMA shop RENAME TO shop_to_be_dropped;",
        ),
        Example(
            sql="SET lock_timeout = '2s';\nDROP SCHEMA IF EXISTS \"oldShop\" CASCADE;",
            line=2,
            fix='ALTER SCHEMA "oldShop" RENAME TO "oldShop_to_be_dropped";',
        ),
    )
    good = (
        Example(
            given="CREATE SCHEMA shop;\nCREATE TABLE shop.orders (id bigint PRIMARY KEY);\nDROP TABLE shop.orders;",
            sql="DROP SCHEMA shop;",
            why="Without CASCADE the server drops an empty schema only.",
        ),
        Example(
            given="CREATE SCHEMA shop;",
            sql="DROP SCHEMA IF EXISTS shop CASCADE;",
            why="The history has put nothing into it.",
        ),
        Example(
            sql="CREATE SCHEMA staging;\nCREATE TABLE staging.rows (id bigint);\nDROP SCHEMA staging CASCADE;",
            why="All that goes came in the same migration.",
        ),
        Example(
            given="CREATE SCHEMA shop;\nCREATE TABLE shop.orders (id bigint PRIMARY KEY);\nDROP SCHEMA shop CASCADE;",
            sql="DROP SCHEMA IF EXISTS shop CASCADE;",
            why="The schema is gone already: IF EXISTS makes the statement do nothing.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.DropObject)
        impact = step.impact
        if operation.kind != "schema" or not operation.cascade or impact.error is not None or impact.skipped:
            return
        name = operation.name.name
        going = {v.object for v in impact.victims if not v.part}  # what is part of these needs no mention
        old = [
            v
            for v in impact.victims
            if not v.automatic and not context.is_victim_new(v) and not (v.part and v.object in going)
        ]
        if not old and (impact.victims or step.before.schema(name) is not None):
            return
        what = _told(old) if old else "whatever is in it: this history does not show it"
        yield context.finding(
            step,
            f"DROP SCHEMA {sql.quote(name)} CASCADE destroys {what}",
            related=context.related_victims(old, "goes with the schema"),
            help="Drop its objects one by one in a later migration, once nothing uses them and there is a backup.",
            fixes=(
                context.fix(
                    "Rename the schema first, which can be undone",
                    f"ALTER SCHEMA {sql.quote(name)} RENAME TO {sql.identifier(f'{name}_to_be_dropped')}",
                ),
            ),
        )


def _told(victims: list[Victim]) -> str:
    tables = [v.name for v in victims if v.kind in ("table", "partitioned table")]
    others = [f"{v.kind} {v.name}" for v in victims if str(v.object) not in tables]
    shown = [f"{sql.enumerated(tables)} and every row in {'it' if len(tables) == 1 else 'them'}"] if tables else []
    return "; ".join([*shown, *([sql.enumerated(others)] if others else [])])
