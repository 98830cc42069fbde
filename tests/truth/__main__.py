"""``python -m tests.truth [FILE …]``: the agreement per version and kind, and every disagreement."""

from __future__ import annotations

import sys

from tests.truth.agreement import Report, cases, run, table


def grouped(report: Report) -> list[str]:
    """Disagreements with the versions on which they are the same."""
    found: dict[tuple[str, str, str, str], list[int]] = {}
    for d in report.differences:
        found.setdefault((d.case, d.kind, repr(d.measured), repr(d.said)), []).append(d.version)
    return [
        f"{case} {versions[0]}-{versions[-1]} {kind}: measured {measured}, said {said}"
        for (case, kind, measured, said), versions in found.items()
    ]


def main() -> None:
    report = run(rows=[case for file in sys.argv[1:] or ["rows.jsonl"] for case in cases(file)])
    for line in grouped(report):
        print(line)
    unknown: dict[tuple[str, str], list[int]] = {}
    for case, version, sentences in report.unknown:
        unknown.setdefault((case, "; ".join(sentences)), []).append(version)
    for (case, text), versions in unknown.items():
        print(f"{case} {versions[0]}-{versions[-1]} unknown: {text}")
    print(table(report))


if __name__ == "__main__":
    main()
