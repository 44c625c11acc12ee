"""The ways to fail besides ``ValueError`` (bad argument) and ``OSError`` (operating system)."""

from __future__ import annotations

__all__ = ["IntegrityError", "ParseError", "PolicyError"]


class ParseError(ValueError):
    """The content of a file is not what its format says.

    Attributes
    ----------
    file : str
        The file that was read.
    offset : int or None
        Byte offset of the bad content, where one place can be named.
    """

    file: str = ""
    offset: int | None = None


class PolicyError(RuntimeError):
    """Refused by a policy: permit, admission of models, release rules."""


class IntegrityError(RuntimeError):
    """A seal, hash or log does not match what it seals."""
