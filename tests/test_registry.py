from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hotlint import rule_index
from hotlint.errors import RuleError, UsageError
from hotlint.operations import CreateIndex, DropIndex, DropTable
from hotlint.registry import Registry, RuleInfo, find_rules, info_of
from hotlint.rule import Rule

RULE = '''
from hotlint.rule import Rule, ops


class {name}(Rule):
    """A rule of our own."""

    id = "{id}"
    category = "house"
    severity = "info"
    versions = (14, 16)
    operations = ({operations},)

    def check_step(self, step, operation, context):
        yield context.finding(step, "seen")
'''


def rule_text(id: str = "our-rule", name: str = "OurRule", operations: str = "ops.DropTable") -> str:
    return RULE.format(id=id, name=name, operations=operations)


def errors(registry: Registry) -> list[str]:
    return [str(error) for error in registry.errors]


def test_a_local_rule_is_known_by_its_facts_without_being_imported(tmp_path: Path) -> None:
    (tmp_path / "our_rule.py").write_text("import does_not_exist\n" + rule_text())
    registry = find_rules([str(tmp_path / "our_rule.py")])
    assert errors(registry) == []
    info = registry.rules["our-rule"]
    assert (info.category, info.severity, info.versions, info.operations, info.directions, info.scope, info.origin) == (
        "house",
        "info",
        (14, 16),
        ("DropTable",),
        ("up",),
        "step",
        "local",
    )
    with pytest.raises(RuleError, match="rule our-rule cannot be loaded: ModuleNotFoundError: No module named"):
        registry.load("our-rule")


def test_a_folder_of_local_rules_is_loaded_when_asked(tmp_path: Path) -> None:
    (tmp_path / "locking").mkdir()
    (tmp_path / "our_rule.py").write_text(rule_text())
    (tmp_path / "locking" / "other_rule.py").write_text(rule_text("other-rule", "OtherRule"))
    (tmp_path / "_shared.py").write_text("this is no rule, and no Python either")
    registry = find_rules([str(tmp_path)])
    assert errors(registry) == []
    assert isinstance(registry.load("our-rule"), Rule)
    assert registry.load("other-rule") is registry.load("other-rule")


def test_an_installed_rule_is_found_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "acme_rules"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "first.py").write_text(rule_text("acme-first", "First"))
    (package / "second.py").write_text(rule_text("acme-second", "Second") + rule_text("acme-third", "Third"))
    metadata = tmp_path / "acme_rules-1.0.dist-info"
    metadata.mkdir()
    (metadata / "entry_points.txt").write_text(
        "[console_scripts]\nacme = acme_rules:main\n\n[hotlint.rules]\n"
        "acme-first = acme_rules.first\nacme-third = acme_rules.second:Third\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = find_rules()
    assert errors(registry) == []
    installed = {id: info.origin for id, info in registry.rules.items() if id.startswith("acme")}
    assert installed == {"acme-first": "installed", "acme-third": "installed"}
    assert type(registry.load("acme-third")).__module__ == "acme_rules.second"

    (metadata / "entry_points.txt").write_text("[hotlint.rules]\nall = acme_rules\n")
    assert {"acme-first", "acme-second", "acme-third"} <= set(find_rules().rules)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("gone = no_such_module_here", "there is no Python file of a module no_such_module_here"),
        ("gone = no_such_package_here.rules", "ModuleNotFoundError: No module named 'no_such_package_here'"),
        ("gone = json.decoder:NoRule", "there is no rule NoRule in"),
    ],
)
def test_an_entry_point_that_leads_nowhere_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str, told: str
) -> None:
    metadata = tmp_path / "acme_rules-1.0.dist-info"
    metadata.mkdir()
    (metadata / "entry_points.txt").write_text(f"[hotlint.rules]\n{entry}\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    registry = find_rules()
    assert any(told in message for message in errors(registry))
    assert "drop-table" in registry.rules


BROKEN = [
    ("class (", "line 1: invalid syntax"),
    ("x = 1", "there is no rule in this file (a class with an id)"),
    (
        rule_text().replace('"our-rule"', 'PREFIX + "rule"'),
        "line 5: OurRule: id must be written as a literal",
    ),
    (
        rule_text().replace("(ops.DropTable,)", "tuple(TYPES)"),
        "line 5: OurRule: operations must be written as a tuple of operation types",
    ),
    (
        rule_text(operations="ops.DropTabel"),
        'OurRule: there is no operation DropTabel (did you mean "DropTable"?)',
    ),
    (rule_text().replace("    category", "    categry"), "line 5: OurRule: it has no category"),
    (
        rule_text().replace("check_step", "check_steps"),
        "line 5: OurRule: it overrides none of check_step, check_migration, check_plan",
    ),
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_a_broken_rule_file_is_told_and_the_others_stay(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "our_rule.py"
    path.write_text(text)
    registry = find_rules([str(path)])
    assert errors(registry) == [f"{path}: {told}"]
    assert "drop-table" in registry.rules
    assert "our-rule" not in registry.rules


def test_a_rule_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "gone.py"
    assert errors(find_rules([str(path)])) == [f"{path}: No such file or directory"]


def test_a_severity_that_there_is_not_is_told(tmp_path: Path) -> None:
    path = tmp_path / "our_rule.py"
    path.write_text(rule_text().replace('"info"', '"warn"'))
    (message,) = errors(find_rules([str(path)]))
    assert message.startswith(f"{path}: OurRule: Invalid enum value 'warn'")


def test_two_rules_of_one_id_are_told_and_the_first_stays(tmp_path: Path) -> None:
    path = tmp_path / "drop_table.py"
    path.write_text(rule_text("drop-table", "Mine"))
    registry = find_rules([str(path)])
    assert registry.rules["drop-table"].origin == "built-in"
    (message,) = errors(registry)
    assert message.startswith(f'{path}: the id "drop-table" is taken by built-in rule ')


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("HOTLINT_CACHE_DIR", str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return folder


def test_the_index_is_kept_where_python_keeps_its_own(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "our_rule.py").write_text(rule_text())
    find_rules([str(tmp_path)])
    assert (tmp_path / rule_index.CACHED).is_file()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    find_rules([str(tmp_path)])
    assert [path.name.startswith("rules-") for path in cache.iterdir()] != []


def test_an_edited_rule_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "our_rule.py"
    path.write_text(rule_text())
    assert "our-rule" in find_rules([str(path)]).rules
    path.write_text(rule_text("new-name"))
    assert "new-name" in find_rules([str(path)]).rules


def test_a_damaged_index_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "our_rule.py").write_text(rule_text())
    index = tmp_path / rule_index.CACHED
    index.parent.mkdir()
    for damage in ("", "[]", '{"format": 0}', "{"):
        index.write_text(damage)
        assert "our-rule" in find_rules([str(tmp_path)]).rules


def test_a_shipped_index_is_used_while_the_sizes_are_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / "our_rule.py"
    path.write_text(rule_text())
    shipped = rule_index.build_shipped(str(tmp_path)).replace("OurRule", "Shipped")
    (tmp_path / rule_index.SHIPPED).write_text(shipped)
    os.utime(path, ns=(1, 1))
    assert find_rules([str(tmp_path)]).rules["our-rule"].class_name == "Shipped"
    path.write_text(rule_text() + "# edited\n")
    assert find_rules([str(tmp_path)]).rules["our-rule"].class_name == "OurRule"


def test_a_broken_rule_is_not_shipped(tmp_path: Path) -> None:
    (tmp_path / "our_rule.py").write_text("x = 1")
    with pytest.raises(ValueError, match=r"our_rule\.py: there is no rule in this file"):
        rule_index.build_shipped(str(tmp_path))


RULES = Registry(
    [
        RuleInfo(id="drop-table", category="destructive", scope="step", class_name="A", operations=("DropTable",)),
        RuleInfo(id="truncate", category="destructive", scope="step", class_name="B"),
        RuleInfo(id="set-not-null", category="locking", scope="step", class_name="C", operations=("DropRelation",)),
    ]
)


@pytest.mark.parametrize(
    ("select", "ignore", "chosen"),
    [
        ((), (), {"drop-table", "truncate", "set-not-null"}),
        (("destructive",), (), {"drop-table", "truncate"}),
        (("destructive",), ("truncate",), {"drop-table"}),
        (("truncate", "locking"), (), {"truncate", "set-not-null"}),
        ((), ("destructive", "locking"), set()),
    ],
)
def test_rules_are_chosen_by_id_and_category(
    select: tuple[str, ...], ignore: tuple[str, ...], chosen: set[str]
) -> None:
    assert RULES.select(select, ignore) == chosen


def test_a_name_that_is_neither_rule_nor_category_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        RULES.select(["destructve"])
    assert str(caught.value) == (
        'there is no rule or category "destructve" (did you mean "destructive"?); "hotlint rules" lists them'
    )


def test_a_base_class_stands_for_the_operations_derived_from_it() -> None:
    assert {DropTable, DropIndex} <= RULES.rules["set-not-null"].operation_types
    assert CreateIndex not in RULES.rules["set-not-null"].operation_types
    assert RULES.rules["truncate"].operation_types == frozenset()


def test_the_facts_read_from_a_file_are_those_of_the_imported_class() -> None:
    registry = find_rules()
    differing = [
        id
        for id, info in registry.rules.items()
        if info.origin == "built-in"
        and any(
            getattr(info, name) != getattr(info_of(type(registry.load(id))), name)
            for name in ("id", "category", "severity", "dialects", "versions", "operations", "directions", "scope")
        )
    ]
    assert differing == []
