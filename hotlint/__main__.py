"""``python -m hotlint``."""

import sys

from hotlint.cli import main

sys.exit(main())
