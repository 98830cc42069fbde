"""One module per command, with ``add_arguments(parser)`` and ``run(options) -> exit code``; the command line imports
only the one that is chosen."""
