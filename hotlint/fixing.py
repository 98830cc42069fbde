"""Fixes made in the texts of a history: chosen, tried on the plan, and kept where the plan bears them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import msgspec

from hotlint.api import Request
from hotlint.finding import Edit, Finding, Fix
from hotlint.linting.proof import Judged, applied, differences, found_again, newly_found, refusals
from hotlint.project.discover import discover, shown_path
from hotlint.project.model import Project
from hotlint.project.tree import Tree
from hotlint.registry import find_rules
from hotlint.report.model import Report
from hotlint.running import Run, limited

_ROUNDS = 100
"""How often fixes are chosen at most: each round makes one, or gives one up."""

_ProjectKey = tuple[str, str]
_Place = tuple[_ProjectKey, "str | None"]


class FixedFile(msgspec.Struct, frozen=True, gc=False):
    """A file with fixes made: its text as it was read, and as it should be; both without a byte order mark."""

    path: str
    before: str
    after: str


class Fixes(msgspec.Struct, frozen=True):
    """What was fixed: ``files`` are to be written, ``fixed`` are the findings that are gone with them, and ``unsafe``
    counts those that are left and have an unsafe fix, none where these were wanted."""

    files: tuple[FixedFile, ...] = ()
    fixed: tuple[Finding, ...] = ()
    unsafe: int = 0


def make_fixes(
    request: Request, report: Report, *, unsafe: bool = False, progress: Callable[[int, int, str], None] | None = None
) -> Fixes:
    """The fixes for the findings of a report, which is the request's; nothing is written.

    A safe fix is made where its rule calls it safe and the plan proves it: with it the migration ends in the same
    schema, nothing is refused that was not, the finding is gone, and nothing as grave is found instead. With ``unsafe``
    every fix is made with which nothing new is refused and the finding is gone. What a fix brings about is not fixed in
    its turn, and only files that the report is about are changed. ``progress`` is told how many of how many findings
    are decided, and which file comes next.
    """
    known = frozenset(finding.fingerprint for finding in report.baseline.known) if report.baseline else frozenset()
    fixer = _Fixer(request, known, unsafe, progress or (lambda done, total, path: None))
    fixer.run()
    return fixer.result()


class _Candidate(msgspec.Struct, frozen=True):
    """A fix of a finding that may be made."""

    project: _ProjectKey
    finding: Finding
    fix: Fix

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others, whatever else is edited."""
        return self.finding.fingerprint, self.fix.title

    @property
    def place(self) -> _Place:
        """The migration that it is about."""
        return self.project, self.finding.migration

    @property
    def tables(self) -> list[str]:
        """The bare names of what it is about."""
        return [name.rpartition(".")[2].strip('"') for name in self.finding.relations]


class _State(msgspec.Struct, frozen=True):
    """The projects as they are with some texts: judged, and the files of each that may be changed (None: all)."""

    judged: dict[_ProjectKey, Judged]
    scopes: dict[_ProjectKey, frozenset[str] | None]


class _Fixer:
    """One run of ``make_fixes``: ``texts`` are the files as they are fixed so far."""

    def __init__(
        self, request: Request, known: frozenset[str], unsafe: bool, progress: Callable[[int, int, str], None]
    ) -> None:
        settings = request.settings
        self.request = request
        self.known = known
        self.unsafe = unsafe
        self.progress = progress
        self.texts: dict[str, str] = {}
        self.fixed: list[Finding] = []
        self._run = Run(request, find_rules([settings.resolve(path) for path in settings.config.rules]))
        self._buffers = {shown_path(path): text for path, text in request.buffers.items()}
        self._tree = Tree(self._buffers)
        self._rejected: set[tuple[str, str]] = set()
        self._impossible: set[tuple[str, str]] = set()
        self._state = self._judge({})
        self._originals = dict(_texts(self._state))
        self._left = Counter((key, f.migration, f.rule) for key, f in self._findings())

    def run(self) -> None:
        """Makes fixes until there is none to make."""
        for _ in range(_ROUNDS):
            chosen = self._choose()
            if not chosen:
                break
            self._take(chosen)

    def result(self) -> Fixes:
        """What has been fixed so far."""
        files = (FixedFile(path, self._originals[path], text) for path, text in self.texts.items())
        changed = tuple(sorted((f for f in files if f.before != f.after), key=lambda file: file.path))
        left = () if self.unsafe else self._findings()
        unsafe = sum(
            any((f.fingerprint, fix.title) not in self._impossible for fix in self._editable(key, f)) for key, f in left
        )
        return Fixes(changed, tuple(self.fixed), unsafe)

    # -- which

    def _findings(self) -> Iterator[tuple[_ProjectKey, Finding]]:
        """The findings that are told, which those of a baseline are not."""
        for key, judged in self._state.judged.items():
            yield from ((key, finding) for finding in judged.findings if finding.fingerprint not in self.known)

    def _editable(self, key: _ProjectKey, finding: Finding) -> Iterator[Fix]:
        """The fixes of a finding that can be made in the files that the report is about."""
        scope = self._state.scopes[key]
        for fix in finding.fixes:
            if fix.edits and all(scope is None or edit.path in scope for edit in fix.edits):
                yield fix

    def _choose(self) -> list[_Candidate]:
        """The first fix of each finding, as far as they do not touch one another."""
        chosen: list[_Candidate] = []
        left = self._left.copy()
        taken: dict[str, list[Edit]] = {}
        for project, finding in self._findings():
            for fix in self._editable(project, finding):
                candidate = _Candidate(project, finding, fix)
                if candidate.key in self._rejected or not (fix.safe or self.unsafe):
                    continue
                count = (project, finding.migration, finding.rule)
                if left[count] > 0 and not _touch(fix.edits, taken):
                    left[count] -= 1
                    chosen.append(candidate)
                    for edit in fix.edits:
                        taken.setdefault(edit.path, []).append(edit)
                break
        return chosen

    # -- whether

    def _take(self, chosen: Sequence[_Candidate]) -> None:
        """Makes those fixes that can be made: all at once, or where that is more than the plan bears out, without those
        at the migrations that speak against it."""
        if not chosen:
            return
        self.progress(len(self.fixed), len(self.fixed) + self._left.total(), chosen[0].finding.place.path)
        texts = self._with(chosen)
        after = self._judge(texts)
        against = self._against(after, chosen)
        if not against:
            self._keep(texts, after, chosen)
            return
        at_fault: dict[_Place, list[_Candidate]] = {}
        for candidate in chosen:
            if candidate.place in against:
                at_fault.setdefault(candidate.place, []).append(candidate)
        if not at_fault and len(chosen) > 1:  # a statement elsewhere is refused
            first, then = self._parted(after, chosen)
            self._take(first)
            self._take(self._again(then))
            return
        for candidates in at_fault.values() or [chosen]:
            if len(candidates) == 1:
                self._reject(candidates[0], possible=not against.get(candidates[0].place, True))
        if at_fault:
            self._take([candidate for candidate in chosen if candidate.place not in against])
            self._take(self._again([several[0] for several in at_fault.values() if len(several) > 1]))

    def _parted(self, after: _State, chosen: Sequence[_Candidate]) -> tuple[Sequence[_Candidate], Sequence[_Candidate]]:
        """Those that are not about what the refusals name, and the others; halves where that parts nothing."""
        projects = {candidate.project for candidate in chosen}
        pairs = [(self._state.judged[key].plan, after.judged[key].plan) for key in projects if key in after.judged]
        told = " ".join(text for one, two in pairs for _, text in refusals(one, two))
        named = [candidate for candidate in chosen if any(f'"{name}"' in told for name in candidate.tables)]
        others = [candidate for candidate in chosen if candidate not in named]
        half = len(chosen) // 2
        return (others, named) if named and others else (chosen[:half], chosen[half:])

    def _keep(self, texts: dict[str, str], after: _State, chosen: Sequence[_Candidate]) -> None:
        self._state, self.texts = after, texts
        for candidate in chosen:
            self.fixed.append(candidate.finding)
            self._left[(*candidate.place, candidate.finding.rule)] -= 1

    def _reject(self, candidate: _Candidate, *, possible: bool) -> None:
        self._rejected.add(candidate.key)
        if not possible:
            self._impossible.add(candidate.key)

    def _again(self, chosen: Sequence[_Candidate]) -> list[_Candidate]:
        """The same fixes as they are after others were made; those that are not to be found wait for the next round."""
        wanted = {candidate.key for candidate in chosen}
        found = (_Candidate(key, finding, fix) for key, finding in self._findings() for fix in finding.fixes)
        return [candidate for candidate in found if candidate.key in wanted and candidate.fix.edits]

    def _against(self, after: _State, chosen: Sequence[_Candidate]) -> dict[_Place, bool]:
        """The migrations that speak against fixes, each with whether it does so against unsafe ones too.

        Where every schema stays the same, what goes wrong at a migration is its own fixes' fault. Unsafe fixes change
        schemas, so that another migration's may be to blame for a refusal: then the migration is None.
        """
        found: dict[_Place, bool] = {}
        by_project: dict[_ProjectKey, list[Finding]] = {}
        for candidate in chosen:
            by_project.setdefault(candidate.project, []).append(candidate.finding)
        for key, fixed in by_project.items():
            one, two = self._state.judged[key], after.judged.get(key)
            if two is None:
                found[key, None] = True
                continue
            refused = {id for id, _ in refusals(one.plan, two.plan)}
            again = {id for id, _ in found_again(one, two, fixed)}
            if self.unsafe:
                found |= {(key, id): True for id in ([None] if refused else again)}
                continue
            other = {id for id, _ in (*newly_found(one, two, fixed), *differences(one.plan, two.plan, fixed))}
            found |= {(key, id): id in again or id in refused for id in (again | other or refused)}
        return found

    def _with(self, chosen: Sequence[_Candidate]) -> dict[str, str]:
        edits: dict[str, list[Edit]] = {}
        for candidate in chosen:
            for edit in candidate.fix.edits:
                edits.setdefault(edit.path, []).append(edit)
        now = self._originals | self.texts
        return self.texts | {path: applied(now[path], found) for path, found in edits.items()}

    def _judge(self, texts: dict[str, str]) -> _State:
        """The projects with these texts; only those are planned that are not what they were. One that Hotlint fails at
        is left out: there is nothing to hold a fix against."""
        tree = self._tree.with_buffers(self._buffers | texts)
        found = discover(self.request.paths, self.request.settings.discover_options(), tree=tree)
        if self.request.changes is not None:
            found = limited(found, self.request.changes)
        state = _State({}, {})
        before = self._state.judged if texts else {}
        for project, scope in zip(found.projects, found.scopes, strict=True):
            key = (project.root, project.framework)
            known = before.get(key)
            if known is None or known.plan.project != project:
                known = self._judge_project(project, scope)
            if known is not None:
                state.judged[key], state.scopes[key] = known, scope
        return state

    def _judge_project(self, project: Project, scope: frozenset[str] | None) -> Judged | None:
        try:
            plan, result = self._run.judge(project, scope, {})
        except Exception:  # the report tells it
            return None
        failed = result.internal_errors or any(m.failures for m in plan.migrations)
        return None if failed else Judged(plan, result.findings)


def _texts(state: _State) -> Iterator[tuple[str, str]]:
    """The files' texts by path; a down script may have some of its file's blanked, an up script never."""
    for judged in state.judged.values():
        migrations = judged.plan.project.migrations
        yield from ((m.down.path, m.down.text) for m in migrations if m.down is not None)
        yield from ((m.up.path, m.up.text) for m in migrations)


def _touch(edits: Sequence[Edit], taken: dict[str, list[Edit]]) -> bool:
    return any(
        edit.start <= other.end and other.start <= edit.end for edit in edits for other in taken.get(edit.path, ())
    )
