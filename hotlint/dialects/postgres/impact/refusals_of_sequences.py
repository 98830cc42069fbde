"""What the server refuses of sequences and identity columns: options that do not fit together."""

from __future__ import annotations

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Sequence
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.types.names import canonical
from hotlint.operations import SequenceOptions, TypeName

_BITS = {"int2": 16, "int4": 32, "int8": 64}


def _limits(type: TypeName | None) -> tuple[int, int]:
    bits = _BITS.get(canonical(type).name, 64) if type is not None else 64
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def _unfit(options: SequenceOptions, type: TypeName | None) -> bool:
    """Of a new sequence: what is not given is the default."""
    least, most = _limits(options.type or type)
    increment = 1 if options.increment is None else options.increment
    if increment == 0 or (options.cache is not None and options.cache <= 0):
        return True
    low = options.minimum if options.minimum is not None else 1 if increment > 0 else least
    high = options.maximum if options.maximum is not None else most if increment > 0 else -1
    start = options.start if options.start is not None else low if increment > 0 else high
    return low >= high or low < least or high > most or not low <= start <= high


def created_unfit(op: ops.CreateSequence, name: QName, draft: Draft) -> bool:
    return _unfit(op.options, None)


def identity_unfit(op: ops.AddIdentity, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    column = table.column(op.column) if table is not None else None
    return op.options is not None and _unfit(op.options, column.type if column is not None else None)


def identities_unfit(op: ops.CreateTable | ops.AddColumn, name: QName, draft: Draft) -> bool:
    columns = op.columns if isinstance(op, ops.CreateTable) else (op.column,)
    return any(c.identity_options is not None and _unfit(c.identity_options, c.type) for c in columns)


def altered_unfit(op: ops.AlterSequence, name: QName, draft: Draft) -> bool:
    """Only what is given, and what the history gave; where the sequence stands is not known."""
    options = op.options
    had = draft.before.relation(name)
    known = had.options if isinstance(had, Sequence) and had.known else SequenceOptions()
    if options.increment == 0 or (options.cache is not None and options.cache <= 0):
        return True
    increment = options.increment or known.increment or 1
    low = options.minimum if options.minimum is not None else known.minimum
    high = options.maximum if options.maximum is not None else known.maximum
    if low is None and increment > 0 and isinstance(had, Sequence) and had.known:
        low = 1
    restart = options.restart if isinstance(options.restart, int) else None
    if low is not None and high is not None and low >= high:
        return True
    values = [v for v in (options.start, restart) if v is not None]
    return any((high is not None and v > high) or (low is not None and v < low) for v in values)


def sequence_of_identity(op: ops.AlterSequence, name: QName, draft: Draft) -> bool:
    found = draft.before.relation(name)
    return op.options.owned_by is not None and isinstance(found, Sequence) and found.identity


_S = "sequence.c: init_params"
_MESSAGE = "values of the sequence do not fit"
SEQUENCES: tuple[Refusal, ...] = (
    Refusal(ops.CreateSequence, 12, 18, "22023", _MESSAGE, created_unfit, _S),
    Refusal(ops.AddIdentity, 12, 18, "22023", _MESSAGE, identity_unfit, _S),
    Refusal(ops.CreateTable, 12, 18, "22023", _MESSAGE, identities_unfit, _S),
    Refusal(ops.AddColumn, 12, 18, "22023", _MESSAGE, identities_unfit, _S),
    Refusal(ops.AlterSequence, 12, 18, "22023", _MESSAGE, altered_unfit, _S),
    Refusal(ops.AlterSequence, 12, 18, "0A000", "cannot change ownership of identity sequence", sequence_of_identity,
            "sequence.c: process_owned_by"),
)  # fmt: skip
