"""What Git knows about the files: which changed since a branch began. Git runs as a program, and only reads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from hotlint.changes import Changes
from hotlint.errors import UsageError

_OPTIONS = (
    *("--no-optional-locks", "--no-pager", "-c", "core.fsmonitor=false"),
    *("-c", "core.quotePath=false", "-c", "diff.relative=false"),
)
"""No lock that a commit would wait for, no program that a repository's configuration names."""
_OF_ANOTHER_REPOSITORY = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
    *("GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_TRACE"),
)
"""Variables that Git sets for its hooks, or a user for one repository: here the folder says which one is meant."""


class GitError(UsageError):
    """Git is not there, there is no repository, or it lacks what is asked of it."""


def changes_since(revision: str, paths: Sequence[str]) -> Changes:
    """The files that changed since the merge base of ``revision`` and HEAD: committed, staged, unstaged and untracked.

    ``paths`` are what is checked, () for the working directory; the repositories are those that they lie in.

    Raises ``GitError`` that says what to do.
    """
    changed: set[str] = set()
    deleted: set[str] = set()
    for folder in dict.fromkeys(map(_folder_of, paths or (".",))):
        there, gone = _changes_in(folder, revision)
        changed.update(there)
        deleted.update(gone)
    return Changes(revision, tuple(sorted(changed)), tuple(sorted(deleted - changed)))


def top_level(folder: str) -> str | None:
    """The folder of the repository's working tree, as an absolute path; None outside of a repository or without Git."""
    try:
        return _run(folder, "rev-parse", "--show-toplevel").rstrip("\n") or None
    except GitError:
        return None


def remote_url(folder: str) -> str:
    """Where the repository was cloned from: the address of ``origin``, "" where there is none."""
    try:
        return _run(folder, "config", "--get", "remote.origin.url").strip()
    except GitError:
        return ""


def _folder_of(path: str) -> str:
    return path if os.path.isdir(path) else os.path.dirname(path) or "."


def _changes_in(folder: str, revision: str) -> tuple[Iterator[str], Iterator[str]]:
    """What changed in the repository around ``folder``, there and deleted, as paths seen from the working directory."""
    prefix = _run(folder, "rev-parse", "--show-prefix").rstrip("\n")
    base = _merge_base(folder, revision)
    how = ("--name-status", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules")
    words = _run(folder, "diff", *how, base, "--").split("\0")
    status = dict(zip(words[1::2], words[::2], strict=False))
    untracked = _run(folder, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":/").split("\0")
    there = [path for path, letter in status.items() if letter != "D"] + [path for path in untracked if path]
    gone = [path for path, letter in status.items() if letter == "D"]
    return _seen_from(folder, prefix, there), _seen_from(folder, prefix, gone)


def _seen_from(folder: str, prefix: str, paths: Iterable[str]) -> Iterator[str]:
    from hotlint.project.discover import shown_path

    for path in paths:
        yield shown_path(os.path.join(folder, os.path.relpath(path, prefix or ".")))


def _merge_base(folder: str, revision: str) -> str:
    commit = _commit(folder, revision)
    head = _commit(folder, "HEAD")
    try:
        return _run(folder, "merge-base", commit, head).strip()
    except GitError:
        if _is_shallow(folder):
            message = (
                f'this clone is shallow and ends before the common commit of "{revision}" and HEAD: fetch the rest '
                "with `git fetch --unshallow` (actions/checkout: `fetch-depth: 0`; GitLab: `GIT_DEPTH: 0`)"
            )
        else:
            message = f'"{revision}" and HEAD have no common commit: name the branch that this one began from'
        raise GitError(message) from None


def _commit(folder: str, revision: str) -> str:
    """The commit that a revision names. Raises ``GitError`` with the likely way to have it."""
    try:
        if revision.startswith("-"):
            raise GitError("no revision begins with a dash")
        return _run(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
    except GitError:
        pass
    if revision == "HEAD":
        raise GitError("the repository has no commit yet, so nothing can have changed since one")
    remote = "" if "/" in revision else f"origin/{revision}"
    if remote and _has(folder, remote):
        raise GitError(f'there is no branch, tag or commit "{revision}" here; did you mean "{remote}"?')
    name = revision.removeprefix("origin/")
    more = ", and this clone is shallow" if _is_shallow(folder) else ""
    raise GitError(
        f'there is no branch, tag or commit "{revision}" here{more}: fetch it first '
        f"(`git fetch origin {name}`), or name another"
    )


def _has(folder: str, revision: str) -> bool:
    try:
        _run(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except GitError:
        return False
    return True


def _is_shallow(folder: str) -> bool:
    return _run(folder, "rev-parse", "--is-shallow-repository").strip() == "true"


def _run(folder: str, *arguments: str) -> str:
    """What Git prints. Raises ``GitError`` with what it complains about."""
    import subprocess

    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", *_OPTIONS, "-C", folder, *arguments]
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except FileNotFoundError:
        raise GitError("--changed-since asks Git, and there is no program `git` here: install it") from None
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from error
    if done.returncode == 0:
        return os.fsdecode(done.stdout)
    told = os.fsdecode(done.stderr).strip()
    if "not a git repository" in told:
        where = "the working directory" if folder == "." else folder
        raise GitError(f"{where} is in no Git repository, so nothing is known about what changed")
    raise GitError(told.splitlines()[0].removeprefix("fatal: ") if told else f"git {arguments[0]} failed")
