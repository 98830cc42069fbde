"""Holds what ``hotlint check`` writes against the programs that others validate it by; they come from npm.

The SARIF of the example, of a clean report and of one with a failure goes through the SARIF Multitool of Microsoft with
the rules of code scanning (``Sarif;Ghas``), rdjson through the validator of its format. Run by ``make formats``. Where
npm is not there, or its registry is out of reach, that is said, and the exit code is 0; it is 1 where a report is not
valid.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = ("@microsoft/sarif-multitool@5.7.0", "@umbrelladocs/rdformat-validator@1.0.1")
INSTALLED = CHECKOUT / "build" / "validators"
_PROBLEM = re.compile(r": (?:error|warning) [A-Z]+\d+: ")


def main() -> int:
    """Makes the reports and validates each."""
    npm = shutil.which("npm")
    if npm is None:
        return not_validated("npm is not there")
    modules = install(npm)
    if modules is None:
        return not_validated("npm could not install the validators")
    with tempfile.TemporaryDirectory() as folder:
        reports = make_reports(Path(folder))
        problems = [problem for path in reports for problem in VALIDATORS[path.suffix](path, modules)]
    for problem in problems:
        print(f"formats: {problem}", file=sys.stderr)
    print(f"formats: {len(reports)} reports, {len(problems)} problems")
    return 1 if problems else 0


def not_validated(why: str) -> int:
    """Says that nothing was looked at, which is no problem of the reports."""
    print(f"formats: {why}, so SARIF and rdjson are NOT validated by other programs", file=sys.stderr)
    return 0


def install(npm: str) -> Path | None:
    """The folder with the packages, installed where they are not there in these versions; None where that fails."""
    done = INSTALLED / "versions"
    if not done.exists() or done.read_text() != "\n".join(PACKAGES):
        INSTALLED.mkdir(parents=True, exist_ok=True)
        quiet = ("--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
        if subprocess.run([npm, "install", "--prefix", INSTALLED, *quiet, *PACKAGES], check=False).returncode:
            return None
        multitool(INSTALLED / "node_modules").chmod(0o755)  # the package's own script would do that
        done.write_text("\n".join(PACKAGES))
    return INSTALLED / "node_modules"


def multitool(modules: Path) -> Path:
    """The program itself: its wrapper hands the arguments to a shell."""
    programs = [*modules.glob("@microsoft/sarif-multitool-*/Sarif.Multitool*")]
    return next(program for program in programs if program.name in ("Sarif.Multitool", "Sarif.Multitool.exe"))


def make_reports(folder: Path) -> list[Path]:
    """Reports of the example, of a project without findings, and of one with a rule that cannot be used."""
    clean, failing = folder / "clean", folder / "failing"
    for project in (clean, failing):
        (project / "migrations").mkdir(parents=True)
        (project / "migrations" / "0001_a.sql").write_text("CREATE TABLE a (id bigint PRIMARY KEY);\n")
    (failing / "broken.py").write_text("there is no rule here\n")
    (failing / "hotlint.yaml").write_text("rules: [broken.py]\n")
    reports = []
    for project in (CHECKOUT / "examples" / "webshop", clean, failing):
        made = [folder / f"{project.name}{suffix}" for suffix in VALIDATORS]
        outputs = [f"--output={path.suffix[1:]}={path}" for path in made]
        command = [sys.executable, "-m", "hotlint", "check", "--no-cache", "--format=concise", *outputs]
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
        if not all(path.exists() for path in made):
            raise SystemExit(f"formats: no report of {project}: {done.stderr}")
        reports += made
    return reports


def sarif_problems(path: Path, modules: Path) -> list[str]:
    """The Multitool's errors and warnings: its exit code is 0 in spite of them, so its output is read."""
    command = [multitool(modules), "validate", "--rule-kind", "Sarif;Ghas", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or "Analysis completed successfully" not in done.stdout:
        return [f"{path.name}: the SARIF Multitool failed: {done.stdout}{done.stderr}"]
    return [line for line in done.stdout.splitlines() if _PROBLEM.search(line)]


def rdjson_problems(path: Path, modules: Path) -> list[str]:
    """What the validator says where it says that something is wrong."""
    command = [modules / ".bin" / "rdformat-validator", "--strict", "--no-extra-fields", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [f"{path.name}: {done.stdout}{done.stderr}"] if done.returncode else []


VALIDATORS = {".sarif": sarif_problems, ".rdjson": rdjson_problems}

if __name__ == "__main__":
    sys.exit(main())
