"""Exit codes of the command."""

from __future__ import annotations

from biopotential.errors import IntegrityError, ParseError, PolicyError

__all__ = ["BROKEN", "INTEGRITY", "POLICY", "REVIEW", "exit_code"]

USAGE, REVIEW, POLICY, INTEGRITY, BROKEN = 2, 3, 4, 5, 6


def exit_code(error: Exception) -> int:
    """Exit code that an exception of the library ends a command with."""
    for kind, code in ((ParseError, BROKEN), (PolicyError, POLICY), (IntegrityError, INTEGRITY)):
        if isinstance(error, kind):
            return code
    return USAGE
