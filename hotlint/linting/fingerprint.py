"""A name for a finding that stays the same while its file is edited elsewhere: what baselines and code hosts remember.

It is made of the rule, the migration, the objects and the normalised statement; no path, line or message is in it, so
that moved files, lines put above, and better wordings leave it alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hotlint.finding import Finding
from hotlint.remedies.sql import normalised


def with_fingerprints(findings: Iterable[tuple[Finding, str]]) -> list[Finding]:
    """The findings, in order, with their fingerprints; each comes with the SQL that it is about ("" for none).

    The second and later ones of equal findings are told apart by their count. 32 hexadecimal digits.
    """
    from hotlint.digest import blake2b

    seen: dict[str, int] = {}
    known: dict[str, str] = {}  # several rules speak about one statement
    named: list[Finding] = []
    for finding, sql in findings:
        plain = known.get(sql)
        if plain is None:
            plain = known[sql] = normalised(sql)
        parts = (finding.rule, finding.migration or finding.place.path, *sorted(finding.relations), plain)
        text = "\0".join(parts)
        count = seen[text] = seen.get(text, 0) + 1
        if count > 1:
            text = f"{text}\0{count}"
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        named.append(msgspec.structs.replace(finding, fingerprint=digest))
    return named
