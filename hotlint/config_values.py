"""Values of the configuration that only a look at the program or the disk shows to be wrong; told with their line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from hotlint.config import Config, ProjectConfig, Settings
from hotlint.errors import nearest
from hotlint.project import dialects
from hotlint.project.frameworks.registry import FRAMEWORKS

Key = tuple[str | int, ...]


def check_values(settings: Settings) -> None:
    """Raises ``ConfigError`` for a framework, dialect, file, folder or pattern that cannot be used."""
    for key, said in _parts(settings.config):
        for name, message in _wrong(said, settings):
            raise settings.error((*key, *name), message)


def _parts(config: Config) -> Iterator[tuple[Key, Config | ProjectConfig]]:
    yield (), config
    for at, project in enumerate(config.projects):
        yield ("projects", at), project


def _wrong(said: Config | ProjectConfig, settings: Settings) -> Iterator[tuple[Key, str]]:
    if isinstance(said, ProjectConfig) and not os.path.exists(settings.resolve(said.path)):
        yield ("path",), f"there is no file or folder {settings.resolve(said.path)}"
    if said.framework is not None and said.framework not in FRAMEWORKS:
        yield (
            ("framework",),
            f'there is no framework "{said.framework}"{nearest(said.framework, FRAMEWORKS)}; '
            f"there are {', '.join(FRAMEWORKS)}",
        )
    if said.dialect is not None and dialects.named(said.dialect) is None:
        yield ("dialect",), f'there is no dialect "{said.dialect}"{nearest(said.dialect, dialects.ALIASES)}'
    if said.baseline is not None and not os.path.isfile(settings.resolve(said.baseline)):
        yield ("baseline",), f"there is no file {settings.resolve(said.baseline)}"
    for at, pattern in enumerate(said.placeholder_patterns):
        if (message := _wrong_pattern(pattern)) is not None:
            yield ("placeholder_patterns", at), message


def _wrong_pattern(pattern: str) -> str | None:
    try:
        compiled = re.compile(f"(?:{pattern})")
    except re.error as error:
        return f'"{pattern}" is no regular expression: {error.msg}'
    return f'"{pattern}" matches nothing at all, which is everywhere' if compiled.match("") else None
