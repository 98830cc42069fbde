"""GitHub's hash of a line, on the vectors of its own tests (github/codeql-action, src/fingerprints.test.ts)."""

from __future__ import annotations

import pytest

from hotlint.report.line_hash import LineHashes

GREETINGS = [
    "e9496ae3ebfced30:1",
    "fb7c023a8b9ccb3f:1",
    "ce8ba1a563dcdaca:1",
    "e20e36e16fcb0cc8:1",
    "b3edc88f2938467e:1",
    "c8e28b0b4002a3a0:1",
    "c129715d7a2bc9a3:1",
]
LOREM = [
    *(f"a7f2ff13bc495cf2:{number}" for number in range(1, 7)),
    "a7f2ff1481e87703:1",
    "a9cf91f7bbf1862b:1",
    "55ec222b86bcae53:1",
    "cc97dc7b1d7d8f7b:1",
    "c129715d7a2bc9a3:1",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["c129715d7a2bc9a3:1"]),
        (" a\nb\n  \t\tc\n d", ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
        (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", GREETINGS),
        (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", GREETINGS),
        (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", GREETINGS),
        (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", GREETINGS),
        ("Lorem ipsum dolor sit amet.\n" * 10, LOREM),
    ],
)
def test_the_hashes_are_githubs(text: str, expected: list[str]) -> None:
    hashes = LineHashes(text)
    assert [hashes.of(line) for line in range(1, len(expected) + 1)] == expected
    assert hashes.of(len(expected) + 1) is None
    assert hashes.of(0) is None


def stepwise(text: str) -> list[str]:
    """The hashes by the description, unit by unit over a window that rolls, as a check on the shortcut."""
    units = [int.from_bytes(pair, "little") for pair in _pairs(text.encode("utf-16-le", "surrogatepass"))]
    kept, after_return = [], False
    for unit in units:
        if unit in (9, 32) or (after_return and unit == 10):
            after_return = False
            continue
        after_return = unit == 13
        kept.append(10 if unit == 13 else unit)
    kept.append(65535)
    starts = [at for at in range(len(kept)) if at == 0 or kept[at - 1] == 10]
    kept += [0] * 100
    seen: dict[str, int] = {}
    found, value = [], 0
    for end, unit in enumerate(kept):
        value = (value * 37 + unit - (kept[end - 100] * 37**100 if end >= 100 else 0)) % 2**64
        if end - 99 in starts:
            text = f"{value:x}"
            seen[text] = seen.get(text, 0) + 1
            found.append(f"{text}:{seen[text]}")
    return found


def _pairs(data: bytes) -> list[bytes]:
    return [data[at : at + 2] for at in range(0, len(data), 2)]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffCREATE TABLE a (id int);\n",
        "-- 注文 😀😀\nDROP TABLE a;\r\n" * 7,
        "SELECT 1;\r \n\nSELECT 2;\x00\n" + "x" * 300 + "\n" + "y" * 99 + "\nz",
        "\ud800 alone\n",
    ],
)
def test_wide_characters_long_lines_and_odd_endings_are_hashed_as_described(text: str) -> None:
    hashes = LineHashes(text)
    expected = stepwise(text)
    assert [hashes.of(line) for line in range(1, len(expected) + 1)] == expected
