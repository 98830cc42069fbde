from __future__ import annotations

import io

import pytest

from hotlint.report.terminal import cells, columns, plain, style_for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("terminal", "environment", "wish", "colour"),
    [
        (True, {}, "auto", True),
        (False, {}, "auto", False),
        (True, {"NO_COLOR": "1"}, "auto", False),
        (True, {"NO_COLOR": ""}, "auto", True),
        (False, {"FORCE_COLOR": "1"}, "auto", True),
        (True, {"FORCE_COLOR": "0"}, "auto", False),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", False),
        (True, {"TERM": "dumb"}, "auto", False),
        (True, {"NO_COLOR": "1"}, "always", True),
        (True, {}, "never", False),
    ],
)
def test_colour_is_for_terminals_unless_somebody_says_otherwise(
    terminal: bool, environment: dict[str, str], wish: str, colour: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    assert style_for(stream, environment, wish).colour is colour  # type: ignore[arg-type]


def test_a_closed_stream_has_no_colour() -> None:
    stream = io.StringIO()
    stream.close()
    assert style_for(stream, {}).colour is False


def test_characters_take_the_columns_that_a_terminal_gives_them() -> None:
    assert columns("orders") == 6
    assert columns("注文") == 4
    assert columns("e\u0301") == 1
    assert columns("ü") == 1


def test_tabs_reach_to_the_next_stop_and_control_characters_become_pictures() -> None:
    assert cells("\ta\tb") == ["    ", "a", "   ", "b"]
    assert cells("a\x1bb\x7f") == ["a", "\u241b", "b", "\ufffd"]
    assert plain("two\nlines") == "two\u240alines"
