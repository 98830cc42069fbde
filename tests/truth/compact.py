"""Makes rows.jsonl and fixture.sql from a folder of measurements: ``python tests/truth/compact.py FOLDER``.

The folder has ``fixture.sql`` and ``truth-dev.jsonl``, one row per case and version. A compact row is one case with
what was measured on each range of versions.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KINDS = ("table", "partitioned table", "view", "materialized view")


def facts(row: dict[str, Any]) -> dict[str, Any]:
    """What the model must say of one case on one version."""
    if row["error"] is not None:
        return {"error": row["error"]["sqlstate"], "transaction": row["in_transaction_ok"]}
    return {
        "transaction": row["in_transaction_ok"],
        "locks": {lock["relation"]: lock["mode"] for lock in row["locks"] if lock["kind"] in KINDS},
        "rewrites": sorted(row["rewrites"]),
        "scans": sorted(row["scans"]),
        "builds": sorted({build["table"] for build in row["index_builds"]}),
        "truncated": sorted(row["truncated"]),
    }


def listed(value: Any) -> list[str]:
    """A statement or several as a list."""
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def compact(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry per case and text, with facts as [first version, last version, facts]."""
    cases: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda r: r["version"]):
        key = json.dumps([row["id"], row["sql"]])
        case = cases.setdefault(
            key,
            {
                "id": row["id"],
                "sql": listed(row["sql"]),
                "setup": listed(row["setup"]),
                "session": listed(row["session"]),
                "facts": [],
            },
        )
        found = facts(row)
        ranges = case["facts"]
        if ranges and ranges[-1][1] == row["version"] - 1 and ranges[-1][2] == found:
            ranges[-1][1] = row["version"]
        else:
            ranges.append([row["version"], row["version"], found])
    return list(cases.values())


def main(folder: Path) -> None:
    lines = (folder / "truth-dev.jsonl").read_text().splitlines()
    cases = compact([json.loads(line) for line in lines])
    with (HERE / "rows.jsonl").open("w") as out:
        for case in cases:
            out.write(json.dumps(case, ensure_ascii=False) + "\n")
    shutil.copyfile(folder / "fixture.sql", HERE / "fixture.sql")
    (HERE / "fixture.sql").chmod(0o644)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
