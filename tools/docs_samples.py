"""A small history in the layout of each framework: one table, and an index on it that is built outside of a transaction
where the framework has a way to say so. The pages of docs/frameworks/ show them and what Hotlint reads in them."""

from __future__ import annotations

import msgspec

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, placed_at timestamptz NOT NULL);\n"
NO_TABLE = "DROP TABLE orders;\n"
INDEX = "CREATE INDEX CONCURRENTLY orders_placed_at_idx ON orders (placed_at);\n"
NO_INDEX = "DROP INDEX CONCURRENTLY orders_placed_at_idx;\n"
COLUMN = "ALTER TABLE orders ADD COLUMN note text;\n"
NO_COLUMN = "ALTER TABLE orders DROP COLUMN note;\n"


class Sample(msgspec.Struct, frozen=True):
    """``title`` is the tool as its users call it; ``files`` path → text below ``folder``, which is what is planned.
    ``placeholders``: what the tool fills in, and how Hotlint is told."""

    title: str
    folder: str
    files: dict[str, str]
    placeholders: str = ""


def _pairs(*names: str, up: str = ".up.sql", down: str = ".down.sql") -> dict[str, str]:
    texts = ((TABLE, NO_TABLE), (INDEX, NO_INDEX))
    return {
        f"{name}{end}": text
        for name, both in zip(names, texts, strict=True)
        for end, text in zip((up, down), both, strict=True)
    }


_NAMED = (
    "The tool fills in `${name}`. Give the values that matter under `placeholders`; any other becomes a neutral word."
)

SAMPLES = {
    "golang-migrate": Sample(
        "golang-migrate",
        "migrations",
        _pairs("0001_orders", "0002_placed_at_index"),
    ),
    "maragudk-migrate": Sample(
        "maragudk/migrate",
        "migrations",
        {
            "1700000001-orders.up.sql": TABLE,
            "1700000001-orders.down.sql": NO_TABLE,
            "1700000002-note.up.sql": COLUMN,
            "1700000002-note.down.sql": NO_COLUMN,
            "go.mod": "module shop\n\nrequire maragu.dev/migrate v0.6.0\n",
        },
    ),
    "bun": Sample(
        "bun",
        "migrations",
        {
            "20260101000000_orders.tx.up.sql": TABLE,
            "20260101000000_orders.tx.down.sql": NO_TABLE,
            "20260102000000_placed_at_index.up.sql": INDEX,
            "20260102000000_placed_at_index.down.sql": NO_INDEX,
        },
    ),
    "go-pg": Sample(
        "go-pg/migrations",
        "migrations",
        {
            "1_orders.tx.up.sql": TABLE,
            "1_orders.tx.down.sql": NO_TABLE,
            "2_placed_at_index.up.sql": INDEX,
            "2_placed_at_index.down.sql": NO_INDEX,
            "go.mod": "module shop\n\nrequire github.com/go-pg/migrations/v8 v8.1.0\n",
        },
    ),
    "sqlx": Sample(
        "sqlx",
        "migrations",
        {
            "20260101000000_orders.up.sql": TABLE,
            "20260101000000_orders.down.sql": NO_TABLE,
            "20260102000000_placed_at_index.up.sql": "-- no-transaction\n" + INDEX,
            "20260102000000_placed_at_index.down.sql": "-- no-transaction\n" + NO_INDEX,
        },
    ),
    "pop": Sample(
        "pop",
        "migrations",
        {
            "20260101000000_orders.up.sql": TABLE,
            "20260101000000_orders.down.sql": NO_TABLE,
            "20260102000000_placed_at_index.postgres.autocommit.up.sql": INDEX,
            "20260102000000_placed_at_index.postgres.autocommit.down.sql": NO_INDEX,
        },
        "The files are Go templates (`{{ … }}`). Give the values that matter under `placeholders`, by the last name in "
        "the braces; any other becomes a neutral word.",
    ),
    "morph": Sample(
        "morph",
        "migrations",
        {
            "000001_orders.up.sql": TABLE,
            "000001_orders.down.sql": NO_TABLE,
            "000002_placed_at_index.up.sql": "-- morph:nontransactional\n" + INDEX,
            "000002_placed_at_index.down.sql": "-- morph:nontransactional\n" + NO_INDEX,
        },
    ),
    "tern": Sample(
        "tern",
        "migrations",
        {
            "001_orders.sql": f"{TABLE}---- create above / drop below ----\n{NO_TABLE}",
            "002_placed_at_index.sql": f"---- tern: disable-tx ----\n{INDEX}---- create above / drop below ----\n"
            f"---- tern: disable-tx ----\n{NO_INDEX}",
        },
        "The files are Go templates (`{{.name}}`). Give the values that matter under `placeholders`; any other becomes "
        "a neutral word.",
    ),
    "goose": Sample(
        "goose",
        "migrations",
        {
            "00001_orders.sql": f"-- +goose Up\n{TABLE}-- +goose Down\n{NO_TABLE}",
            "00002_placed_at_index.sql": f"-- +goose NO TRANSACTION\n-- +goose Up\n{INDEX}-- +goose Down\n{NO_INDEX}",
        },
        "Under `-- +goose ENVSUB ON` goose fills in `${NAME}` and `${NAME:-default}` from the environment. Give the "
        "values that matter under `placeholders`; a default is used where there is one, and any other becomes a "
        "neutral word.",
    ),
    "sql-migrate": Sample(
        "sql-migrate",
        "migrations",
        {
            "0001_orders.sql": f"-- +migrate Up\n{TABLE}-- +migrate Down\n{NO_TABLE}",
            "0002_placed_at_index.sql": f"-- +migrate Up notransaction\n{INDEX}"
            f"-- +migrate Down notransaction\n{NO_INDEX}",
        },
    ),
    "dbmate": Sample(
        "dbmate",
        "db/migrations",
        {
            "20260101000000_orders.sql": f"-- migrate:up\n{TABLE}\n-- migrate:down\n{NO_TABLE}",
            "20260102000000_placed_at_index.sql": f"-- migrate:up transaction:false\n{INDEX}\n"
            f"-- migrate:down transaction:false\n{NO_INDEX}",
        },
    ),
    "node-pg-migrate": Sample(
        "node-pg-migrate",
        "migrations",
        {
            "1700000001000_orders.sql": f"-- Up Migration\n{TABLE}\n-- Down Migration\n{NO_TABLE}",
            "1700000002000_note.sql": f"-- Up Migration\n{COLUMN}\n-- Down Migration\n{NO_COLUMN}",
        },
    ),
    "flyway": Sample(
        "Flyway",
        "sql",
        {
            "V1__orders.sql": TABLE,
            "U1__orders.sql": NO_TABLE,
            "V2__placed_at_index.sql": INDEX,
            "V2__placed_at_index.sql.conf": "executeInTransaction=false\n",
            "R__order_days.sql": "CREATE OR REPLACE VIEW order_days AS\n"
            "  SELECT date_trunc('day', placed_at) AS day, count(*) FROM orders GROUP BY 1;\n",
        },
        _NAMED,
    ),
    "liquibase": Sample(
        "Liquibase",
        "changelog",
        {
            "changelog.yaml": "databaseChangeLog:\n  - include: {file: orders.sql, relativeToChangelogFile: true}\n"
            "  - include: {file: indexes.sql, relativeToChangelogFile: true}\n",
            "indexes.sql": f"--liquibase formatted sql\n\n--changeset ann:2 runInTransaction:false\n{INDEX}"
            "--rollback DROP INDEX CONCURRENTLY orders_placed_at_idx;\n",
            "orders.sql": f"--liquibase formatted sql\n\n--changeset ann:1\n{TABLE}--rollback DROP TABLE orders;\n",
        },
        _NAMED,
    ),
    "atlas": Sample(
        "Atlas",
        "migrations",
        {
            "20260101000000_orders.sql": TABLE,
            "20260102000000_placed_at_index.sql": "-- atlas:txmode none\n\n" + INDEX,
            "atlas.sum": "h1:…\n",
        },
    ),
    "supabase": Sample(
        "Supabase",
        "supabase/migrations",
        {"20260101000000_orders.sql": TABLE, "20260102000000_placed_at_index.sql": INDEX},
    ),
    "graphile-migrate": Sample(
        "graphile-migrate",
        "migrations",
        {
            "committed/000001-orders.sql": TABLE,
            "committed/000002-placed-at-index.sql": "--! no-transaction\n" + INDEX,
            "current.sql": "ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text;\n",
        },
        "The tool fills in `:NAME`. Give the values that matter under `placeholders`, and the pattern under "
        "`placeholder_patterns`: `'(?<!:):([A-Z][A-Z_]*)'`.",
    ),
    "diesel": Sample(
        "Diesel",
        "migrations",
        {
            "2026-01-01-000000_orders/up.sql": TABLE,
            "2026-01-01-000000_orders/down.sql": NO_TABLE,
            "2026-01-02-000000_placed_at_index/up.sql": INDEX,
            "2026-01-02-000000_placed_at_index/down.sql": NO_INDEX,
            "2026-01-02-000000_placed_at_index/metadata.toml": "run_in_transaction = false\n",
        },
    ),
    "hasura": Sample(
        "Hasura",
        "migrations/default",
        {
            "1700000001000_orders/up.sql": TABLE,
            "1700000001000_orders/down.sql": NO_TABLE,
            "1700000002000_note/up.sql": COLUMN,
            "1700000002000_note/down.sql": NO_COLUMN,
        },
    ),
    "prisma": Sample(
        "Prisma",
        "prisma/migrations",
        {
            "20260101000000_orders/migration.sql": TABLE,
            "20260102000000_placed_at_index/migration.sql": INDEX,
            "migration_lock.toml": 'provider = "postgresql"\n',
        },
    ),
    "drizzle": Sample(
        "Drizzle",
        "drizzle",
        {
            "0000_orders.sql": TABLE,
            "0001_note.sql": COLUMN,
            "meta/_journal.json": '{"dialect": "postgresql", "entries": [\n  {"idx": 0, "tag": "0000_orders"},\n'
            '  {"idx": 1, "tag": "0001_note"}\n]}\n',
        },
    ),
    "sqitch": Sample(
        "Sqitch",
        ".",
        {
            "sqitch.plan": "%syntax-version=1.0.0\n%project=shop\n\n"
            "orders 2026-01-01T00:00:00Z Ann <ann@example.org> # Orders\n"
            "placed_at_index [orders] 2026-01-02T00:00:00Z Ann <ann@example.org> # Orders by day\n",
            "deploy/orders.sql": f"BEGIN;\n{TABLE}COMMIT;\n",
            "revert/orders.sql": f"BEGIN;\n{NO_TABLE}COMMIT;\n",
            "verify/orders.sql": "SELECT id, placed_at FROM orders WHERE false;\n",
            "deploy/placed_at_index.sql": INDEX,
            "revert/placed_at_index.sql": NO_INDEX,
        },
        'psql fills in `:name`, `:\'name\'` and `:"name"`, from `--set` or `[core "variables"]`. Give the values that '
        "matter under `placeholders`; any other becomes a neutral word.",
    ),
    "plain": Sample(
        "Plain SQL files",
        "migrations",
        {"001_orders.sql": TABLE, "001_orders.down.sql": NO_TABLE, "002_note.sql": COLUMN},
        "Whatever your tool fills in: `${x}`, `{{ x }}`, `{% … %}`, `<% … %>` and `%{x}` are known; "
        "anything else is named under `placeholder_patterns`.",
    ),
}
