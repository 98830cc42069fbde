"""Every example of every rule, and what each rule's file must have."""

from __future__ import annotations

import pytest

from hotlint.registry import find_rules
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
