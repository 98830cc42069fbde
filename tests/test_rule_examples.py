"""Every example of every rule, and what each rule's file must have."""

from __future__ import annotations

import pytest

from hotlint.registry import find_rules
from hotlint.rule import Example
from hotlint.testing import check_example, complaints_about_form

REGISTRY = find_rules()
RULES = {id: type(REGISTRY.load(id)) for id, info in REGISTRY.rules.items() if info.origin == "built-in"}


def test_every_file_in_rules_holds_a_rule() -> None:
    assert [str(error) for error in REGISTRY.errors] == []


@pytest.mark.parametrize("id", sorted(RULES))
def test_a_rule_is_documented_and_has_examples(id: str) -> None:
    assert complaints_about_form(RULES[id]) == []


@pytest.mark.parametrize(("id", "at"), [(id, at) for id, rule in sorted(RULES.items()) for at in range(len(rule.bad))])
def test_a_bad_example_is_flagged(id: str, at: int) -> None:
    assert check_example(RULES[id], RULES[id].bad[at], bad=True) == []


@pytest.mark.parametrize(("id", "at"), [(id, at) for id, rule in sorted(RULES.items()) for at in range(len(rule.good))])
def test_a_good_example_is_not_flagged(id: str, at: int) -> None:
    assert check_example(RULES[id], RULES[id].good[at], bad=False) == []


LAYOUTS = {
    "goose": ("migrations/00001_given.sql", "migrations/00002_example.sql", "-- +goose Up\n"),
    "dbmate": ("db/1_given.sql", "db/2_example.sql", "-- migrate:up\n"),
    "golang-migrate": ("db/1_given.up.sql", "db/2_example.up.sql", ""),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("id", sorted(RULES))
def test_the_edits_of_fixes_hold_in_the_layouts_of_frameworks(id: str, layout: str) -> None:
    given, path, mark = LAYOUTS[layout]
    for example in RULES[id].bad:
        if example.sql.strip() and not example.files and example.down is None:
            files = {given: f"{mark}{example.given or 'SELECT 1;'}\n", path: f"{mark}{example.sql}\n"}
            moved = Example(files=files, server=example.server, options=example.options)
            told = check_example(RULES[id], moved, bad=True)
            assert [complaint for complaint in told if complaint.startswith("with its edits")] == []
