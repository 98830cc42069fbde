"""Strict readers of every format that ``hotlint check`` writes: what a format's own reader would refuse is an error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema

SCHEMAS = Path(__file__).with_name("schemas")


class Told(NamedTuple):
    """A finding as a format tells it; None for what the format has no place for."""

    rule: str
    severity: str
    path: str
    line: int
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


def _mapping(data: Any, required: set[str], optional: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    """A JSON object that has these members and no others."""
    assert isinstance(data, dict)
    assert required <= data.keys() <= required | optional, data.keys()
    return data


def _text(value: Any) -> str:
    assert isinstance(value, str)
    assert value
    return value


def _number(value: Any) -> int:
    assert isinstance(value, int)
    assert value >= 1
    return value


# -- for people

_HEADLINE = re.compile(r"^(?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<severity>\w+)\[(?P<rule>[\w-]+)\] .+$")


def read_headlines(data: bytes) -> Iterator[Told]:
    """Lines of ``text``, ``full`` and ``concise``."""
    for line in data.decode().split("\n"):
        found = _HEADLINE.match(line)
        if found:
            yield Told(found["rule"], found["severity"], found["path"], int(found["line"]), int(found["column"]))


_TITLES = {"Errors": "error", "Warnings": "warning", "Notes": "info"}
_SHORT = re.compile(
    r"^\*\*(?:\[(?P<linked>.+)\]\(https://\S+\)|(?P<rule>.+))\*\* at (?P<ticks>`+) ?(?P<at>.+?) ?(?P=ticks)  $"
)


def read_markdown(data: bytes) -> Iterator[Told]:
    """Headings with their counts, and the findings under them."""
    severity = ""
    counts: dict[str, int] = {}
    read: list[Told] = []
    for line in data.decode().split("\n"):
        title = re.fullmatch(r"### (Errors|Warnings|Notes) \((\d+)\)", line)
        if title:
            severity = _TITLES[title[1]]
            counts[severity] = int(title[2])
        elif found := _SHORT.match(line):
            path, _, number = found["at"].replace("\\|", "|").rpartition(":")
            read.append(Told(found["linked"] or found["rule"], severity, path, int(number)))
    assert counts == {s: sum(told.severity == s for told in read) for s in counts}
    yield from read


# -- for programs


def read_json(data: bytes) -> Iterator[Told]:
    """Hotlint's own format."""
    for f in json.loads(data)["findings"]:
        yield Told(f["rule"], f["severity"], f["path"], f["line"], f["column"], f["end_line"], f["end_column"])


_LEVELS = {"error": "error", "warning": "warning", "note": "info"}


def read_sarif(data: bytes) -> Iterator[Told]:
    """Valid by the schema of OASIS, and complete as GitHub's code scanning wants it."""
    log = json.loads(data)
    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
    assert len(log["runs"]) == 1
    run = log["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    _check_rules(rules)
    assert len(run["results"]) <= 25_000
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert len(result["locations"]) == 1
        assert len(result.get("relatedLocations", ())) < 1_000
        assert set(result["partialFingerprints"]) >= {"primaryLocationLineHash"}
        assert re.fullmatch(r"[0-9a-f]{1,16}:\d+", result["partialFingerprints"]["primaryLocationLineHash"])
        _check_links(result)
        physical = result["locations"][0]["physicalLocation"]
        where = physical["artifactLocation"]
        assert where["uriBaseId"] in run["originalUriBaseIds"]
        assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", where["uri"]), where
        region = physical["region"]
        start, end = (region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"])
        assert (1, 1) <= start <= end
        yield Told(result["ruleId"], _LEVELS[result["level"]], unquote(where["uri"]), *start, *end)


def _check_rules(rules: list[dict[str, Any]]) -> None:
    assert len({rule["id"] for rule in rules}) == len(rules) <= 25_000
    for rule in rules:
        assert len(rule["name"]) <= 255
        assert 0 < len(rule["shortDescription"]["text"]) <= 1_024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1_024
        assert rule["help"]["text"]
        assert len(rule["properties"]["tags"]) <= 10
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")
        assert rule["properties"]["problem.severity"] in ("error", "warning", "recommendation")


def _check_links(result: dict[str, Any]) -> None:
    """Every related place that says something is linked in the message, and every link leads somewhere."""
    linked = [int(number) for number in re.findall(r"(?<!\\)\]\((\d+)\)", result["message"]["text"])]
    places = result.get("relatedLocations", [])
    assert [place["id"] for place in places] == list(range(1, len(places) + 1))
    assert linked == [place["id"] for place in places if "message" in place]


_KINDS = {"error": "error", "warning": "warning", "notice": "info"}
_COMMAND = re.compile(r"::(?P<name>\w+) (?P<properties>[^:]*)::(?P<data>.*)")


def read_github(data: bytes) -> Iterator[Told]:
    """Commands as the runner takes them apart, errors first."""
    order = []
    for line in data.decode().splitlines():
        found = _COMMAND.fullmatch(line)
        if found is None:
            assert line.startswith("hotlint: "), line
            continue
        values = dict(part.split("=", 1) for part in found["properties"].split(","))
        values = {name: unquote(value) for name, value in values.items()}
        assert not re.search(r"%(?!25|0A)", found["data"]), line
        order.append(("error", "warning", "notice").index(found["name"]))
        if values["title"] == "Hotlint: Failure":
            continue
        several = values["line"] != values["endLine"]
        assert values.keys() == {"title", "file", "line", "endLine", *(() if several else ("col", "endColumn"))}
        columns = (None, None) if several else (int(values["col"]), int(values["endColumn"]))
        rule = values["title"].removeprefix("Hotlint: ")
        at = int(values["line"]), columns[0], int(values["endLine"]), columns[1]
        yield Told(rule, _KINDS[found["name"]], values["file"], *at)
    assert order == sorted(order)


_ISSUE = re.compile(r"##vso\[task\.logissue (?P<properties>[^\]]*)\](?P<data>.*)")


def read_azure(data: bytes) -> Iterator[Told]:
    """Commands as the agent takes them apart."""
    for line in data.decode().splitlines():
        found = _ISSUE.fullmatch(line)
        if found is None:
            assert line.startswith("hotlint: "), line
            continue
        assert found["properties"].endswith(";")
        values = dict(part.split("=", 1) for part in found["properties"][:-1].split(";"))
        values = {name: unquote(value.replace("%AZP25", "%25")) for name, value in values.items()}
        if "code" not in values:
            assert found["data"].startswith("Failure in ")
            continue
        assert values.keys() == {"type", "sourcepath", "linenumber", "columnnumber", "code"}
        severity = "info" if found["data"].startswith("note: ") else values["type"]
        assert values["type"] in ("error", "warning")
        at = int(values["linenumber"]), int(values["columnnumber"])
        yield Told(values["code"], severity, values["sourcepath"], *at)


_QUALITY = {"critical": "error", "major": "warning", "info": "info"}


def read_gitlab(data: bytes) -> Iterator[Told]:
    """GitLab's description of the format, member by member."""
    seen = set()
    for item in json.loads(data):
        issue = _mapping(item, {"description", "check_name", "fingerprint", "severity", "location"})
        location = _mapping(issue["location"], {"path", "lines"})
        lines = _mapping(location["lines"], {"begin", "end"})
        assert not location["path"].startswith(("./", "../"))
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert _text(issue["description"])
        seen.add(_text(issue["fingerprint"]))
        severity, at = _QUALITY[issue["severity"]], (_number(lines["begin"]), None, _number(lines["end"]))
        yield Told(_text(issue["check_name"]), severity, _text(location["path"]), *at)
    assert len(seen) == len(json.loads(data))


def read_rdjson(data: bytes, text: Callable[[str], str]) -> Iterator[Told]:
    """A ``DiagnosticResult`` of reviewdog's protocol; ``text`` gives a file's, since columns count its bytes."""
    result = _mapping(json.loads(data), {"source", "diagnostics"})
    assert _mapping(result["source"], {"name", "url"})["name"] == "hotlint"
    for item in result["diagnostics"]:
        diagnostic = _mapping(item, {"message", "location", "severity", "code"}, {"suggestions"})
        assert _text(diagnostic["message"])
        location = _mapping(diagnostic["location"], {"path", "range"})
        start, end = (rdjson_position(p, text(location["path"])) for p in rdjson_range(location["range"]))
        for suggestion in diagnostic.get("suggestions", ()):
            rdjson_range(_mapping(suggestion, {"range", "text"})["range"])
        rule = _mapping(diagnostic["code"], {"value"}, {"url"})["value"]
        severity = {"ERROR": "error", "WARNING": "warning", "INFO": "info"}[diagnostic["severity"]]
        yield Told(_text(rule), severity, _text(location["path"]), *start, *end)


def rdjson_range(data: Any) -> tuple[dict[str, int], dict[str, int]]:
    """Both ends of a range."""
    ends = _mapping(data, {"start", "end"})
    for end in ends.values():
        for number in _mapping(end, {"line", "column"}).values():
            _number(number)
    return ends["start"], ends["end"]


def rdjson_position(position: dict[str, int], text: str) -> tuple[int, int]:
    """Line and column in code points of one in bytes."""
    line = text.split("\n")[position["line"] - 1].encode()
    return position["line"], len(line[: position["column"] - 1].decode()) + 1


_ELEMENTS = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"testcase"}),
    "testcase": ({"classname", "name", "file", "line", "time"}, {"failure", "error", "system-out"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}
"""Attributes and children that Jenkins' schema and GitLab's reader know."""


def read_junit(data: bytes) -> Iterator[Told]:
    """Elements that the readers know, at most one of each kind in a case, and counts that are right."""
    root = ElementTree.fromstring(data)
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = _ELEMENTS[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
    for parent in (root, *root):
        cases = [*parent.iter("testcase")]
        assert int(parent.attrib["tests"]) == len(cases)
        assert int(parent.attrib["failures"]) == sum(case.find("failure") is not None for case in cases)
        assert int(parent.attrib["errors"]) == sum(case.find("error") is not None for case in cases)
    for case in root.iter("testcase"):
        assert len({child.tag for child in case}) == len(case)
        for child in case:
            if child.tag != "error":
                yield from read_headlines((child.text or "").encode())
