"""``hotlint init``: what it recognises, what it writes, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from hotlint import __version__
from hotlint.adoption.precommit import CannotEditError, new_file, with_entry
from hotlint.adoption.versions import Seen, versions_in
from tests.adoption.test_baseline import put
from tests.adoption.test_changed_since import commit, git
from tests.test_cli import BAD, run

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository on GitHub with two old migrations, one of them with findings."""
    root = tmp_path / "shop"
    put(root / "db/migrations", "0001_orders", TABLE)
    put(root / "db/migrations", "0002_day", BAD)
    (root / ".github").mkdir()
    (root / "docker-compose.yml").write_text("services:\n  db:\n    image: postgres:16-alpine\n")
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


def test_all_that_a_repository_needs_is_written_and_shown_and_nothing_old_is_judged(project: Path) -> None:
    done = run("init", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "db/migrations: golang-migrate, 2 migrations, the newest 0002\n\nwrote hotlint.yaml\n"
    )
    config = (project / "hotlint.yaml").read_text()
    assert yaml.safe_load(config) == {
        "paths": ["db/migrations"],
        "start_after": "0002",
        "pg_version": 16,
    }
    assert "pg_version: 16  # docker-compose.yml\n" in config
    hook = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())
    assert hook == {
        "repos": [
            {
                "repo": "https://github.com/hotlint/hotlint",
                "rev": f"v{__version__}",
                "hooks": [{"id": "hotlint", "files": "^db/migrations/"}],
            }
        ]
    }
    workflow = yaml.safe_load((project / ".github/workflows/hotlint.yml").read_text())
    assert workflow["jobs"]["hotlint"]["steps"] == [
        {"uses": "actions/checkout@v5"},
        {"uses": f"hotlint/hotlint@v{__version__}"},
    ]
    for path in ("hotlint.yaml", ".pre-commit-config.yaml", ".github/workflows/hotlint.yml"):
        for line in (project / path).read_text().splitlines():
            assert f"    +{line}".rstrip() in done.stdout
    assert "- `hotlint check` finds nothing now" in done.stdout
    assert run("check", cwd=project).returncode == 0
    put(project / "db/migrations", "0003_id", BAD.replace("day", "id"))
    assert run("check", cwd=project).returncode == 1


def test_a_second_time_nothing_is_overwritten(project: Path) -> None:
    run("init", cwd=project)
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file() and ".git/" not in str(path)}
    done = run("init", cwd=project)
    assert done.returncode == 0
    assert "hotlint.yaml configures Hotlint already and stays as it is." in done.stdout
    assert ".pre-commit-config.yaml has an entry for Hotlint already" in done.stdout
    assert ".github/workflows/hotlint.yml is there already" in done.stdout
    assert done.stdout.endswith("Nothing was written.\n")
    for path, content in before.items():
        if ".cache" not in str(path):
            assert path.read_bytes() == content


@pytest.mark.parametrize("option", ["--dry-run", "--diff"])
def test_a_dry_run_shows_the_same_and_writes_nothing(project: Path, option: str) -> None:
    (project / ".pre-commit-config.yaml").write_text("repos:\n  - repo: meta\n    hooks:\n      - id: identity\n")
    done = run("init", option, cwd=project)
    assert done.returncode == 0
    assert "would write hotlint.yaml\n" in done.stdout
    assert "would change .pre-commit-config.yaml\n" in done.stdout
    assert "    +  - repo: https://github.com/hotlint/hotlint\n" in done.stdout
    assert done.stdout.endswith("Nothing was written. Without --dry-run it is.\n")
    assert not (project / "hotlint.yaml").exists()
    assert "hotlint" not in (project / ".pre-commit-config.yaml").read_text()
    assert git(project, "status", "--porcelain", "--", ".", ":!.cache") == "?? .pre-commit-config.yaml\n"


def test_pyproject_counts_as_a_configuration(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.hotlint]\nselect = ['locking']\n")
    assert "pyproject.toml configures Hotlint already" in run("init", cwd=project).stdout
    assert not (project / "hotlint.yaml").exists()


def test_a_monorepo_has_one_entry_for_each_of_its_histories(tmp_path: Path) -> None:
    put(tmp_path / "services/billing/migrations", "0001_orders", TABLE)
    put(tmp_path / "services/users/migrations", "0007_orders", TABLE)
    sqlite = tmp_path / "services/cache/migrations/sqlite"
    put(sqlite, "0001_a", "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT);\n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "remote", "add", "origin", "git@gitlab.example.org:shop/shop.git")
    done = run("init", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    config = yaml.safe_load((tmp_path / "hotlint.yaml").read_text())
    assert [(project["path"], project["start_after"]) for project in config["projects"]] == [
        ("services/billing/migrations", "0001"),
        ("services/users/migrations", "0007"),
    ]
    assert "services/cache/migrations/sqlite: golang-migrate, left out (SQLite is not planned)" in done.stdout
    assert "files: ^(services/billing/migrations|services/users/migrations)/" in (
        (tmp_path / ".pre-commit-config.yaml").read_text()
    )
    assert "hotlint check" in (tmp_path / ".gitlab-ci.yml").read_text()
    assert "Nothing here says which PostgreSQL you run" in done.stdout
    assert run("check", cwd=tmp_path).returncode == 0


def test_a_folder_of_a_repository_can_be_set_up_alone(project: Path) -> None:
    service = project / "services" / "users"
    put(service / "migrations", "0001_orders", TABLE)
    run("init", cwd=service)
    assert yaml.safe_load((service / "hotlint.yaml").read_text())["paths"] == ["migrations"]
    assert "files: ^services/users/migrations/" in (project / ".pre-commit-config.yaml").read_text()
    assert "working-directory: services/users" in (project / ".github/workflows/hotlint.yml").read_text()
    assert not (service / ".pre-commit-config.yaml").exists()


def test_what_has_another_ci_or_other_hooks_is_told_how_to_go_on(project: Path) -> None:
    (project / ".gitlab-ci.yml").write_text("stages: [test]\n")
    (project / ".husky").mkdir()
    done = run("init", cwd=project)
    assert "Hooks are run by husky here: put this line into .husky/pre-commit: hotlint check --changed-since HEAD" in (
        done.stdout
    )
    assert not (project / ".pre-commit-config.yaml").exists()
    assert (project / ".gitlab-ci.yml").read_text() == "stages: [test]\n"
    assert "Put `- local: .gitlab/hotlint.yml` under `include:` in .gitlab-ci.yml" in done.stdout
    assert yaml.safe_load((project / ".gitlab/hotlint.yml").read_text())["hotlint"]["script"] == [
        f"pip install hotlint=={__version__}",
        "hotlint check --output gitlab=gl-code-quality-report.json",
    ]


def test_parts_can_be_left_out_and_old_findings_kept_for_a_baseline(project: Path) -> None:
    done = run("init", "--no-hook", "--no-ci", "--no-start-after", cwd=project)
    assert "start_after" not in (project / "hotlint.yaml").read_text()
    assert not (project / ".pre-commit-config.yaml").exists()
    assert not (project / ".github/workflows").exists()
    assert ": `hotlint baseline` accepts them, so that `hotlint check` tells only what is new." in done.stdout


def test_outside_of_git_there_is_only_a_configuration(tmp_path: Path) -> None:
    put(tmp_path / "migrations", "0001_orders", TABLE)
    done = run("init", cwd=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert done.returncode == 0
    assert "This is no Git repository" in done.stdout
    assert (tmp_path / "hotlint.yaml").exists()
    assert not (tmp_path / ".pre-commit-config.yaml").exists()


def test_folders_can_be_named_where_nothing_is_recognised(tmp_path: Path) -> None:
    folder = tmp_path / "app" / "changes"
    folder.mkdir(parents=True)
    (folder / "orders.sql").write_text(TABLE)
    done = run("init", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "hotlint: error: no migrations were recognised, but there are SQL files in app/changes: `hotlint init FOLDER` "
        "takes a folder as a history in the order of its files' names\n"
    )
    done = run("init", "app/changes", "--no-hook", cwd=tmp_path)
    assert done.returncode == 0
    assert "framework: plain  # or the name of your tool" in (tmp_path / "hotlint.yaml").read_text()
    assert run("check", cwd=tmp_path).returncode == 0
    assert run("init", "nowhere", cwd=tmp_path).stderr == "hotlint: error: there is no file or folder nowhere\n"


def test_nothing_at_all_and_other_databases_are_told(tmp_path: Path) -> None:
    assert "there are no SQL migrations here" in run("init", cwd=tmp_path).stderr
    put(tmp_path / "migrations/sqlite", "0001_a", "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT);\n")
    told = "there are no migrations for PostgreSQL here, only migrations/sqlite (sqlite): name the folder that has some"
    assert run("init", cwd=tmp_path).stderr == f"hotlint: error: {told}\n"


def test_repeatable_migrations_are_not_what_to_start_after(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "V1__orders.sql").write_text(TABLE)
    (folder / "V2__day.sql").write_text(BAD)
    (folder / "R__view.sql").write_text("CREATE OR REPLACE VIEW days AS SELECT day FROM orders;\n")
    run("init", cwd=tmp_path)
    assert yaml.safe_load((tmp_path / "hotlint.yaml").read_text())["start_after"] == "2"


# -- versions


@pytest.mark.parametrize(
    ("path", "text", "majors"),
    [
        ("docker-compose.yml", "image: postgres:16-alpine", [16]),
        ("compose.override.yaml", 'image: "postgres:14.9"', [14]),
        ("docker-compose.yml", "image: ${REGISTRY}/postgres:${PG_VERSION:-15}\n", [15]),
        ("docker/compose.yml", "image: pgvector/pgvector:pg17", [17]),
        ("docker-compose.yml", "image: timescale/timescaledb:2.14.2-pg16", [16]),
        ("docker-compose.yml", "image: postgis/postgis:16-3.4", [16]),
        ("Dockerfile", "FROM postgres:13\n", [13]),
        (".github/workflows/ci.yml", "matrix:\n  postgres: [13, '14', 15]\n", [13, 14, 15]),
        (".gitlab-ci.yml", "services:\n  - postgres:12\n", [12]),
        ("supabase/config.toml", "[db]\nmajor_version = 15\n", [15]),
        ("infra/db.tf", 'engine = "postgres"\n  engine_version = "16.1"', [16]),
        ("infra/db.tf", 'database_version = "POSTGRES_14"', [14]),
        (".tool-versions", "nodejs 20.1.0\npostgres 15.4\n", [15]),
        ("docker-compose.yml", "# image: postgres:12\nimage: mysql:16\n", []),
        ("docker-compose.yml", "image: postgres:9.6\nimage: postgres:latest", []),
        ("docker-compose.yml", "DATABASE_URL: postgres://user:16@db:5432/x", []),
    ],
)
def test_the_version_is_read_off_what_starts_a_server(tmp_path: Path, path: str, text: str, majors: list[int]) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text)
    assert versions_in(str(tmp_path), str(tmp_path)) == [Seen(major, path) for major in majors]


def test_of_several_versions_the_oldest_is_taken_and_said(project: Path) -> None:
    (project / ".github/workflows").mkdir()
    (project / ".github/workflows/ci.yml").write_text("image: postgres:14\n")
    done = run("init", cwd=project)
    config = (project / "hotlint.yaml").read_text()
    assert yaml.safe_load(config)["pg_version"] == 14
    assert "named here (14, 16), which locks the most:\n# .github/workflows/ci.yml. Put in" in config
    assert "Several versions of PostgreSQL are named here: check `pg_version` in hotlint.yaml." in done.stdout


# -- .pre-commit-config.yaml

ENTRY = new_file(["db"]).removeprefix("repos:\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "repos:\n  - repo: meta\n    hooks:\n      - id: a\n",
            "repos:\n  - repo: meta\n    hooks:\n      - id: a\n{}",
        ),
        (
            "# ours\nrepos:  # all\n  - repo: meta  # why\n    hooks:\n      - id: a # keep\n      # - id: b\n\n"
            "# after\nci:\n  skip: [a]\n",
            "# ours\nrepos:  # all\n  - repo: meta  # why\n    hooks:\n      - id: a # keep\n      # - id: b\n{}\n"
            "# after\nci:\n  skip: [a]\n",
        ),
        ("repos:\n  - repo: meta\n    hooks: [{id: a}]", "repos:\n  - repo: meta\n    hooks: [{id: a}]\n{}"),
        ("repos: []\n", "repos:\n{}"),
        ("fail_fast: true\nrepos: []  # none\n", "fail_fast: true\nrepos:  # none\n{}"),
        ("# nothing yet\n", "# nothing yet\nrepos:\n{}"),
        ("", "repos:\n{}"),
        (
            "repos:\n  - repo: local\n    hooks:\n      - id: a\n        entry: |\n          run\n          this\n",
            "repos:\n  - repo: local\n    hooks:\n      - id: a\n        entry: |\n          run\n          this\n{}",
        ),
    ],
)
def test_the_entry_is_put_behind_the_last_and_nothing_else_changes(before: str, after: str) -> None:
    assert with_entry(before, ["db"]) == after.replace("{}", ENTRY)


def test_the_entry_has_the_files_own_indentation_and_line_endings() -> None:
    before = "repos:\r\n- repo: meta\r\n  hooks:\r\n  - id: a\r\n"
    after = with_entry(before, ["db"])
    assert after.startswith(before + "- repo: https://github.com/hotlint/hotlint\r\n  rev: ")
    assert "\n" not in after.replace("\r\n", "")


@pytest.mark.parametrize("text", ["repos: [{repo: meta, hooks: [{id: a}]}]\n", "repos: {}\n", "a: [\n", "ci: {}\n"])
def test_a_file_that_cannot_be_added_to_safely_is_left_alone(project: Path, text: str) -> None:
    with pytest.raises(CannotEditError):
        with_entry(text, ["db"])
    (project / ".pre-commit-config.yaml").write_text(text)
    done = run("init", cwd=project)
    assert ".pre-commit-config.yaml stays as it is, since it" in done.stdout
    assert "put this into it:\n\n  - repo: https://github.com/hotlint/hotlint\n" in done.stdout
    assert (project / ".pre-commit-config.yaml").read_text() == text


def test_folders_with_strange_names_are_matched_literally() -> None:
    data = yaml.safe_load(new_file(["db (old)/v1.0", "a'b"]))
    assert data["repos"][0]["hooks"][0]["files"] == r"^(a'b|db \(old\)/v1\.0)/"
    assert yaml.safe_load(new_file(["."]))["repos"][0]["hooks"][0]["files"] == r"\.sql"


@pytest.mark.parametrize(
    ("remote", "file"),
    [
        ("https://github.com/a/b.git", ".github/workflows/hotlint.yml"),
        ("git@github.com:a/b.git", ".github/workflows/hotlint.yml"),
        ("https://gitlab.com/a/b.git", ".gitlab-ci.yml"),
        ("https://example.org/a/b.git", None),
    ],
)
def test_the_service_is_the_one_that_the_repository_came_from(tmp_path: Path, remote: str, file: str | None) -> None:
    put(tmp_path / "migrations", "0001_orders", TABLE)
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "origin", remote)
    done = run("init", cwd=tmp_path)
    if file is None:
        assert "No CI service was recognised" in done.stdout
    else:
        assert (tmp_path / file).exists()
