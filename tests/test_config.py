from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from hotlint.config import (
    Config,
    MigrationConfig,
    ProjectConfig,
    SafetyConfig,
    Settings,
    ValidationConfig,
    find_config,
    json_schema,
    load_config,
    settings_for,
)
from hotlint.config_values import check_values
from hotlint.errors import ConfigError
from hotlint.registry import Registry, RuleInfo

RULES = Registry(
    [
        RuleInfo(id="drop-table", category="destructive", scope="step", class_name="DropTable"),
        RuleInfo(id="set-not-null", category="locking", scope="step", class_name="SetNotNull"),
    ]
)

FULL_YAML = """\
paths: [db/migrations]
pg_version: 16
framework: golang-migrate
start_after: 0007
placeholders:
  schema: app
  retries: 012
select: [locking, drop-table]
ignore: [set-not-null]
severity:
  drop-table: error
per_path_ignores:
  "db/legacy/*": [destructive]
fail_on: error
rules: [ci/rules]
rule_options:
  drop-table: {prefix: old_}
cache: .hotlint-cache
exclude: ["*.bak.sql"]
projects:
  - path: db/billing
    transaction: none
    start_after: 0003
    history: complete
"""

FULL_TOML = """\
[tool.other]
select = 3

[tool.hotlint]
paths = ["db/migrations"]
pg_version = 16
framework = "golang-migrate"
start_after = "0007"
placeholders = { schema = "app", retries = "012" }
select = ["locking", "drop-table"]
ignore = ["set-not-null"]
severity.drop-table = "error"
fail_on = "error"
rules = ["ci/rules"]
cache = ".hotlint-cache"
exclude = ["*.bak.sql"]

[tool.hotlint.per_path_ignores]
"db/legacy/*" = ["destructive"]

[tool.hotlint.rule_options.drop-table]
prefix = "old_"

[[tool.hotlint.projects]]
path = "db/billing"
transaction = "none"
start_after = "0003"
history = "complete"
"""

FULL = Config(
    paths=("db/migrations",),
    pg_version=16,
    framework="golang-migrate",
    start_after="0007",
    placeholders={"schema": "app", "retries": "012"},
    select=("locking", "drop-table"),
    ignore=("set-not-null",),
    severity={"drop-table": "error"},
    per_path_ignores={"db/legacy/*": ("destructive",)},
    fail_on="error",
    rules=("ci/rules",),
    rule_options={"drop-table": {"prefix": "old_"}},
    cache=".hotlint-cache",
    exclude=("*.bak.sql",),
    projects=(ProjectConfig(path="db/billing", transaction="none", start_after="0003", history="complete"),),
)


@pytest.fixture(autouse=True)
def _working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize(("name", "text"), [("hotlint.yaml", FULL_YAML), ("pyproject.toml", FULL_TOML)])
def test_yaml_and_toml_say_the_same(name: str, text: str) -> None:
    assert load_config(write(name, text)).config == FULL


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_is_all_defaults(text: str) -> None:
    assert load_config(write("hotlint.yaml", text)).config == Config()


MISTAKES = [
    ("per_path_ignore: {}", '1:1: there is no key "per_path_ignore" (did you mean "per_path_ignores"?)'),
    ("paths: []\nselct: [a]", '2:1: there is no key "selct" (did you mean "select"?)'),
    ("projects:\n  - path: db\n    framewrk: goose", '3:5: there is no key "framewrk" (did you mean "framework"?)'),
    ("projects:\n  - framework: goose", '2:5: projects[0] lacks the key "path"'),
    ("select: drop-table", '1:1: select must be a list, not "drop-table"'),
    ("paths: [a, 3]", "1:12: paths[1] must be text, not 3"),
    ("pg_version: 11", "1:1: pg_version is 11; it must be at least 12"),
    ("pg_version: 19", "1:1: pg_version is 19; it must be at most 18"),
    ("pg_version: '16'", '1:1: pg_version must be a whole number, not "16"'),
    (
        "severity:\n  drop-table: error\n  truncate: warn",
        '3:3: severity.truncate is "warn" (did you mean "warning"?); it may be "error", "info", "warning"',
    ),
    ("history: all", '1:1: history is "all"; it may be "auto", "complete", "partial"'),
    ("rule_options:\n  drop-table: 3", "2:3: rule_options.drop-table must be keys with values, not 3"),
    ("placeholders: {a: {b: c}}", "1:16: placeholders.a must be text, not keys with values"),
    ("cache: 3", "1:1: cache must be true or false or text, not 3"),
    ("paths: [a]\npaths: [b]", "2:1: paths is given twice"),
    ("- a\n- b", "1:1: the configuration is a list of keys with values"),
    ("paths: [", "1:9: this is not YAML: expected the node content, but found '<stream end>'"),
]


@pytest.mark.parametrize(("text", "told"), MISTAKES)
def test_a_mistake_in_yaml_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write("hotlint.yaml", text))
    assert str(caught.value) == f"hotlint.yaml:{told}"


TOML_MISTAKES = [
    ("[tool.hotlint]\nselct = []", '2:1: there is no key "selct" (did you mean "select"?)'),
    (
        "[tool.hotlint.severity]\n  drop-table = 'err'",
        '2:3: severity.drop-table is "err" (did you mean "error"?); it may be "error", "info", "warning"',
    ),
    (
        "[[tool.hotlint.projects]]\npath='a'\n[[tool.hotlint.projects]]\npath='b'\nhistory=3",
        "5:1: projects[1].history must be text, not 3",
    ),
    ("[tool.hotlint]\nselect = [\n  1,\n]", "2:1: select[0] must be text, not 1"),
    ("[tool.hotlint\n", "1:14: this is not TOML: Expected ']' at the end of a table declaration"),
]


@pytest.mark.parametrize(("text", "told"), TOML_MISTAKES)
def test_a_mistake_in_toml_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write("pyproject.toml", text))
    assert str(caught.value) == f"pyproject.toml:{told}"


def test_a_file_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ConfigError, match=r"^missing\.yaml: cannot be read: No such file or directory$"):
        load_config("missing.yaml")
    Path("hotlint.yaml").write_bytes(b"paths: ['\xff']")
    with pytest.raises(ConfigError, match=r"^hotlint\.yaml: this is not UTF-8: save it as UTF-8$"):
        load_config("hotlint.yaml")


def test_the_nearest_configuration_wins() -> None:
    write("hotlint.yaml", "")
    write("service/pyproject.toml", "[tool.hotlint]\n")
    write("service/db/0001_a.sql", "")
    write("service/db/pyproject.toml", "[tool.ruff]\n")
    assert find_config("service/db/0001_a.sql") == os.path.join("service", "pyproject.toml")
    assert find_config(".") == "hotlint.yaml"


def test_two_configurations_in_one_folder_are_told() -> None:
    write("db/hotlint.yaml", "")
    write("db/pyproject.toml", "[tool.hotlint]\n")
    with pytest.raises(ConfigError) as caught:
        find_config("db")
    assert str(caught.value) == "db: hotlint.yaml and pyproject.toml both configure Hotlint here: keep one"


def test_without_a_configuration_all_is_default() -> None:
    assert find_config(".") is None or "hotlint" not in os.listdir(".")
    assert Settings().config == Config()
    write("hotlint.yaml", "pg_version: 14")
    assert settings_for(".").config.pg_version == 14


def test_paths_are_relative_to_the_configuration() -> None:
    settings = load_config(write("service/hotlint.yaml", "projects:\n  - path: db\n    baseline: schema.sql"))
    options = settings.discover_options()
    assert [(p.path, p.baseline) for p in options.projects] == [("service/db", "service/schema.sql")]
    assert settings.project("service/db/migrations").baseline == "schema.sql"
    assert settings.project("service/database") is settings.config
    assert [settings.glob(glob) for glob in ("db/old/*", "old", "old/")] == ["service/db/old/*", "old", "old/"]


def test_a_project_inherits_what_its_entry_leaves_open() -> None:
    text = """
placeholders: {schema: app, role: web}
framework: goose
dialect: postgresql
start_after: "0007"
projects:
  - path: db/billing
    start_after: "0003"
    placeholders: {role: billing}
"""
    settings = load_config(write("hotlint.yaml", text))
    billing, others = settings.project("db/billing"), settings.project("db/migrations")
    assert (billing.start_after, billing.framework, others.start_after) == ("0003", "goose", "0007")
    assert billing.placeholders == {"schema": "app", "role": "billing"}
    assert [(p.framework, p.dialect) for p in settings.discover_options().projects] == [("goose", "postgres")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("framework: goos", '1:1: there is no framework "goos" (did you mean "goose"?); there are atlas, '),
        ("dialect: postgress", '1:1: there is no dialect "postgress" (did you mean "postgres"?)'),
        ("baseline: schema.sql", "1:1: there is no file schema.sql"),
        ("projects:\n  - path: db", "2:5: there is no file or folder db"),
        ("projects:\n  - path: .\n    framework: fly", '3:5: there is no framework "fly"'),
        (
            "placeholder_patterns:\n  - a\n  - '(b'",
            '3:5: "(b" is no regular expression: missing ), unterminated subpattern',
        ),
        ("placeholder_patterns: ['x*']", '1:24: "x*" matches nothing at all, which is everywhere'),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_its_place(text: str, told: str) -> None:
    settings = load_config(write("hotlint.yaml", text))
    with pytest.raises(ConfigError) as caught:
        check_values(settings)
    assert str(caught.value).startswith(f"hotlint.yaml:{told}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "ignore:\n  - drop-tabel",
            '2:5: there is no rule or category "drop-tabel" (did you mean "drop-table"?); "hotlint rules" lists them',
        ),
        ("severity:\n  drop-tables: info", '2:3: there is no rule "drop-tables" (did you mean "drop-table"?)'),
        (
            "per_path_ignores:\n  'old/*':\n    - locks",
            '3:7: there is no rule or category "locks" (did you mean "locking"?); "hotlint rules" lists them',
        ),
    ],
)
def test_a_rule_that_there_is_not_is_told_with_its_place(text: str, told: str) -> None:
    settings = load_config(write("hotlint.yaml", text))
    with pytest.raises(ConfigError) as caught:
        settings.check_names(RULES)
    assert str(caught.value) == f"hotlint.yaml:{told}"


def test_names_that_there_are_pass() -> None:
    load_config(write("hotlint.yaml", FULL_YAML)).check_names(RULES)


def test_the_schema_describes_every_key() -> None:
    schema = json_schema()
    properties = schema["$defs"]["Config"]["properties"]
    assert set(properties) == {field.encode_name for field in msgspec.structs.fields(Config)}
    assert [name for name, about in properties.items() if "description" not in about] == []
    assert schema["$defs"]["Config"]["additionalProperties"] is False


BLOCKS = """\
migration:  {test_database: shop_test, production_database: shop, backup_retention: 30d, validation_timeout: 300s, \
rollback_timeout: 600s}
validation: {schema_changes: true, data_integrity: true, performance_impact: true, rollback_safety: true, \
dependency_checks: true}
safety:     {max_migration_time: 600s, max_rollback_time: 300s, performance_degradation: 10%, data_loss_tolerance: 0%}
queries: queries/*.sql
"""


def test_the_blocks_for_verify_are_read_as_they_stand() -> None:
    config = load_config(write("hotlint.yaml", BLOCKS)).config
    assert config.migration == MigrationConfig(
        test_database="shop_test",
        production_database="shop",
        backup_retention="30d",
        validation_timeout="300s",
        rollback_timeout="600s",
    )
    assert config.validation == ValidationConfig()
    assert config.safety == SafetyConfig(
        max_migration_time="600s",
        max_rollback_time="300s",
        performance_degradation="10%",
        data_loss_tolerance="0%",
    )
    assert config.queries == "queries/*.sql"


_DURATION = "must be a duration (such as 500ms, 600s, 10m, 2h or 30d)"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("safety: {max_migration_time: 10 minutes}", f'1:10: safety.max_migration_time {_DURATION}, not "10 minutes"'),
        ("safety:\n  max_rollback_time: 300", f"2:3: safety.max_rollback_time {_DURATION}, not 300"),
        ("migration: {backup_retention: -1d}", f'1:13: migration.backup_retention {_DURATION}, not "-1d"'),
        (
            "safety: {data_loss_tolerance: 0.1}",
            "1:10: safety.data_loss_tolerance must be a percentage (such as 10%), not 0.1",
        ),
        ("validation: {rollback_safety: 3}", "1:14: validation.rollback_safety must be true or false, not 3"),
        (
            "safety: {data_loss: 0%}",
            '1:10: there is no key "data_loss"',
        ),
    ],
)
def test_wrong_limits_are_told_at_their_place(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write("hotlint.yaml", text))
    assert str(caught.value).startswith(f"hotlint.yaml:{told}")
