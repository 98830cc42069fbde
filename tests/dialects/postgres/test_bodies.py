from __future__ import annotations

import pytest

from hotlint.dialects.postgres.bodies import BodyReader
from hotlint.dialects.postgres.constants import constant_text, literal_text
from hotlint.dialects.postgres.scan import TextMap, tokens
from hotlint.operations import AddColumn, Body, CreateTable


def read(text: str, language: str = "plpgsql", function: bool = False) -> Body:
    """The body in the last string constant of a statement."""
    literal = [text[start:end] for kind, start, end in tokens(text) if kind == "string"][-1]
    return BodyReader(TextMap(text, 0)).read(language, literal_text(literal)[0], -1, function)


def found(text: str, **options: object) -> list[tuple[str, str]]:
    """The text of each statement, and its flags' initials: conditional, loop, guarded."""
    return [
        (text[s.start : s.end], "c" * s.conditional + "l" * s.loop + "g" * s.guarded)
        for s in read(text, **options).statements  # type: ignore[arg-type]
    ]


def test_statements_of_a_do_block_have_their_place_in_the_script() -> None:
    text = (
        "do $$\ndeclare é text;\nbegin\n  -- alter table a add b int\n  alter table a add b int;\n"
        "  alter table a add b int;\nend $$"
    )
    body = read(text)
    assert [(s.start, s.end) for s in body.statements] == [
        (text.index("  alter") + 2, text.index("  alter") + 25),
        (text.rindex("alter"), text.rindex("alter") + 23),
    ]
    assert [type(s.operations[0]) for s in body.statements] == [AddColumn, AddColumn]
    assert body == Body(statements=body.statements)


def test_flags_tell_what_may_not_run_run_often_or_fail_without_harm() -> None:
    text = """do $$
    declare r record; n int := (select count(*) from a);
    begin
      if exists (select 1 from b) then update c set x = 1;
      elsif n = 1 then delete from d;
      else perform e(1);
      end if;
      case n when 1 then insert into f values (1); else truncate g; end case;
      for r in select * from h loop update i set x = r.x; end loop;
      while n > (select 1 from j) loop delete from k; end loop;
      begin
        create table l (m int);
      exception when duplicate_table then drop table n;
      end;
      n := (select max(x) from o);
      select x into n from p where y = 1;
      raise notice '%', (select 1 from q);
    end $$"""
    assert found(text) == [
        ("(select count(*) from a)", ""),
        ("exists (select 1 from b)", ""),
        ("update c set x = 1", "c"),
        ("delete from d", "c"),
        ("perform e(1)", "c"),
        ("insert into f values (1)", "c"),
        ("truncate g", "c"),
        ("select * from h", ""),
        ("update i set x = r.x", "cl"),
        ("n > (select 1 from j)", ""),
        ("delete from k", "cl"),
        ("create table l (m int)", "g"),
        ("drop table n", "c"),
        ("(select max(x) from o)", ""),
        ("select x into n from p where y = 1", ""),
        ("(select 1 from q)", ""),
    ]


def test_execute_of_a_constant_is_as_good_as_static() -> None:
    text = """do $$ begin
      execute 'create table a (b text default ''é'')';
      execute 'alter table a add c int; alter table a add d int';
      execute 'drop ' || 'table a';
      execute format('drop table %I.%I', 'Sales', 'x');
      execute $x$ drop table e $x$;
    end $$"""
    body = read(text)
    assert [text[s.start : s.end] for s in body.statements] == [
        "create table a (b text default ''é'')",
        "alter table a add c int",
        "alter table a add d int",
        "'drop ' || 'table a'",
        "format('drop table %I.%I', 'Sales', 'x')",
        "drop table e",
    ]
    assert isinstance(body.statements[0].operations[0], CreateTable)
    assert body.dynamic == ()


def test_execute_of_anything_else_is_told_as_dynamic() -> None:
    text = """do $$ declare r record; begin
      execute 'drop table ' || quote_ident(r.x);
      for r in execute format('select * from %I', r.y) loop null; end loop;
    end $$"""
    body = read(text)
    assert body.statements == ()
    assert [text[start:end] for start, end in body.dynamic] == [
        "'drop table ' || quote_ident(r.x)",
        "format('select * from %I', r.y)",
    ]


def test_queries_that_a_function_returns_or_opens_are_statements() -> None:
    text = """create function f() returns setof int language plpgsql as $f$
    declare c cursor for select 1 from a; d refcursor;
    begin
      open c; open d for select 2 from b; open d for execute 'select 3 from c';
      return query select 4 from d; return query execute 'select 5 from e'; return next (select 6 from f);
    end $f$"""
    assert [sql for sql, _ in found(text, function=True)] == [
        "select 1 from a",
        "select 2 from b",
        "select 3 from c",
        "select 4 from d",
        "select 5 from e",
        "(select 6 from f)",
    ]


def test_a_body_in_plain_quotes_has_exact_places_too() -> None:
    text = "do 'begin update a set b = ''é''; delete from c; end'"
    assert found(text) == [("update a set b = ''é''", ""), ("delete from c", "")]
    text = r"do E'begin\n update a set b = \'é\';\n delete from c; end'"
    assert found(text) == [(r"update a set b = \'é\'", ""), ("delete from c", "")]


def test_commit_in_a_block_is_transaction_control() -> None:
    assert read("do $$ begin update a set b = 1; commit; end $$").transaction_control
    assert not read("do $$ begin update a set b = 1; end $$").transaction_control


def test_an_sql_function_is_read_by_the_sql_parser() -> None:
    text = "create function f() returns int language sql as $$\n -- é\n select 1 from a; delete from b -- c\n$$"
    assert found(text, language="sql", function=True) == [("select 1 from a", ""), ("delete from b", "")]


@pytest.mark.parametrize(
    ("text", "language", "message", "place"),
    [
        ("do $$ begin update a set b = 1; é\nselec 1; end $$", "plpgsql", 'syntax error at or near "é"', "é\nselec"),
        ("do $$ begin -- then\n if a then null; end $$", "plpgsql", "syntax error at end of input", " $$"),
        ("create function f() as $$ select é frm a b $$", "sql", 'syntax error at or near "a"', "a b $$"),
        ("create function f() as 'select ''x'' from from'", "sql", 'syntax error at or near "from"', "from'"),
    ],
)
def test_an_error_in_a_body_is_told_with_its_place(text: str, language: str, message: str, place: str) -> None:
    body = read(text, language)
    assert body.statements == ()
    assert (body.error, text[body.error_offset :][: len(place)]) == (message, place)


def test_types_that_only_the_database_knows_are_no_error() -> None:
    text = """create function app.f(a app.kind, b app.rows) returns setof app.rows language plpgsql as $$
    declare
      r app.rows; -- a row
      q orders%rowtype; n constant app.kind := 'x';
      o orders;
    begin
      q.a := 1; o.b := 2;
      update app.t set x = 1;
      return query select * from app.rows;
    end $$"""
    assert found(text, function=True) == [("update app.t set x = 1", ""), ("select * from app.rows", "")]
    text = "create function f(variadic a int[]) returns void language plpgsql as $$ begin delete from t; end $$"
    assert found(text, function=True) == [("delete from t", "")]


def test_a_body_that_cannot_be_understood_is_dynamic_and_no_error() -> None:
    text = "create function f() returns int language plpgsql as $$ begin a.x := 1; return 1; end $$"
    body = read(text, function=True)
    assert (body.error, body.statements) == (None, ())
    assert [text[start:end] for start, end in body.dynamic] == [" begin a.x := 1; return 1; end "]


def test_other_languages_are_not_read() -> None:
    assert read("create function f() language plpython3u as $$ import os $$", "plpython3u", True) == Body()
    text = "do language plpython3u $$ import os $$"
    assert [text[start:end] for start, end in read(text, "plpython3u").dynamic] == [" import os "]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'a'", "a"),
        ("(('a'))", "a"),
        (r"E'a\n\x41\u00e9\101\''", "a\nAéA'"),
        ("$x$a$x$", "a"),
        ("'a' || 'b''c'", "ab'c"),
        ("format('a %% %s %I %L %1$s', 'b', 'C', 'd''')", "a % b \"C\" 'd''' b"),
        ("format('a')", "a"),
        ("format('%s')", None),
        ("format('%-5s', 'a')", None),
        ("format('%s', x)", None),
        ("'a' || x", None),
        ("x", None),
        ("replace('a', 'b', 'c')", None),
    ],
)
def test_expressions_of_constants_have_a_value(expression: str, value: str | None) -> None:
    constant = constant_text(expression)
    assert (constant[0] if constant else None) == value


def test_what_stands_in_a_loop_over_a_query_knows_where_its_rows_come_from() -> None:
    text = """do $$ declare r record; begin
      for r in select id from a loop insert into t values (r.id); end loop;
      insert into t values (0);
    end $$"""
    assert [[n.name for branch in s.sources for n in branch] for s in read(text).statements] == [[], ["a"], []]
