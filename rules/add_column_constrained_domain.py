from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hotlint.rule import (
    Context,
    Example,
    Finding,
    Fix,
    Operation,
    QName,
    Rule,
    Step,
    domains_of,
    ops,
    records,
    sql,
)


class AddColumnConstrainedDomain(Rule):
    """A new column whose type is a domain with constraints rewrites the table under ACCESS EXCLUSIVE.

    The server does not know whether NULL, or the default, satisfies the domain's CHECK, and so writes the column into
    every row to find out. Every row is copied and every index built again, and all reads and writes of the table wait
    until the transaction ends. A domain without constraints costs nothing.

    Instead:
        Give the column the domain's base type, and the domain's CHECK to the table: NOT VALID first, validated in a
        later migration.

    Sources:
        - https://www.postgresql.org/docs/current/sql-createdomain.html
        - the server's tablecmds.c, ATExecAddColumn (DomainHasConstraints); rewrites measured on PostgreSQL 12 to 18
    """

    id = "add-column-constrained-domain"
    category = "rewrite"
    severity = "error"
    operations = (ops.AddColumn,)
    bad = (
        Example(
            given="CREATE DOMAIN email AS text CHECK (VALUE ~ '@');\nCREATE TABLE users (id bigint PRIMARY KEY);",
            sql="ALTER TABLE users ADD COLUMN contact email;",
            line=1,
            transaction=False,
            fix="ALTER TABLE users ADD COLUMN contact text;\n"
            "ALTER TABLE users ADD CONSTRAINT users_contact_check CHECK (contact ~ '@') NOT VALID;\n"
            "ALTER TABLE users VALIDATE CONSTRAINT users_contact_check;",
        ),
        Example(
            given="CREATE DOMAIN app.percent AS int DEFAULT 0 NOT NULL CHECK (VALUE BETWEEN 0 AND 100);\n"
            "CREATE TABLE app.offers (id bigint PRIMARY KEY);",
            sql="ALTER TABLE app.offers\n  ADD COLUMN note text,\n  ADD COLUMN discount app.percent;",
            line=3,
        ),
        Example(
            given="CREATE DOMAIN positive AS numeric CHECK (VALUE > 0);\n"
            "CREATE DOMAIN price AS positive CHECK (VALUE < 1000000);\nCREATE TABLE offers (id bigint PRIMARY KEY);",
            sql="ALTER TABLE offers ADD COLUMN amount price NOT NULL DEFAULT 1;",
            line=1,
        ),
    )
    good = (
        Example(
            given="CREATE DOMAIN note AS text;\nCREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN remark note;",
            why="A domain without constraints is its base type.",
        ),
        Example(
            given="CREATE DOMAIN email AS text CHECK (VALUE ~ '@');",
            sql="CREATE TABLE users (id bigint PRIMARY KEY);\nALTER TABLE users ADD COLUMN contact email;",
            why="The table is new in this migration: there is nothing to rewrite.",
        ),
        Example(
            given="CREATE DOMAIN email AS text CHECK (VALUE ~ '@');\nCREATE TABLE users (id bigint PRIMARY KEY);",
            sql="CREATE TABLE contacts (user_id bigint REFERENCES users, contact email);",
            why="A new table may use any domain.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.AddColumn)
        column = operation.column
        domains = domains_of(step, column.type)
        strict = [d for d in domains if d.constraints or d.not_null]
        relation = context.resolve(step, operation.relation)
        if not strict or column.generated is not None or not context.concerns(step, relation):
            return
        rewriting = context.rewriting(step, relation, column.name)
        if rewriting:
            yield context.finding(
                step,
                f"Adding {column.name} of the domain {domains[0].name}, which has constraints, {rewriting}",
                related=[
                    context.related(context.step(d.origin), f"the domain {d.name} with its constraints")
                    for d in strict
                    if d.origin >= 0
                ],
                help="use the base type with a CHECK that is added NOT VALID and validated in a later migration",
                fixes=_fixes(step, context, relation, column, domains),
            )


def _fixes(
    step: Step, context: Context, relation: QName, column: ops.ColumnDef, domains: tuple[records.Domain, ...]
) -> tuple[Fix, ...]:
    """The base type and the checks, where all of them and the default can be told."""
    default = column.default or next((d.default for d in domains if d.default is not None), None)
    required = column.not_null or any(d.not_null for d in domains)
    plain = msgspec.structs.replace(
        column, type=domains[-1].base, default=default, not_null=required and default is not None
    )
    definition = sql.render_column(plain)
    checks = [_check(c, column.name) for d in domains for c in d.constraints if c.kind == "check"]
    if definition is None or None in checks or (default is not None and default.kind not in _CONSTANTS):
        return ()
    alter = f"ALTER TABLE {context.sql_name(step, relation)}"
    first, second = [f"{alter} ADD COLUMN {definition}"], []
    for at, check in enumerate(checks, 1):
        name = sql.identifier(f"{relation.name}_{column.name}_check{at if at > 1 else ''}")
        first.append(f"{alter} ADD CONSTRAINT {name} CHECK ({check}) NOT VALID")
        second.append(f"{alter} VALIDATE CONSTRAINT {name}")
    parts = [part for part in (first, second) if part]
    return (context.fix_in_migrations(step, "The base type, with its CHECK validated later", *parts),)


_CONSTANTS = ("null", "string", "number", "bool")


def _check(constraint: records.Constraint, column: str) -> str | None:
    """The domain's condition with the column for VALUE."""
    expression = constraint.expression
    return sql.render_expression(_about(expression, column)) if expression is not None else None


def _about(expression: ops.Expr, column: str) -> ops.Expr:
    if expression.kind == "column":
        return msgspec.structs.replace(expression, value=column)
    return msgspec.structs.replace(expression, args=tuple(_about(arg, column) for arg in expression.args))
