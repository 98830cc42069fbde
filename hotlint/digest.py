"""BLAKE2b without OpenSSL: ``hashlib`` loads its library first, which takes longer than all that is hashed in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import blake2b as blake2b
else:
    try:
        from _blake2 import blake2b
    except ImportError:  # another implementation of Python
        from hashlib import blake2b

__all__ = ["blake2b"]
