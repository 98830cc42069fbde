"""What queries read, and INSERT, UPDATE, DELETE and MERGE, which are queries with a target."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from hotlint.dialects.postgres.lower.expressions import digest, expression, expressions, optional
from hotlint.dialects.postgres.lower.names import Node, dotted, relation_name, strings, type_name
from hotlint.dialects.postgres.lower.outputs import output_names
from hotlint.dialects.postgres.lower.query_parts import (
    UPDATABLE,
    assigned,
    bare_column,
    derived_columns,
    only_relations,
    result_names,
    source_names,
    texts,
    whole_columns,
)
from hotlint.dialects.postgres.lower.reads import Reads
from hotlint.dialects.postgres.lower.sources import sources, sources_beside
from hotlint.operations import (
    AnyOperation,
    Delete,
    Insert,
    Merge,
    Query,
    Update,
)

_LOCKS: dict[str, Any] = {
    "LCS_FORKEYSHARE": "key share",
    "LCS_FORSHARE": "share",
    "LCS_FORNOKEYUPDATE": "no key update",
    "LCS_FORUPDATE": "update",
}
_STRENGTH = {None: 0, "key share": 1, "share": 2, "no key update": 3, "update": 4}


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
    alias = body.get("alias")
    if alias is not None:
        reads.sees((alias["aliasname"], *strings(alias.get("colnames"))))
    if name.schema is None and name.name in reads.scope:
        label = alias["aliasname"] if alias is not None else name.name
        columns = None if alias is not None and "colnames" in alias else reads.ctes.get(name.name)
        reads.derived[label, columns] = None
        return
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
    reads.sees([alias for alias in aliases if alias is not None])
    for key, value in body.items():
        if key in ("larg", "rarg"):
            _select(value, reads)
        elif key == "valuesLists":
            for row in value:
                _walk_all([item for item in row["List"].get("items", ()) if "A_Const" not in item], reads)
        elif key in ("sortClause", "groupClause"):
            _walk_all([item for item in value if bare_column(item) not in aliases], reads)
        elif key not in _OWN_CLAUSES and isinstance(value, (dict, list)):
            walk({key: value}, reads)
    reads.scope = outer


_OWN_CLAUSES = frozenset(["withClause", "fromClause", "lockingClause", "intoClause"])


def _with(body: Node, reads: Reads) -> None:
    """A CTE sees those before it; in WITH RECURSIVE all see all (parse_cte.c: transformWithClause)."""
    ctes = [node["CommonTableExpr"] for node in body.get("ctes", ())]
    if "recursive" in body:
        reads.scope = reads.scope.union([cte["ctename"] for cte in ctes])
    for cte in ctes:
        walk(cte["ctequery"], reads)
        again = cte["ctename"] in reads.ctes
        reads.ctes[cte["ctename"]] = None if again or "aliascolnames" in cte else whole_columns(cte["ctequery"])
        reads.sees((cte["ctename"], *strings(cte.get("aliascolnames"))))
        reads.sees(None if "search_clause" in cte or "cycle_clause" in cte else result_names(cte["ctequery"]))
        reads.scope = reads.scope.union((cte["ctename"],))


def _lock(clause: Node, reads: Reads, start: int) -> None:
    lock = _LOCKS.get(clause.get("strength", ""))
    named = {node["RangeVar"]["relname"] for node in clause.get("lockedRels", ())}
    for at in range(start, len(reads.relations)):
        name, alias, only, held = reads.relations[at]
        if (not named or (alias or name.name) in named) and _STRENGTH[lock] > _STRENGTH[held]:
            reads.relations[at] = (name, alias, only, lock)


def _source(body: Node, reads: Reads) -> None:
    """A subquery, function or table expression in FROM, or a join with a name."""
    reads.sees(source_names(body))
    if "alias" in body:
        reads.derived[body["alias"]["aliasname"], derived_columns(body)] = None
    walk({key: value for key, value in body.items() if key != "alias"}, reads)


def _table_function(body: Node, reads: Reads) -> None:
    """XMLTABLE and JSON_TABLE give columns of their own."""
    reads.sees(None)
    walk(body, reads)


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
        group=expressions(select["groupClause"]) if "groupClause" in select else None,
        having=optional(select.get("havingClause")),
        updatable=plain and select.keys() <= UPDATABLE and len(reads.relations) == 1 and reads.selects == 1,
        names=tuple(reads.names) if reads.names is not None else None,
        derived=tuple(reads.derived),
        simple=plain
        and "withClause" not in select
        and reads.selects == 1
        and only_relations(select.get("fromClause", ()), scope),
        sources=sources(node) if runs and reads.relations and not scope else (),
    )


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
        parts["values"] = expressions(values[0]["List"].get("items")) if values else ()
        parts["texts"] = texts(values[:100]) if values is not None else ()
        parts["width"] = max([len(row["List"].get("items", ())) for row in values[:100]]) if values else 0
    if "cols" in body:
        parts["columns"] = tuple([item["ResTarget"]["name"] for item in body["cols"]])
    conflict = body.get("onConflictClause")
    if conflict is not None:
        parts["on_conflict"] = "update" if conflict.get("action") == "ONCONFLICT_UPDATE" else "nothing"
        sets = [item["ResTarget"] for item in conflict.get("targetList", ())]
        parts["conflict_values"] = tuple([assigned(target) for target in sets])
        infer = conflict.get("infer", {})
        names = [item["IndexElem"].get("name") for item in infer.get("indexElems", ())]
        parts["conflict_columns"] = tuple([name for name in names if name is not None])
        parts["conflict_constraint"] = infer.get("conname")
        parts["conflict_sets"] = tuple([item["ResTarget"]["name"] for item in conflict.get("targetList", ())])
    return Insert(**parts)


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
        names=(*inner.names, *reads.names) if inner.names is not None and reads.names is not None else None,
        derived=(*inner.derived, *reads.derived),
    )


def update(body: Node, scope: frozenset[str] = frozenset()) -> Update:
    """UpdateStmt."""
    targets = [item["ResTarget"] for item in body.get("targetList", ())]
    return Update(
        query=_beside_target(body, scope, "fromClause", "targetList", "whereClause", "returningClause"),
        columns=tuple([target["name"] for target in targets]),
        values=tuple([assigned(target) for target in targets]),
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
        columns=tuple([item["ResTarget"]["name"] for clause in clauses for item in clause.get("targetList", ())]),
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
    "RangeSubselect": _source,
    "RangeFunction": _source,
    "JoinExpr": _source,
    "RangeTableFunc": _table_function,
    "JsonTable": _table_function,
    "SelectStmt": _select,
    "InsertStmt": _write(insert),
    "UpdateStmt": _write(update),
    "DeleteStmt": _write(delete),
    "MergeStmt": _write(merge),
}
