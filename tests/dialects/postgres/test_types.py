"""The cost of a type change: what running servers did with every pair, and the cases that people meet."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from pglast import parser

from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from hotlint.catalog.outcome import ServerError
from hotlint.catalog.records import Index, OtherType
from hotlint.dialects.postgres.lower.expressions import expression
from hotlint.dialects.postgres.types import (
    TypeChange,
    canonical,
    constrained_domain,
    default_error,
    foreign_key_match,
    format_type,
    type_change,
)
from hotlint.operations import Expr, IndexElement, Name, TypeName
from hotlint.server import Server, Session

HERE = Path(__file__).parent


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pairs = _load(HERE.parents[2] / "benchmarks" / "type_pairs.py")
SCHEMA: Catalog = pairs.schema()
# Recorded by benchmarks/type_pairs.py --record from servers of versions 12 to 18: y(es), n(o), or an error.
RECORD: dict[str, Any] = json.loads((HERE / "type_pairs.json").read_text())
TYPES = RECORD["types"].split("|")
LETTERS = pairs.LETTERS
DIFFERENCES = {
    (*key.split(" -> ")[0].split(" "), old, key.split(" -> ")[1]): None
    for key, olds in RECORD["differences"].items()
    for old in olds.split("|")
}


def expr(sql: str) -> Expr:
    tree = msgspec.json.decode(parser.parse_sql_json(f"SELECT {sql}"))
    return expression(tree["stmts"][0]["stmt"]["SelectStmt"]["targetList"][0]["ResTarget"]["val"])


def change(
    old: str,
    new: str,
    using: str | None = None,
    *,
    major: int = 15,
    zone: str | None = None,
    old_collation: str | None = None,
    new_collation: str | None = None,
    catalog: Catalog = SCHEMA,
) -> TypeChange:
    return type_change(
        pairs.type_name(old),
        pairs.type_name(new),
        using=expr(using) if using else None,
        column="c",
        old_collation=old_collation,
        new_collation=Name(new_collation) if new_collation else None,
        catalog=catalog,
        server=Server(major=major),
        session=Session(timezone=zone),
    )


def recorded(place: str, method: str) -> dict[tuple[str, str], str]:
    """What the servers of ``place`` (version and zone) did with every pair."""
    answers = {}
    for old, row in RECORD[method].items():
        for new, letter in zip(TYPES, row, strict=True):
            if letter != ".":
                answers[old, new] = letter
    for version, zone, kind, letter, old, new in DIFFERENCES:
        if f"{version} {zone}" == place and kind == method:
            answers[old, new] = letter
    return answers


@pytest.mark.parametrize("method", ["change", "using"])
@pytest.mark.parametrize("major", range(12, 19))
def test_every_pair_of_types_is_decided_as_the_server_decided_it(major: int, method: str) -> None:
    wrong = []
    for (old, new), letter in recorded(f"{major} UTC", method).items():
        if _exists(old, major) and _exists(new, major):
            said = LETTERS.get(pairs.said(pairs.model(SCHEMA, old, new, method == "using", major, "UTC")))
            if said != letter:
                wrong.append(f"{old} -> {new}: server {letter}, model {said}")
    assert wrong == []


@pytest.mark.parametrize("major", [12, 18])
def test_under_another_time_zone_only_pairs_of_timestamps_differ(major: int) -> None:
    wrong = []
    for method in ("change", "using"):
        for (old, new), letter in recorded(f"{major} Europe/Berlin", method).items():
            if ("stamp" in old or "stamp" in new) and _exists(old, major) and _exists(new, major):
                said = LETTERS.get(pairs.said(pairs.model(SCHEMA, old, new, method == "using", major, "Europe/Berlin")))
                if said != letter:
                    wrong.append(f"{old} -> {new}: server {letter}, model {said}")
    assert wrong == []


@pytest.mark.parametrize("major", range(12, 19))
def test_indexes_are_kept_and_built_as_the_server_did(major: int) -> None:
    wrong = []
    for pair, letters in RECORD["indexes"].items():
        old, new = pair.split(" -> ")
        if not (_exists(old, major) and _exists(new, major)):
            continue
        for method, letter in zip(pairs.METHODS, letters, strict=True):
            if method == "hash" and old.startswith("pair") and major < 14:
                continue  # hash indexes take rows since 14
            index = Index(QName("public", "i"), QName("public", "t"), (IndexElement("c"),), method=method)
            kept = change(old, new, major=major, zone="UTC").keeps_index(index, "c")
            differs = [d for d in "yn" if (str(major), "UTC", method, d, old, new) in DIFFERENCES]
            if letter != "." and kept is not ((differs or [letter])[0] == "y"):
                wrong.append(f"{pair} {method}: server {letter}, model {kept}")
    assert wrong == []


def _exists(type: str, major: int) -> bool:
    since = {"regcollation": 13, "xid8": 13, "pg_snapshot": 13}
    return major >= (14 if "multirange" in type else since.get(type, 12))


@pytest.mark.parametrize(
    ("old", "new", "using", "rewrite"),
    [
        ("varchar(50)", "varchar(100)", None, False),
        ("varchar(50)", "varchar(20)", None, True),
        ("varchar(50)", "text", None, False),
        ("text", "varchar(100)", None, True),
        ("int", "bigint", None, True),
        ("int", "bigint", "c::bigint", True),
        ("numeric(10,2)", "numeric(12,2)", None, False),
        ("numeric(10,2)", "numeric(12,3)", None, True),
        ("text", "text", "c", False),
        ("varchar(10)", "text", "c::text", False),
        ("varchar(10)", "text", "c::varchar(5)::text", True),
        ("text", "text", "upper(c)", True),
        ("text", "int", "c::int", True),
        ("text", "text", 'c COLLATE "C"', False),
        ("text", "text", "other", True),
        ("text", "text", "NULL", True),
        ("int", "plainint", None, False),
        ("int", "posint", None, True),
        ("int", "posint2", None, True),
        ("posint", "int", None, False),
    ],
)
def test_only_casts_of_the_column_that_keep_its_bytes_keep_the_table(
    old: str, new: str, using: str | None, rewrite: bool
) -> None:
    found = change(old, new, using)
    assert (found.rewrite, found.error, found.unknown) == (rewrite, None, None)


@pytest.mark.parametrize(
    ("zone", "rewrite"),
    [("UTC", False), ("Etc/GMT", False), ("0", False), ("+00:00", False), ("Europe/London", True), ("+02", True)],
)
def test_a_timestamp_becomes_a_timestamptz_without_rewrite_only_at_utc(zone: str, rewrite: bool) -> None:
    assert change("timestamp", "timestamptz", zone=zone).rewrite is rewrite


def test_without_a_known_time_zone_it_cannot_be_told() -> None:
    found = change("timestamp", "timestamptz")
    assert found.rewrite is None
    assert found.unknown is not None
    assert "TimeZone" in found.unknown


@pytest.mark.parametrize(
    ("old", "new", "using", "error"),
    [
        ("text", "int", None, ("42804", 'column "c" cannot be cast automatically to type integer')),
        ("text", "mood", None, ("42804", 'column "c" cannot be cast automatically to type mood')),
        ("int", "int", "c::uuid", ("42846", "cannot cast type integer to uuid")),
        (
            "int",
            "timestamptz",
            "c::text",
            (
                "42804",
                'result of USING clause for column "c" cannot be cast automatically to type timestamp with time zone',
            ),
        ),
        ("text", "text(10)", None, ("42601", 'type modifier is not allowed for type "text"')),
        ("text", "anyelement", None, ("42P16", 'column "c" has pseudo-type anyelement')),
        ("int", "int", 'c COLLATE "C"', ("42804", "collations are not supported by type integer")),
    ],
)
def test_a_change_without_a_cast_is_the_servers_error(
    old: str, new: str, using: str | None, error: tuple[str, str]
) -> None:
    assert change(old, new, using).error == ServerError(*error)


def test_a_type_that_the_history_never_made_is_left_unknown() -> None:
    catalog = Catalog()
    found = change("int", "mood", catalog=catalog)
    assert (found.rewrite, found.error) == (None, None)
    assert found.unknown is not None


def test_casts_of_a_type_made_in_c_are_left_unknown() -> None:
    catalog = Catalog()
    name = QName("public", "geometry")
    catalog.types.set(name, OtherType(name, "base"))
    found = change("text", "geometry", catalog=catalog)
    assert (found.rewrite, found.unknown) == (None, "casts between text and geometry may exist")


def test_citext_takes_text_as_it_is() -> None:
    assert change("text", "citext", catalog=Catalog()).rewrite is False


def _index(*elements: IndexElement, where: str | None = None, include: tuple[str, ...] = ()) -> Index:
    return Index(
        QName("public", "i"), QName("public", "t"), elements, include=include, where=expr(where) if where else None
    )


@pytest.mark.parametrize(
    ("index", "kept"),
    [
        (_index(IndexElement("c")), True),
        (_index(IndexElement("other")), True),
        (_index(IndexElement("c", opclass=Name("text_pattern_ops"))), True),
        (_index(IndexElement("c"), where="other > 0"), False),
        (_index(IndexElement("other"), where="c <> ''"), False),
        (_index(IndexElement("other"), where="other > 0"), True),
        (_index(IndexElement(expression=expr("lower(c)"))), False),
        (_index(IndexElement("other"), include=("c",)), True),
        (_index(IndexElement("c", opclass=Name("vector_ops"))), None),
    ],
)
def test_an_index_is_kept_unless_an_expression_or_predicate_uses_the_column(index: Index, kept: bool | None) -> None:
    assert change("varchar(10)", "text").keeps_index(index, "c") is kept


def test_another_collation_builds_the_index_anew_unless_the_index_has_its_own() -> None:
    found = change("text", "text", new_collation="C")
    assert (found.rewrite, found.collation_changed) == (False, True)
    assert found.keeps_index(_index(IndexElement("c")), "c") is False
    assert found.keeps_index(_index(IndexElement("c", collation=Name("POSIX"))), "c") is True


def test_leaving_out_the_collation_gives_the_types_own() -> None:
    assert change("text", "varchar", old_collation="C").collation_changed is True


@pytest.mark.parametrize(
    ("old", "new", "opclass", "error"),
    [
        ("text", "bpchar", None, None),
        (
            "text",
            "bpchar",
            "text_pattern_ops",
            ("42804", 'operator class "text_pattern_ops" does not accept data type character'),
        ),
        ("text", "xml", None, ("42704", 'data type xml has no default operator class for access method "btree"')),
    ],
)
def test_an_index_that_the_new_type_does_not_allow_is_an_error(
    old: str, new: str, opclass: str | None, error: tuple[str, str] | None
) -> None:
    index = _index(IndexElement("c", opclass=Name(opclass) if opclass else None))
    found = change(old, new, f"c::{new}").index_error(index, "c")
    assert found == (ServerError(*error) if error else None)


@pytest.mark.parametrize(
    ("key", "old", "new", "kept"),
    [
        ("bigint", "bigint", "int", False),
        ("text", "varchar(10)", "text", True),
        ("text", "text", "varchar", True),
        ("int", "int", "plainint", True),
        ("int", "int", "posint", False),
        ("inet", "cidr", "inet", True),
    ],
)
def test_a_foreign_key_is_validated_again_if_the_comparison_or_the_table_changes(
    key: str, old: str, new: str, kept: bool
) -> None:
    before, after = (
        foreign_key_match(pairs.type_name(key), pairs.type_name(t), SCHEMA, Server(), Session()) for t in (old, new)
    )
    assert change(old, new).keeps_foreign_key(before, after) is kept


def test_types_that_do_not_compare_cannot_be_a_foreign_key() -> None:
    bigint, numeric, text = (TypeName(t) for t in ("int8", "numeric", "text"))
    assert foreign_key_match(bigint, numeric, SCHEMA, Server(), Session()) is False
    assert foreign_key_match(text, bigint, SCHEMA, Server(), Session()) is False


@pytest.mark.parametrize(
    ("name", "constrained"),
    [("posint", True), ("posint2", True), ("nnint", True), ("plainint", False), ("int4", False), ("unheard", None)],
)
def test_a_domain_is_constrained_by_its_own_checks_and_those_under_it(name: str, constrained: bool | None) -> None:
    assert constrained_domain(TypeName(name), SCHEMA, Server(), Session()) is constrained


def test_an_array_of_a_constrained_domain_is_no_domain() -> None:
    assert constrained_domain(TypeName("posint", dimensions=1), SCHEMA, Server(), Session()) is False


@pytest.mark.parametrize(
    ("sql", "formatted"),
    [
        ("int", "integer"),
        ("varchar(20)", "character varying(20)"),
        ("char", "character(1)"),
        ("bpchar", "bpchar"),
        ('"char"', '"char"'),
        ("timestamptz", "timestamp with time zone"),
        ("timestamp(3)", "timestamp(3) without time zone"),
        ("numeric(10)", "numeric(10,0)"),
        ("numeric(10,2)", "numeric(10,2)"),
        ("text[][]", "text[]"),
        ("interval(3)", "interval(3)"),
        ("interval day to second(3)", "interval day to second(3)"),
        ("interval year", "interval year"),
        ("bit varying(8)[]", "bit varying(8)[]"),
        ('app."Mood"', 'app."Mood"'),
        ("float(20)", "real"),
    ],
)
def test_types_are_written_as_the_server_writes_them(sql: str, formatted: str) -> None:
    assert format_type(pairs.type_name(sql)) == formatted


def test_aliases_become_the_servers_names() -> None:
    assert canonical(TypeName("integer")) == TypeName("int4")
    assert canonical(TypeName("int8", "pg_catalog")) == TypeName("int8")
    assert canonical(TypeName("_text")) == TypeName("text", dimensions=1)
    assert canonical(TypeName("timestamp", modifiers=(9,))) == TypeName("timestamp", modifiers=(6,))


@pytest.mark.parametrize(
    ("default", "old", "new", "refused"),
    [
        ("'new'", "text", "mood", 'default for column "c" cannot be cast automatically to type mood'),
        ("'1'", "text", "int", 'default for column "c" cannot be cast automatically to type integer'),
        ("'sad'", "mood", "text", None),
        ("'sad'", "mood", "mood2", 'default for column "c" cannot be cast automatically to type mood2'),
        ("'x'::text", "varchar", "mood", 'default for column "c" cannot be cast automatically to type mood'),
        ("0", "int", "boolean", 'default for column "c" cannot be cast automatically to type boolean'),
        ("0", "int", "bigint", None),
        (
            "0",
            "numeric(10,2)",
            "timestamp",
            'default for column "c" cannot be cast automatically to type timestamp without time zone',
        ),
        ("false", "boolean", "int", 'default for column "c" cannot be cast automatically to type integer'),
        ("'{}'", "json", "jsonb", None),
        ("'{}'", "text", "text[]", 'default for column "c" cannot be cast automatically to type text[]'),
        ("now()", "timestamp", "date", None),
        ("now()", "timestamp", "int", 'default for column "c" cannot be cast automatically to type integer'),
        ("gen_random_uuid()", "uuid", "text", None),
        ("my_function()", "text", "int", None),
        ("NULL", "text", "int", None),
    ],
)
def test_a_default_without_an_assignment_cast_refuses_the_change(
    default: str, old: str, new: str, refused: str | None
) -> None:
    found = default_error(
        expr(default),
        pairs.type_name(old),
        pairs.type_name(new),
        column="c",
        catalog=SCHEMA,
        server=Server(),
        session=Session(),
    )
    assert found == (ServerError("42804", refused) if refused else None)
