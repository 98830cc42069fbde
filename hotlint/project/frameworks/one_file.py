"""Loading of tools that keep both directions in one numbered file, told apart by marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hotlint.project.frameworks.base import Draft, number_of, numbered
from hotlint.project.frameworks.sections import Sections
from hotlint.project.model import TransactionMode
from hotlint.source import Region

EXPECTED = "VERSION_name.sql"
_GENERATED = frozenset({"schema.sql", "structure.sql", "seed.sql", "seeds.sql"})


def numbered_paths(draft: Draft, *, by_number: bool = True) -> Iterator[tuple[str, str, str]]:
    """Version, rest of the name and path of each file, in the order of the versions (or of the names).

    Files whose names have no version are told, but for dumps that tools write beside the migrations.
    """
    found = []
    for path in draft.files():
        name = path.rpartition("/")[2]
        parts = numbered(name)
        if parts is None:
            if name not in _GENERATED:
                draft.bad_name(path, EXPECTED)
            continue
        found.append((number_of(parts.version) if by_number else 0, name, parts.version, parts.rest, path))
    for _, _, version, rest, path in sorted(found):
        yield version, rest.removesuffix(".sql"), path


def add_sectioned(
    draft: Draft,
    read: Callable[[str], Sections],
    *,
    off: TransactionMode,
    mark: str,
    by_number: bool = True,
    by_name: bool = False,
) -> None:
    """Add every numbered file. ``off`` is the mode of a section whose transaction is switched off; ``mark`` names what
    starts the up section, for files that have none. ``by_name``: the tool knows a migration by its file's whole name,
    so a version may come twice.

    A down section with nothing in it is a down script that does nothing, but in a project where most are empty: there
    they are the tool's template and no way down.
    """
    parsed = [
        (v, rest, path, read(draft.tree.text(path))) for v, rest, path in numbered_paths(draft, by_number=by_number)
    ]
    keep_empty = 2 * sum(bool(sections.down) for *_, sections in parsed) >= len(parsed)
    for version, rest, path, sections in parsed:
        text = draft.tree.text(path)
        up = sections.up
        if up is None:
            if text.strip():
                draft.bad_section(path, mark)
            up = () if sections.down or not text.strip() else (Region(0, len(text)),)
        is_down = sections.down is not None and (bool(sections.down) or keep_empty)
        draft.add(
            version,
            rest,
            draft.tree.script(path, up),
            draft.tree.script(path, sections.down or ()) if is_down else None,
            transaction=off if sections.directive else "wrapped",
            down_transaction=off if sections.down_directive else "wrapped",
            directive=sections.directive,
        )
    if not by_name:
        draft.duplicates()
    draft.programs()
