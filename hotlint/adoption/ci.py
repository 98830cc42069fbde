"""The CI workflow, by what the repository has."""

from __future__ import annotations

import os
from typing import Literal

from hotlint import __version__

Service = Literal["github", "gitlab"]

_ABOUT = "# What migrations will lock, rewrite, scan, lose and break. Written by `hotlint init`; it is yours now.\n"
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
    """A workflow that checks pull requests by Hotlint's own action; ``folder`` is where it runs, "." for the top."""
    where = "" if folder == "." else f"        with:\n          working-directory: {folder}\n"
    return (
        f"{_ABOUT}"
        "name: Hotlint\n"
        "on: pull_request\n"
        "permissions:\n"
        "  contents: read\n"
        "jobs:\n"
        "  hotlint:\n"
        "    runs-on: ubuntu-latest\n"
        "    steps:\n"
        "      - uses: actions/checkout@v5\n"
        f"      - uses: hotlint/hotlint@v{__version__}\n{where}"
    )


def gitlab_job(folder: str) -> str:
    """A job that checks merge requests and the default branch, with findings in the Code Quality widget."""
    enter = "" if folder == "." else f"    - cd {folder}\n"
    report = "gl-code-quality-report.json" if folder == "." else f"{folder}/gl-code-quality-report.json"
    return (
        f"{_ABOUT}"
        "hotlint:\n"
        "  image: python:3-slim\n"
        "  rules:\n"
        '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"\n'
        "    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n"
        "  script:\n"
        f"    - pip install hotlint=={__version__}\n"
        f"{enter}"
        "    - hotlint check --output gitlab=gl-code-quality-report.json\n"
        "  artifacts:\n"
        "    when: always\n"
        "    reports:\n"
        f"      codequality: {report}\n"
    )
