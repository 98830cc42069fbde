"""A rule explained, from its docstring and its examples: on the terminal and as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from hotlint.report.terminal import Style

if TYPE_CHECKING:
    from hotlint.registry import RuleInfo
    from hotlint.rule import Example, Rule

_NO_STYLE = Style(False)


def listing(rules: Iterable[tuple[RuleInfo, str]], style: Style = _NO_STYLE) -> str:
    """All rules, category by category, each with its severity and the first line of its text."""
    lines: list[str] = []
    rules = sorted(rules, key=lambda rule: (rule[0].category, rule[0].id))
    width = max((len(info.id) for info, _ in rules), default=0)
    category = ""
    for info, summary in rules:
        if info.category != category:
            category = info.category
            lines += ["", style.paint("strong", category)] if lines else [style.paint("strong", category)]
        severity = style.paint(info.severity, f"{info.severity:<7}")
        lines.append(f"  {info.id:<{width}}  {severity}  {summary}")
    return "\n".join(lines) + "\n"


def headline(rule: Rule) -> str:
    """The first sentence of the rule's text."""
    return _split(rule)[0]


def _split(rule: Rule) -> tuple[str, str]:
    """The first sentence, and everything after it up to ``Instead:``."""
    doc = rule.doc()
    first, _, rest = doc.summary.partition(". ")
    body = "\n\n".join(part for part in (rest, doc.body) if part)
    return first.rstrip(".") + ".", body


def explanation(info: RuleInfo, rule: Rule, style: Style = _NO_STYLE, *, examples: bool = True) -> str:
    """One rule for the terminal."""
    doc = rule.doc()
    lines = [f"{style.paint('strong', info.id)}  {info.category}, {style.paint(info.severity, info.severity)}", ""]
    summary, body = _split(rule)
    lines += [summary, ""]
    if body:
        lines += [*_wrapped(body), ""]
    if doc.instead:
        lines += [style.paint("help", "Instead"), *_indented(doc.instead), ""]
    for title, shown in (("Told about", rule.bad), ("Not told about", rule.good)) if examples else ():
        if shown:
            lines += [style.paint("strong", title), ""]
        for example in shown:
            if example.why:
                lines += _indented(example.why, "  ")
            for name, text in _texts(example):
                lines += [f"  {style.paint('faint', '-- ' + name)}", *_indented(text, "  "), ""]
    if doc.sources:
        lines += [style.paint("strong", "Sources"), *(f"  - {source}" for source in doc.sources), ""]
    return "\n".join(lines).rstrip() + "\n"


def page(info: RuleInfo, rule: Rule) -> str:
    """One rule as a page in Markdown."""
    doc = rule.doc()
    first, last = info.versions
    facts = f"{info.category} · {info.severity} · PostgreSQL {first} to {last}"
    summary, body = _split(rule)
    parts = [f"# {info.id}", summary, f"*{facts}*", body]
    if doc.instead:
        parts += ["## What to do instead", doc.instead]
    for title, examples in (("Told about", rule.bad), ("Not told about", rule.good)):
        if examples:
            parts.append(f"## {title}")
        for example in examples:
            parts += [example.why, *_fences(example)]
    if doc.sources:
        parts += ["## Sources", "\n".join(f"- {source}" for source in doc.sources)]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def index_page(rules: Iterable[tuple[RuleInfo, str]]) -> str:
    """The list of all rules in Markdown, by category with what they are about, then by severity."""
    lines = ["# Rules", "", "Generated from the rules themselves; `hotlint rules RULE-ID` prints the same.", ""]
    by_category = sorted(rules, key=lambda rule: (rule[0].category, rule[0].id))
    category = ""
    for info, summary in by_category:
        if info.category != category:
            category = info.category
            lines += [f"## {category}", "", "| rule | severity | what it is about |", "|---|---|---|"]
        elif lines[-1] == "":
            lines.pop()
        lines.append(f"| [{info.id}]({info.id}.md) | {info.severity} | {summary.replace('|', chr(92) + '|')} |")
        lines.append("")
    lines += ["## By severity", ""]
    for severity in ("error", "warning", "info"):
        links = sorted(f"[{info.id}]({info.id}.md)" for info, _ in by_category if info.severity == severity)
        if links:
            lines += [f"**{severity}**: {', '.join(links)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def _fences(example: Example) -> Iterator[str]:
    for name, text in _texts(example):
        yield f"```sql\n-- {name}\n{text}\n```"


def _texts(example: Example) -> Iterator[tuple[str, str]]:
    """The example's files as (what it is, text)."""
    for path, text in example.files.items():
        yield path, text.strip("\n")
    if example.given:
        yield "shipped long ago", example.given.strip("\n")
    if example.sql:
        how = "this migration" if example.transaction else "this migration, without a transaction around it"
        yield how, example.sql.strip("\n")
    if example.down:
        yield "its down script", example.down.strip("\n")


def _wrapped(text: str) -> Iterator[str]:
    """Paragraphs broken for the terminal; those that are set out by hand (lists, SQL) stay as they are."""
    from textwrap import fill

    for at, paragraph in enumerate(text.split("\n\n")):
        if at:
            yield ""
        by_hand = any(line.startswith((" ", "-", "*", "|")) for line in paragraph.split("\n"))
        yield paragraph if by_hand else fill(paragraph, 100)


def _indented(text: str, by: str = "  ") -> list[str]:
    return [(by + line).rstrip() for line in text.strip("\n").split("\n")]
