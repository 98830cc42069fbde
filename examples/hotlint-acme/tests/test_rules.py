"""Every example of every rule is tried, as Hotlint does with its own."""

from __future__ import annotations

import pytest
from hotlint_acme.foreign_key_without_index import ForeignKeyWithoutIndex
from hotlint_acme.timestamp_without_time_zone import TimestampWithoutTimeZone

from hotlint.rule import Rule
from hotlint.testing import complaints_about


@pytest.mark.parametrize("rule", [ForeignKeyWithoutIndex, TimestampWithoutTimeZone])
def test_a_rule_finds_what_it_should_and_nothing_else(rule: type[Rule]) -> None:
    assert complaints_about(rule) == []
