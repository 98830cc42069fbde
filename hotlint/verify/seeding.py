"""Where the rows come from that a migration meets: generated, or the user's own fixtures or generator."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hotlint.errors import HotlintError
from hotlint.project.read import read_file
from hotlint.verify.rows import fill
from hotlint.verify.server import is_lost

if TYPE_CHECKING:
    from psycopg import Connection

Generator = Callable[["Connection[Any]", int, int], Any]
"""``generate(connection, rows, seed)``: adds rows as it likes; whatever strings it returns are told as notes."""


class SeedingError(HotlintError):
    """The user's fixtures or generator cannot be used; the message says which and why."""


class Seeding:
    """Puts rows into the schema before each migration.

    ``rows`` and ``seed`` are for the generated rows and for the user's ``generator`` (``path/to/file.py:function``),
    which takes their place. Each file of ``fixtures`` is run once, before the first migration whose schema takes it.
    With fixtures or a generator, no rows are generated.
    """

    def __init__(
        self, rows: int = 0, seed: int = 0, *, fixtures: Sequence[str] = (), generator: str | None = None
    ) -> None:
        self._rows = rows
        self._seed = seed
        self._fixtures = [(path, *_text(path)) for path in fixtures]
        self._waiting = self._fixtures
        self._errors: dict[str, str] = {}
        self._ran: set[str] = set()
        self._generator = load_generator(generator) if generator is not None else None

    @property
    def is_generated(self) -> bool:
        """Whether the rows are Hotlint's own, and none of the user's."""
        return bool(self._rows) and not self._fixtures and self._generator is None

    @property
    def writes(self) -> bool:
        """Whether rows are written time and again, and not once as those of the fixtures."""
        return self.is_generated or self._generator is not None

    def start_again(self) -> None:
        """The database is another one, without the rows that were put into the last: every fixture waits again."""
        self._waiting = self._fixtures

    def prepare(
        self, connection: Connection[Any], *, fixtures: bool = True, left_empty: frozenset[str] = frozenset()
    ) -> tuple[str, ...]:
        """Adds what the schema takes now; notes on what it did not take. Raises ``SeedingError`` where the user's
        generator fails. Without ``fixtures``, those wait for another time: what is run now may be taken back.
        No rows are generated for the tables of ``left_empty``."""
        if fixtures:
            self._run_fixtures(connection)
        if self._generator is not None:
            return self._generate(connection, self._generator)
        return fill(connection, self._rows, self._seed, left_empty=left_empty).notes if self.is_generated else ()

    def leftovers(self) -> tuple[str, ...]:
        """A note for every fixture that no schema of the history took, with the last error; also where that was a
        database which the history went on with after its rows had stopped it."""
        return tuple(
            f"{path} was {'not run again without the rows in the way' if path in self._ran else 'never run'}: {error}"
            for path, _ in self._waiting
            if (error := self._errors.get(path)) is not None
        )

    def _run_fixtures(self, connection: Connection[Any]) -> None:
        import psycopg

        waiting = []
        for path, text in self._waiting:
            try:
                with connection.transaction():
                    connection.execute(text.encode())
                self._ran.add(path)
            except psycopg.Error as error:
                if is_lost(error):
                    raise
                self._errors[path] = str(error).strip().splitlines()[0]
                waiting.append((path, text))
        self._waiting = waiting

    def _generate(self, connection: Connection[Any], generator: Generator) -> tuple[str, ...]:
        import psycopg

        try:
            with connection.transaction():
                told = generator(connection, self._rows, self._seed)
        except Exception as error:
            if isinstance(error, psycopg.Error) and is_lost(error):
                raise
            raise SeedingError(f"the generator failed: {type(error).__name__}: {error}") from error
        return tuple(str(note) for note in told) if isinstance(told, (list, tuple)) else ()


def _text(path: str) -> tuple[str]:
    try:
        text, problems = read_file(path)
    except OSError as error:
        raise SeedingError(f"{path}: {error.strerror}") from error
    if problems:
        raise SeedingError(f"{path}: {problems[0].message}")
    return (text,)


def load_generator(reference: str) -> Generator:
    """The function that ``path/to/file.py:function`` names. Raises ``SeedingError``."""
    path, _, name = reference.rpartition(":")
    if not path or not os.path.isfile(path):
        raise SeedingError(
            f"generator {reference}: there is no file {path or reference}; write path/to/file.py:function"
        )
    spec = importlib.util.spec_from_file_location(f"hotlint_generator_{abs(hash(path))}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise SeedingError(f"generator {reference}: {type(error).__name__}: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise SeedingError(f"generator {reference}: {path} has no function {name}")
    made: Generator = function
    return made
