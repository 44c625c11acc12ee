"""``python -m biopotential``: the command."""

from biopotential.cli import main

if __name__ == "__main__":
    main()
