"""Rules asked about a plan, and what becomes of their findings."""
