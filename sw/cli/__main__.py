"""`python -m sw.cli`: the console script `metaplast`."""

from sw.cli.command_line import main

if __name__ == "__main__":
    main()
