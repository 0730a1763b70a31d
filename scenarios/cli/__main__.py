"""`python -m scenarios.cli`, for where the command is not on the path."""

from scenarios.cli.main import main

main()
