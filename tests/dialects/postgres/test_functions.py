"""Volatility, as servers of versions 12 to 18 judge the same expressions.

Each was tried there as the default of a new column (a rewrite: volatile) and as a generated column (42P17: not
immutable).
"""

from __future__ import annotations

import msgspec
import pytest
from pglast import parser

from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from hotlint.catalog.records import Enum, Function, OtherObject
from hotlint.dialects.postgres.functions import Volatility, exists, volatile, volatility
from hotlint.dialects.postgres.lower.expressions import expression
from hotlint.operations import Expr, FunctionArgument, TypeName
from hotlint.server import Server

PATH = ("public",)
INT = TypeName("int4", "pg_catalog")


def expr(sql: str) -> Expr:
    tree = msgspec.json.decode(parser.parse_sql_json(f"SELECT {sql}"))
    return expression(tree["stmts"][0]["stmt"]["SelectStmt"]["targetList"][0]["ResTarget"]["val"])


def function(
    name: str,
    body: str,
    volatility: Volatility = "volatile",
    *,
    language: str = "sql",
    returns: str = "int4",
    arguments: int = 0,
    strict: bool = False,
    security_definer: bool = False,
    settings: tuple[tuple[str, str], ...] = (),
) -> Function:
    return Function(
        QName("public", name),
        arguments=(FunctionArgument(type=INT),) * arguments,
        returns=TypeName(returns),
        language=language,
        volatility=volatility,
        body=body,
        strict=strict,
        security_definer=security_definer,
        settings=settings,
    )


FUNCTIONS = (
    function("one", "SELECT 1"),
    function("nested", "SELECT one()"),
    function("add_one", "SELECT $1 + 1", arguments=1),
    function("new_id", "SELECT gen_random_uuid()", returns="uuid"),
    function("today", "SELECT now()", returns="timestamptz"),
    function("stable_one", "SELECT 1", "stable"),
    function("lies", "SELECT random()::int", "immutable"),
    function("counts", "SELECT count(*) FROM pg_class"),
    function("two", "SELECT 1; SELECT 2"),
    function("limited", "SELECT 1 LIMIT 1"),
    function("set_path", "SELECT 1", settings=(("search_path", "public"),)),
    function("definer", "SELECT 1", security_definer=True),
    function("strict_one", "SELECT $1 + 1", arguments=1, strict=True),
    function("pl", "BEGIN RETURN 1; END", language="plpgsql"),
    function("pl_stable", "BEGIN RETURN 1; END", "stable", language="plpgsql"),
    function("pl_immutable", "BEGIN RETURN 1; END", "immutable", language="plpgsql"),
)


def schema(*extensions: str) -> Catalog:
    catalog = Catalog(closed=True)
    for each in FUNCTIONS:
        catalog.functions_by_name.set(each.name, (each,))
    catalog.types.set(QName("public", "mood"), Enum(QName("public", "mood"), ("sad",)))
    for name in extensions:
        catalog.extensions.set(name, OtherObject("extension", QName("", name)))
    return catalog


SCHEMA = schema()
IMMUTABLE = """
'2024-01-01'::timestamptz | 'now'::timestamp | 'orders'::regclass | 'abc' | 1 + 2 | -1 | md5('x') | upper('x')
array[1,2] | array[]::text[] | greatest(1, 2) | CASE WHEN true THEN 1 ELSE 2 END | '{}'::jsonb | '{}'::text[]
NULL::text | date_part('year', timestamp '2024-01-01') | date_trunc('day', timestamp '2024-01-01')
interval '1 day' * 2 | timestamp '2024-01-01' + interval '1 day' | '1'::int | 1::text | make_date(2024,1,1)
to_timestamp(0) | 1.5::numeric(10,2) | to_tsvector('english', 'x') | extract(year from timestamp '2024-01-01')
quote_literal('x') | trim('a') | 1 = any(array[1]) | date '2024-01-01' - date '2023-01-01' | row(1,2) | not true
inet '10.0.0.1' | (1::int4)::bool | one() | nested() | add_one(2) | stable_one() | lies() | pl_immutable()
"""
STABLE = """
now() | now() + interval '1 day' | (now() + '1 day') | current_date | current_date + 1
current_date + interval '1 day' | statement_timestamp() | timezone('utc', now()) | now() at time zone 'utc'
(now() at time zone 'utc')::date | now()::date | extract(epoch from now())
extract(year from current_date) = 2024 AND now() > '2024-01-01' | to_char(now(), 'YYYY') | lower(current_user)
coalesce(NULL, now()) | to_jsonb(1) | jsonb_build_object('a', 1) | txid_current() | session_user
current_setting('a', true) | timestamptz '2024-01-01' + interval '1 day' | now()::text | age(now()) | localtimestamp
to_timestamp('2024','YYYY') | to_date('2024','YYYY') | concat('a', 1) | format('%s', 1) | to_tsvector('x')
row(now()) | date '2024-01-01' < now() | date_trunc('day', now()) | timestamp '2024-01-01' between now() and now()
('sad'::mood)::text | date '2024-01-01' in (now()) | ('2024-01-01'::date)::text | (array[1])::text
array_to_string(array[1], ',') | version() | today() | pl_stable()
"""
VOLATILE = """
random() | nextval('s') | nextval('s'::regclass) * 2 | clock_timestamp() | md5(random()::text) | array[random()]
substring(md5(random()::text) from 1 for 5) | currval('s') | gen_random_uuid() | uuid_generate_v4()
gen_random_bytes(8) | encode(gen_random_bytes(8), 'hex') | lpad(nextval('s')::text, 5, '0') | setseed(0)
timeofday() | new_id() | pl() | counts() | set_path() | definer() | two() | limited() | add_one(random()::int)
"""


def cases(text: str) -> list[str]:
    return [part.strip() for line in text.strip().splitlines() for part in line.split(" | ")]


@pytest.mark.parametrize("major", [12, 15, 18])
@pytest.mark.parametrize(
    ("sql", "expected"),
    [(sql, "immutable") for sql in cases(IMMUTABLE)]
    + [(sql, "stable") for sql in cases(STABLE)]
    + [(sql, "volatile") for sql in cases(VOLATILE)],
)
def test_expressions_are_as_volatile_as_the_planner_finds_them(sql: str, expected: Volatility, major: int) -> None:
    found = expr(sql)
    assert volatility(found, SCHEMA, Server(major=major), PATH) == expected
    assert volatile(found, SCHEMA, Server(major=major), PATH) is (expected == "volatile")


def test_joining_text_with_a_number_is_immutable_and_with_a_time_is_not() -> None:
    assert volatility(expr("'a' || 5"), SCHEMA, Server(), PATH) == "immutable"
    assert volatility(expr("'a' || now()"), SCHEMA, Server(), PATH) == "stable"
    assert volatility(expr("'ORD-' || nextval('s')"), SCHEMA, Server(), PATH) == "volatile"


def test_an_unknown_function_is_left_unknown() -> None:
    found = expr("my_function(1)")
    assert volatility(found, SCHEMA, Server(), PATH) is None
    assert volatile(found, SCHEMA, Server(), PATH) is None


def test_what_is_volatile_anyway_stays_so_beside_an_unknown_function() -> None:
    assert volatile(expr("my_function(random())"), SCHEMA, Server(), PATH) is True


def test_the_types_of_columns_decide_where_operators_differ() -> None:
    found = expr("starts < ends")
    times = {"starts": TypeName("timestamptz"), "ends": TypeName("timestamptz")}
    mixed = {"starts": TypeName("timestamptz"), "ends": TypeName("timestamp")}
    assert volatility(found, SCHEMA, Server(), PATH) is None
    assert volatility(found, SCHEMA, Server(), PATH, times) == "immutable"
    assert volatility(found, SCHEMA, Server(), PATH, mixed) == "stable"


def test_a_strict_sql_function_may_or_may_not_be_inlined() -> None:
    assert volatile(expr("strict_one(1)"), SCHEMA, Server(), PATH) is None


def test_an_extension_that_the_history_made_settles_whose_function_it_is() -> None:
    made = schema("uuid-ossp")
    assert volatile(expr("uuid_generate_v4()"), made, Server(), PATH) is True
    assert volatility(expr("uuid_generate_v5(uuid_ns_url(), 'x')"), made, Server(), PATH) == "immutable"


@pytest.mark.parametrize(
    ("name", "major", "found"),
    [
        ("gen_random_uuid", 12, False),
        ("gen_random_uuid", 13, True),
        ("uuidv7", 17, False),
        ("uuidv7", 18, True),
        ("now", 12, True),
        ("coalesce", 12, True),
        ("uuid_generate_v4", 18, False),
    ],
)
def test_built_in_functions_exist_from_a_version_on(name: str, major: int, found: bool) -> None:
    assert exists(name, Server(major=major)) is found
