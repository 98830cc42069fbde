"""Hotlint tells what database migrations will do to the people using the database, before they run."""

__version__ = "0.1.0"
