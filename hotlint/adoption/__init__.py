"""Setting up Hotlint in a repository: what ``hotlint init`` recognises and writes."""
