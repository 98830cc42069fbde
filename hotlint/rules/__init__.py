"""The built-in rules. A wheel carries them here; in a checkout they stand in the top-level ``rules/`` folder."""

import os

_checkout = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
if os.path.isdir(os.path.join(_checkout, "rules")) and os.path.isfile(
    os.path.join(_checkout, "hotlint", "rules", "__init__.py")
):
    __path__.append(os.path.join(_checkout, "rules"))
