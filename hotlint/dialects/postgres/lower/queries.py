"""What queries read, and INSERT, UPDATE, DELETE and MERGE, which are queries with a target."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from hotlint.dialects.postgres.lower.expressions import column_parts, digest, expression, optional
from hotlint.dialects.postgres.lower.names import Node, dotted, relation_name, type_name
from hotlint.dialects.postgres.lower.outputs import output_names
from hotlint.dialects.postgres.lower.sources import sources, sources_beside
from hotlint.operations import (
    AnyOperation,
    Delete,
    Expr,
    Insert,
    Merge,
    Name,
    Query,
    RelationUse,
    TypeName,
    Update,
)

_LOCKS: dict[str, Any] = {
    "LCS_FORKEYSHARE": "key share",
    "LCS_FORSHARE": "share",
    "LCS_FORNOKEYUPDATE": "no key update",
    "LCS_FORUPDATE": "update",
}
_STRENGTH = {None: 0, "key share": 1, "share": 2, "no key update": 3, "update": 4}

_Use = tuple[Name, "str | None", bool, Any]


class Reads:
    """What a walk over a tree has met. ``scope`` are the names of the CTEs that can be seen at this point."""

    __slots__ = ("columns", "functions", "relations", "scope", "selects", "star", "types", "writes")

    def __init__(self, scope: frozenset[str] = frozenset()) -> None:
        self.relations: list[_Use] = []
        self.columns: dict[tuple[str | None, str], None] = {}
        self.star: dict[str | None, None] = {}
        self.functions: dict[Name, None] = {}
        self.types: dict[TypeName, None] = {}
        self.writes: list[AnyOperation] = []
        self.scope = scope
        self.selects = 0

    def uses(self) -> tuple[RelationUse, ...]:
        """The relations, each use once."""
        return tuple([RelationUse(*use) for use in dict.fromkeys(self.relations)])

    def query(self) -> Query:
        """What was met, as a query without a result."""
        return Query(
            relations=self.uses(),
            columns=tuple(self.columns),
            star=tuple(self.star),
            functions=tuple(self.functions),
            types=tuple(self.types),
            writes=tuple(self.writes),
        )


def walk(node: Node, reads: Reads) -> None:
    """Collect what a node and all below it read."""
    for key, value in node.items():
        kind = type(value)
        if kind is dict:
            handler = _HANDLERS.get(key)
            if handler is not None:
                handler(value, reads)
            else:
                walk(value, reads)
        elif kind is list:
            for item in value:
                if type(item) is dict:
                    walk(item, reads)


def _walk_all(nodes: Iterable[Node], reads: Reads) -> None:
    for node in nodes:
        walk(node, reads)


def _skip(body: Any, reads: Reads) -> None:
    pass


def _column(body: Node, reads: Reads) -> None:
    fields = body["fields"]
    last = fields[-1].get("String")
    qualifier = fields[-2]["String"].get("sval", "") if len(fields) > 1 else None
    if last is not None:
        reads.columns[qualifier, last.get("sval", "")] = None
    else:
        reads.star[qualifier] = None


def _function(body: Node, reads: Reads) -> None:
    reads.functions[dotted(body["funcname"])] = None
    for key in ("args", "agg_order", "agg_filter", "over"):
        if key in body:
            walk({key: body[key]}, reads)


def _type(body: Node, reads: Reads) -> None:
    reads.types[type_name(body)] = None


def _relation(body: Node, reads: Reads) -> None:
    name = relation_name(body)
    if name.schema is None and name.name in reads.scope:
        return
    alias = body.get("alias")
    reads.relations.append((name, alias["aliasname"] if alias is not None else None, "inh" not in body, None))


def _select(body: Node, reads: Reads) -> None:
    """A query has its own CTEs, and its locking clause is about the relations of its own FROM."""
    outer = reads.scope
    reads.selects += 1
    if "withClause" in body:
        _with(body["withClause"], reads)
    start = len(reads.relations)
    _walk_all(body.get("fromClause", ()), reads)
    for item in body.get("lockingClause", ()):
        _lock(item["LockingClause"], reads, start)
    aliases = {node["ResTarget"].get("name") for node in body.get("targetList", ()) if "ResTarget" in node}
    for key, value in body.items():
        if key in ("larg", "rarg"):
            _select(value, reads)
        elif key == "valuesLists":
            for row in value:
                _walk_all([item for item in row["List"].get("items", ()) if "A_Const" not in item], reads)
        elif key in ("sortClause", "groupClause"):
            _walk_all([item for item in value if _bare_column(item) not in aliases], reads)
        elif key not in _OWN_CLAUSES and isinstance(value, (dict, list)):
            walk({key: value}, reads)
    reads.scope = outer


_OWN_CLAUSES = frozenset(["withClause", "fromClause", "lockingClause", "intoClause"])


def _bare_column(node: Node) -> str:
    """The name that ORDER BY or GROUP BY consists of, which may be that of a result column; else a text no name has."""
    reference = node.get("SortBy", {}).get("node", node).get("ColumnRef")
    if reference is None or len(reference["fields"]) != 1:
        return "\0"
    return column_parts(reference["fields"])[1]


def _with(body: Node, reads: Reads) -> None:
    """A CTE sees those before it; in WITH RECURSIVE all see all (parse_cte.c: transformWithClause)."""
    ctes = [node["CommonTableExpr"] for node in body.get("ctes", ())]
    if "recursive" in body:
        reads.scope = reads.scope.union([cte["ctename"] for cte in ctes])
    for cte in ctes:
        walk(cte["ctequery"], reads)
        reads.scope = reads.scope.union((cte["ctename"],))


def _lock(clause: Node, reads: Reads, start: int) -> None:
    lock = _LOCKS.get(clause.get("strength", ""))
    named = {node["RangeVar"]["relname"] for node in clause.get("lockedRels", ())}
    for at in range(start, len(reads.relations)):
        name, alias, only, held = reads.relations[at]
        if (not named or (alias or name.name) in named) and _STRENGTH[lock] > _STRENGTH[held]:
            reads.relations[at] = (name, alias, only, lock)


def _write(lower: Callable[[Node, frozenset[str]], AnyOperation]) -> Callable[[Node, Reads], None]:
    def handler(body: Node, reads: Reads) -> None:
        reads.writes.append(lower(body, reads.scope))

    return handler


def query(node: Node, scope: frozenset[str] = frozenset(), text: bool = False, runs: bool = False) -> Query:
    """A query node; with ``text``, its normalised text too; of one that ``runs``, where its rows come from."""
    reads = Reads(scope)
    walk(node, reads)
    select = node.get("SelectStmt")
    if select is None:
        return reads.query()
    plain = "valuesLists" not in select and "larg" not in select
    limit = select.get("limitCount")
    return Query(
        relations=reads.uses(),
        columns=tuple(reads.columns),
        star=tuple(reads.star),
        functions=tuple(reads.functions),
        types=tuple(reads.types),
        output=output_names(select),
        outputs=tuple([expression(item["ResTarget"].get("val", {})) for item in select.get("targetList", ())])
        if plain
        else (),
        writes=tuple(reads.writes),
        text=digest(select) if text else "",
        row_limit=limit is not None and "isnull" not in limit.get("A_Const", ()),
        order_by="sortClause" in select,
        where=optional(select.get("whereClause")) if plain and reads.relations else None,
        simple=text and plain and reads.selects == 1 and _only_relations(select.get("fromClause", ()), scope),
        sources=sources(node) if runs and reads.relations and not scope else (),
    )


def _only_relations(items: Iterable[Node], scope: frozenset[str]) -> bool:
    """Whether a FROM names relations and joins of them alone, each column of which goes by its own name."""
    for item in items:
        relation, join = item.get("RangeVar"), item.get("JoinExpr")
        if relation is not None:
            if relation["relname"] in scope or "colnames" in relation.get("alias", ()):
                return False
        elif join is None or _MERGING & join.keys() or not _only_relations((join["larg"], join["rarg"]), scope):
            return False
    return True


_MERGING = frozenset(["isNatural", "usingClause", "alias"])
"""What gives a join columns of its own."""


def expression_reads(*nodes: Node | None) -> Reads:
    """What the expressions read, in their subqueries and by their calls."""
    reads = Reads()
    for node in nodes:
        if node:
            walk(node, reads)
    return reads


def _target(body: Node) -> dict[str, Any]:
    relation = body["relation"]
    alias = relation.get("alias")
    return {
        "relation": relation_name(relation),
        "only": "inh" not in relation,
        "alias": alias["aliasname"] if alias is not None else None,
        "returning": "returningClause" in body,
    }


def _reads_of(body: Node, scope: frozenset[str], *keys: str) -> Reads:
    """What a statement with a target reads in the clauses given; its WITH comes first, for it opens the scope."""
    reads = Reads(scope)
    if "withClause" in body:
        _with(body["withClause"], reads)
    for key in keys:
        if key in body:
            walk({key: body[key]}, reads)
    return reads


def _beside_target(body: Node, scope: frozenset[str], *keys: str) -> Query:
    """What an UPDATE or DELETE reads besides its target; a name in ``scope`` may be that of a query outside of it."""
    reads = _reads_of(body, scope, *keys)
    found = reads.query()
    return replace(found, sources=sources_beside(body)) if reads.relations and not scope else found


# What an INSERT may read besides its source.
_MORE_THAN_SOURCE = frozenset(["withClause", "onConflictClause", "returningClause"])


def insert(body: Node, scope: frozenset[str] = frozenset()) -> Insert:
    """InsertStmt."""
    parts = _target(body)
    source = body.get("selectStmt", {}).get("SelectStmt")
    values = source.get("valuesLists") if source is not None else None
    if source is not None and values is None:
        reads = _reads_of(body, scope, "onConflictClause", "returningClause")
        inner = query(body["selectStmt"], reads.scope)
        parts["query"] = _merged(inner, reads) if _MORE_THAN_SOURCE & body.keys() else inner
        if not scope:
            parts["query"] = replace(parts["query"], sources=sources({"InsertStmt": body}))
    else:
        reads = _reads_of(body, scope, "selectStmt", "onConflictClause", "returningClause")
        parts["query"] = reads.query()
        parts["rows"] = len(values) if values is not None else 1
        parts["texts"] = _texts(values[:100]) if values is not None else ()
        parts["width"] = max([len(row["List"].get("items", ())) for row in values[:100]]) if values else 0
    if "cols" in body:
        parts["columns"] = tuple([item["ResTarget"]["name"] for item in body["cols"]])
    conflict = body.get("onConflictClause")
    if conflict is not None:
        parts["on_conflict"] = "update" if conflict.get("action") == "ONCONFLICT_UPDATE" else "nothing"
        infer = conflict.get("infer", {})
        names = [item["IndexElem"].get("name") for item in infer.get("indexElems", ())]
        parts["conflict_columns"] = tuple([name for name in names if name is not None])
        parts["conflict_constraint"] = infer.get("conname")
    return Insert(**parts)


def _texts(rows: list[Node]) -> tuple[tuple[str, ...], ...]:
    """The distinct text constants of each column of VALUES."""
    found: list[dict[str, None]] = []
    for row in rows:
        for at, item in enumerate(row["List"].get("items", ())):
            if at == len(found):
                found.append({})
            constant = item.get("A_Const")
            if constant is not None and "sval" in constant:
                found[at][constant["sval"].get("sval", "")] = None
    return tuple([tuple(column) for column in found]) if any(found) else ()


def _merged(inner: Query, reads: Reads) -> Query:
    """The source query of an INSERT, with what the rest of the statement reads."""
    return Query(
        relations=tuple(dict.fromkeys((*reads.uses(), *inner.relations))),
        columns=tuple(dict.fromkeys((*inner.columns, *reads.columns))),
        star=tuple(dict.fromkeys((*inner.star, *reads.star))),
        functions=tuple(dict.fromkeys((*inner.functions, *reads.functions))),
        types=tuple(dict.fromkeys((*inner.types, *reads.types))),
        output=inner.output,
        outputs=inner.outputs,
        writes=(*reads.writes, *inner.writes),
        row_limit=inner.row_limit,
        order_by=inner.order_by,
        where=inner.where,
    )


def _assigned(target: Node) -> Expr:
    """The value that a SET gives one column; of ``(a, b) = (1, 2)`` its part."""
    value = target.get("val", {})
    several = value.get("MultiAssignRef")
    if "indirection" in target:
        return Expr("other", "indirection", None, (expression(value),))
    if several is None:
        return expression(value)
    row = several["source"].get("RowExpr")
    if row is not None:
        return expression(row["args"][several["colno"] - 1])
    return Expr("other", f"MultiAssignRef {several['colno']}", None, (expression(several["source"]),))


def update(body: Node, scope: frozenset[str] = frozenset()) -> Update:
    """UpdateStmt."""
    targets = [item["ResTarget"] for item in body.get("targetList", ())]
    return Update(
        query=_beside_target(body, scope, "fromClause", "targetList", "whereClause", "returningClause"),
        columns=tuple([target["name"] for target in targets]),
        values=tuple([_assigned(target) for target in targets]),
        where=optional(body.get("whereClause")),
        joins="fromClause" in body,
        **_target(body),
    )


def delete(body: Node, scope: frozenset[str] = frozenset()) -> Delete:
    """DeleteStmt."""
    return Delete(
        query=_beside_target(body, scope, "usingClause", "whereClause", "returningClause"),
        where=optional(body.get("whereClause")),
        joins="usingClause" in body,
        **_target(body),
    )


_MERGE: dict[str, Any] = {"CMD_INSERT": "insert", "CMD_UPDATE": "update", "CMD_DELETE": "delete"}


def merge(body: Node, scope: frozenset[str] = frozenset()) -> Merge:
    """MergeStmt."""
    clauses = [item["MergeWhenClause"] for item in body.get("mergeWhenClauses", ())]
    return Merge(
        query=_reads_of(body, scope, "sourceRelation", "joinCondition", "mergeWhenClauses", "returningClause").query(),
        actions=tuple([_MERGE.get(clause.get("commandType", ""), "nothing") for clause in clauses]),
        **_target(body),
    )


_HANDLERS: dict[str, Callable[[Any, Reads], None]] = {
    "A_Const": _skip,
    "alias": _skip,
    "String": _skip,
    "ColumnRef": _column,
    "FuncCall": _function,
    "typeName": _type,
    "TypeName": _type,
    "RangeVar": _relation,
    "SelectStmt": _select,
    "InsertStmt": _write(insert),
    "UpdateStmt": _write(update),
    "DeleteStmt": _write(delete),
    "MergeStmt": _write(merge),
}
