"""The CI workflow, by what the repository has."""

from __future__ import annotations

import os
from typing import Literal

from hotlint import __version__

Service = Literal["github", "gitlab"]

GITHUB_FILE = ".github/workflows/hotlint.yml"
GITLAB_FILE = ".gitlab-ci.yml"
GITLAB_INCLUDED = ".gitlab/hotlint.yml"


def service_of(repository: str, remote: str) -> Service | None:
    """The service whose files are there, else the one that the repository was cloned from."""
    if os.path.isfile(os.path.join(repository, GITLAB_FILE)):
        return "gitlab"
    if os.path.isdir(os.path.join(repository, ".github")):
        return "github"
    host = remote.partition("://")[2] or remote
    host = host.rpartition("@")[2].split("/")[0].split(":")[0]
    return "github" if host == "github.com" else "gitlab" if "gitlab" in host else None


def github_workflow(folder: str) -> str:
    """A workflow that checks pull requests and the main branches; ``folder`` is where it runs, "." for the top."""
    where = "" if folder == "." else f"        working-directory: {folder}\n"
    return (
        "# What migrations will lock, rewrite, scan, lose and break. Written by `hotlint init`; it is yours now.\n"
        "name: hotlint\n"
        "on:\n"
        "  pull_request:\n"
        "  push:\n"
        "    branches: [main, master]\n"
        "permissions:\n"
        "  contents: read\n"
        "jobs:\n"
        "  hotlint:\n"
        "    runs-on: ubuntu-latest\n"
        "    steps:\n"
        "      - uses: actions/checkout@v4\n"
        "      - uses: actions/setup-python@v5\n"
        "        with:\n"
        '          python-version: "3.x"\n'
        f"      - run: pip install hotlint=={__version__}\n"
        f"      - run: hotlint check\n{where}"
    )


def gitlab_job(folder: str) -> str:
    """A job that checks merge requests and the default branch."""
    enter = "" if folder == "." else f"    - cd {folder}\n"
    return (
        "# What migrations will lock, rewrite, scan, lose and break. Written by `hotlint init`; it is yours now.\n"
        "hotlint:\n"
        "  image: python:3-slim\n"
        "  rules:\n"
        '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"\n'
        "    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n"
        "  script:\n"
        f"    - pip install hotlint=={__version__}\n"
        f"{enter}"
        "    - hotlint check\n"
    )
