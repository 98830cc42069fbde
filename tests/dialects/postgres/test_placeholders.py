from __future__ import annotations

import pytest

from hotlint.dialects.postgres.placeholders import fill, present


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('create table {{ index .Options "Namespace" }}.users ()', "create table namespace.users ()"),
        ("create index on ${flyway:defaultSchema}.t (a)", "create index on flyway_defaultschema.t (a)"),
        ("drop table ${prefix}users", "drop table prefixusers"),
        ("select * from ${table}", "select * from table_"),
        ("set lock_timeout = ${TIMEOUT:-5000}", "set lock_timeout = 5000"),
        ("grant all on t to {{.User}}", "grant all on t to user_"),
        ("{{ if .X }}select 1;{{ else }}select 2;{{- end -}}", " select 1; select 2; "),
        ("{% if x %}select {{ x }}{% endif %}", " select x "),
        ("select <%= @limit %>", "select limit_"),
        ("select %{x}, $%y%$", "select x, y"),
        ("select $${{ a }}$$", "select $$a$$"),
    ],
)
def test_a_placeholder_of_unknown_value_becomes_a_neutral_word(text: str, expected: str) -> None:
    assert fill(text, 0, {}).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "select '{{ x }} ${y}'",
        "select '{{1,2},{3,4}}'::int[]",
        "-- ${x}\nselect 1 /* {{ y }} */",
        'select $${"a": 1}$$, $${}$$',
        "select x like $$%a%$$",
        "select a[1:2], b::text, 1 % 2",
        "do $$ begin x := '{{1},{2}}'; end $$",
    ],
)
def test_what_only_looks_like_a_placeholder_stays(text: str) -> None:
    assert fill(text, 0, {}, variables=True).text == text


def test_a_configured_value_goes_everywhere_but_into_comments() -> None:
    values = {"schema": "app", ".Name": "orders", "{{ x }}": "1"}
    text = "select '${schema}', ${schema}.{{ .Name }} where a = {{ x }} -- ${schema}"
    assert fill(text, 0, values).text == "select 'app', app.orders where a = 1 -- ${schema}"


def test_psql_variables_are_filled_when_asked_for() -> None:
    text = "select :a, :'b', :\"c\", d::text, e[1:n], :{?f} where g=:g and t = '12:30'"
    assert fill(text, 0, {"a": "42", "b": "it's"}, variables=True).text == (
        "select 42, 'it''s', \"c\", d::text, e[1:n], true where g=g and t = '12:30'"
    )
    assert fill(text, 0, {}).text == text


@pytest.mark.parametrize(("style", "expected"), [("number", "x 1"), ("string", "x 'x'"), ("blank", "x  ")])
def test_other_stand_ins_can_be_asked_for(style: str, expected: str) -> None:
    assert fill("x ${y}", 0, {}, style=style).text == expected  # type: ignore[arg-type]


def test_users_can_bring_their_own_pattern() -> None:
    patterns = (r"@(\w+)@", r"#x#")
    assert fill("select @a@, @b@, #x#", 0, {"b": "2", "#x#": "3"}, patterns).text == "select a, 2, 3"
    assert present("select 1", patterns)


def test_texts_without_marks_are_told_apart_at_once() -> None:
    assert not present("select '{1}', 5 % 2, $1, $$a$$")
    assert present("select ${x}")


def test_positions_lead_back_to_the_placeholder() -> None:
    text = "é ${schema}.t"
    filled = fill(text, 5, {"schema": "public"})
    assert filled.text == "é public.t"
    assert filled.script(filled.text.index(".t")) == 5 + text.index(".t")
    assert filled.script_end(8) == 5 + text.index(".t")
