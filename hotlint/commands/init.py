"""``hotlint init``: sets Hotlint up in a repository: the configuration, the hook and the CI workflow."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator

import msgspec

from hotlint import api
from hotlint.adoption import ci, config_file, precommit
from hotlint.adoption.versions import versions_in
from hotlint.commands.output import write_file, write_text
from hotlint.commands.progress import Progress
from hotlint.config import find_config
from hotlint.errors import HotlintError, UsageError, no_such_path
from hotlint.git import remote_url, top_level
from hotlint.project.discover import Discovery, discover
from hotlint.project.model import Project
from hotlint.report.terminal import Style, plain, style_for
from hotlint.report.text import plural
from hotlint.run_notes import RunNotes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``hotlint init``."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="the folders of the migrations, where they are not found"
    )
    parser.add_argument(
        "--dry-run", "--diff", action="store_true", help="show what would be written, and write nothing"
    )
    parser.add_argument(
        "--no-start-after", action="store_true", help="judge what is there too (for `hotlint baseline`)"
    )
    parser.add_argument("--no-hook", action="store_true", help="without an entry for pre-commit")
    parser.add_argument("--no-ci", action="store_true", help="without a CI workflow")


_UNSURE = "The layout also fits "


class Draft(msgspec.Struct, frozen=True):
    """A file to write: ``before`` is what stands in it now, None where there is no such file."""

    path: str
    text: str
    before: str | None = None


def run(options: argparse.Namespace) -> int:
    """Writes what is not there yet, shows it, and says how to go on. What cannot be told is said, not asked."""
    found = discover(options.paths or (".",))
    projects = _projects(found, options)
    here = os.getcwd()
    repository = top_level(".")
    style = style_for(sys.stdout)
    told: list[str] = []
    drafts = [
        *_configuration(projects, repository or here, options, told),
        *_hook(projects, repository, options, told),
        *_workflow(repository, options, told),
    ]
    if not options.dry_run:
        for draft in drafts:
            write_file(draft.path, draft.text)
    lines = [*_recognised(found, projects), ""]
    for draft in drafts:
        lines += [*_shown(draft, style, dry=options.dry_run), ""]
    lines += [f"- {sentence}" for sentence in told]
    lines += _next_steps(drafts, options)
    write_text("\n".join(lines).rstrip() + "\n")
    return 0


# -- what is there


def _projects(found: Discovery, options: argparse.Namespace) -> list[Project]:
    """The projects to configure. Raises ``UsageError`` with the way on where there are none."""
    if found.missing:
        raise no_such_path(found.missing[0])
    projects = [project for project in found.projects if project.migrations]
    if projects:
        return projects
    if found.projects:
        others = ", ".join(f"{project.root} ({project.dialect})" for project in found.projects[:3])
        raise UsageError(f"there are no migrations for PostgreSQL here, only {others}: name the folder that has some")
    if found.passed_over:
        names = ", ".join(found.passed_over[:3]) + (" and others" if len(found.passed_over) > 3 else "")
        raise UsageError(
            f"no migrations were recognised, but there are SQL files in {names}: `hotlint init FOLDER` takes a folder "
            "as a history in the order of its files' names"
        )
    raise UsageError("there are no SQL migrations here: `hotlint init FOLDER` in the repository that has them")


def _recognised(found: Discovery, projects: list[Project]) -> Iterator[str]:
    for project in projects:
        count = plural(len(project.migrations), "migration")
        yield f"{plain(project.root)}: {project.framework}, {count}, the newest {plain(project.migrations[-1].id)}"
    for project in found.projects:
        if not project.migrations:
            reason = project.not_covered[0].reason if project.not_covered else "nothing to plan in it"
            yield f"{plain(project.root)}: {project.framework}, left out ({plain(reason)})"


# -- the files


def _configuration(
    projects: list[Project], repository: str, options: argparse.Namespace, told: list[str]
) -> Iterator[Draft]:
    existing = find_config(".")
    if existing is not None:
        told.append(f"{existing} configures Hotlint already and stays as it is.")
        return
    versions = versions_in(repository, os.getcwd())
    pinned = {}
    for project in projects:
        unsure = next((note for note in project.notes if note.startswith(_UNSURE)), None)
        if unsure is not None:
            pinned[project.root] = f"the layout also fits {unsure.removeprefix(_UNSURE).partition(';')[0]}"
        elif project.framework == "plain":
            pinned[project.root] = "or the name of your tool, if Hotlint knows it"
        told += [f"{project.root}: {note}" for note in project.notes if "`" in note]  # there is something to choose
    if not versions:
        told.append(
            f"Nothing here says which PostgreSQL you run: put its major version under `pg_version` in "
            f"{config_file.FILE} (15 is assumed until then)."
        )
    elif len({seen.major for seen in versions}) > 1:
        told.append(f"Several versions of PostgreSQL are named here: check `pg_version` in {config_file.FILE}.")
    paths = tuple(_seen_from(os.getcwd(), project.root) for project in projects)
    content = config_file.text_of(
        config_file.Found(tuple(projects), paths, tuple(versions), pinned, not options.no_start_after)
    )
    yield Draft(config_file.FILE, content)


def _hook(
    projects: list[Project], repository: str | None, options: argparse.Namespace, told: list[str]
) -> Iterator[Draft]:
    if options.no_hook:
        return
    if repository is None:
        told.append("This is no Git repository (or there is no Git), so there is no hook and no CI workflow to set up.")
        return
    folders = [_seen_from(repository, project.root) for project in projects]
    path = os.path.join(repository, precommit.FILE)
    shown = os.path.relpath(path)
    if not os.path.lexists(path):
        other = _other_hooks(repository)
        if other is not None:
            told.append(other)
        else:
            yield Draft(shown, precommit.new_file(folders))
            told.append("`pre-commit install` switches the hook on (pip install pre-commit).")
        return
    before = _read(path)
    if precommit.has_hotlint(before):
        told.append(f"{shown} has an entry for Hotlint already and stays as it is.")
        return
    try:
        yield Draft(shown, precommit.with_entry(before, folders), before)
    except precommit.CannotEditError as error:
        told.append(f"{shown} stays as it is, since {error}; put this into it:\n\n{precommit.entry(folders)}")


_OTHER_HOOKS = (
    (".husky", "husky", "put this line into .husky/pre-commit"),
    ("lefthook.yml", "lefthook", "let a command of lefthook.yml run this"),
    ("lefthook.yaml", "lefthook", "let a command of lefthook.yaml run this"),
    (".lefthook.yml", "lefthook", "let a command of .lefthook.yml run this"),
    (".overcommit.yml", "overcommit", "let a hook of .overcommit.yml run this"),
)
"""Programs that run hooks in place of pre-commit: what shows them, their names, and where a command goes."""


def _other_hooks(repository: str) -> str | None:
    for name, program, where in _OTHER_HOOKS:
        if os.path.exists(os.path.join(repository, name)):
            return f"Hooks are run by {program} here: {where}: hotlint check --changed-since HEAD"
    return None


def _workflow(repository: str | None, options: argparse.Namespace, told: list[str]) -> Iterator[Draft]:
    if options.no_ci or repository is None:
        return
    folder = _seen_from(repository, ".")
    service = ci.service_of(repository, remote_url("."))
    if service is None:
        told.append("No CI service was recognised: let yours run `pip install hotlint` and `hotlint check`.")
        return
    if service == "github":
        name, text = ci.GITHUB_FILE, ci.github_workflow(folder)
    else:
        name, text = ci.GITLAB_FILE, ci.gitlab_job(folder)
        if os.path.lexists(os.path.join(repository, name)):
            if "hotlint" in _read(os.path.join(repository, name)):
                told.append(f"{name} runs Hotlint already and stays as it is.")
                return
            told.append(f"Put `- local: {ci.GITLAB_INCLUDED}` under `include:` in {name}, which stays as it is.")
            name = ci.GITLAB_INCLUDED
    path = os.path.relpath(os.path.join(repository, name))
    if os.path.lexists(path):
        told.append(f"{path} is there already and stays as it is.")
        return
    yield Draft(path, text)


def _seen_from(folder: str, path: str) -> str:
    """A path as it is written in a file of ``folder``."""
    return os.path.relpath(os.path.realpath(path), os.path.realpath(folder)).replace(os.sep, "/")


def _read(path: str) -> str:
    """Raises ``HotlintError`` where that is not possible. Line endings stay."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise HotlintError(f"{os.path.relpath(path)} is not UTF-8: mend it, or use --no-hook and --no-ci") from error
    except OSError as error:
        raise HotlintError(f"{os.path.relpath(path)} cannot be read: {error.strerror}") from error


# -- what is shown


def _shown(draft: Draft, style: Style, *, dry: bool) -> Iterator[str]:
    """The file, or what changes in it."""
    new = draft.before is None
    word = ("would write" if new else "would change") if dry else ("wrote" if new else "changed")
    yield f"{word} {style.paint('path', plain(draft.path))}"
    if draft.before is None:
        lines = [f"+{line}" for line in draft.text.splitlines()]
    else:
        from difflib import unified_diff

        lines = list(unified_diff(draft.before.splitlines(), draft.text.splitlines(), lineterm="", n=2))[2:]
    for line in lines:
        yield "    " + (style.paint("sql", plain(line)) if line.startswith("+") else plain(line))


def _next_steps(drafts: list[Draft], options: argparse.Namespace) -> Iterator[str]:
    if options.dry_run:
        yield from ("", "Nothing was written. Without --dry-run it is.")
        return
    request = api.request_for(None)
    with Progress(sys.stderr) as progress:
        report = api.run_check(request, cache=True, notes=RunNotes(progress.show))
    left = plural(len(report.findings), "finding")
    if report.findings and options.no_start_after:
        yield f"- There are {left}: `hotlint baseline` accepts them, so that `hotlint check` tells only what is new."
    elif report.findings:
        yield f"- `hotlint check` still tells {left}: mend them, or let `hotlint baseline` accept them."
    else:
        yield "- `hotlint check` finds nothing now; it judges every migration that is added from here on."
    yield from ("", "Look at what was written, and commit it." if drafts else "Nothing was written.")
