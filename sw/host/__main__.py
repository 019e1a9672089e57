"""`python -m sw.host`: the console script `metaplast`."""

from sw.host.command_line import main

if __name__ == "__main__":
    main()
