"""`python -m sovereign` is the command."""

from sovereign.cli.main import run

if __name__ == "__main__":
    run()
