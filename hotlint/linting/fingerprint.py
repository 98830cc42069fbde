"""A name for a finding that stays the same while its file is edited elsewhere: what baselines and code hosts remember.

It is made of the rule, the migration, the objects and the normalised statement; no path, line or message is in it, so
that moved files, lines put above, and better wordings leave it alone. Its second half leaves the migration out, so that
a finding can be recognised when the migration gets another number.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

import msgspec

from hotlint.digest import blake2b
from hotlint.finding import Finding
from hotlint.remedies.sql import normalised

_NUMBERS = re.compile(r"\d+")


def with_fingerprints(findings: Iterable[tuple[Finding, str]]) -> list[Finding]:
    """The findings, in order, with their fingerprints; each comes with the SQL that it is about ("" for none).

    The second and later ones of equal findings are told apart by their count. 32 hexadecimal digits; the last 16 are
    about rule, objects and statement alone (about the file's name without its numbers where there is no statement).
    """
    seen: dict[str, int] = {}
    known: dict[str, str] = {}  # several rules speak about one statement
    named: list[Finding] = []
    for finding, sql in findings:
        plain = known.get(sql)
        if plain is None:
            plain = known[sql] = normalised(sql)
        parts = (finding.rule, finding.migration or _file(finding), *sorted(finding.relations), plain)
        text = "\0".join(parts)
        count = seen[text] = seen.get(text, 0) + 1
        if count > 1:
            text = f"{text}\0{count}"
        content = "\0".join((finding.rule, *sorted(finding.relations), plain or _NUMBERS.sub("", _file(finding))))
        named.append(msgspec.structs.replace(finding, fingerprint=_digest(text) + _digest(content)))
    return named


def _file(finding: Finding) -> str:
    """The file's name with its folder's (``NAME/up.sql``), wherever the working directory is."""
    folder, name = os.path.split(os.path.abspath(finding.place.path))
    return f"{os.path.basename(folder)}/{name}"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
