"""One module per command, each with ``run(options) -> exit code``; the command line imports the one that is chosen."""
