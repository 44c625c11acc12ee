"""
Recordings, threads, hashing.
"""

from __future__ import annotations
import typing

__all__: list[str] = ["num_threads", "set_num_threads", "sha256", "sha256_file", "torch_version", "version"]

def num_threads() -> int:
    """
    The number of threads that all functions share.
    """

def set_num_threads(n: typing.SupportsInt | typing.SupportsIndex) -> None:
    """
    Set the number of threads that all functions share.

    Parameters
    ----------
    n : int
        1 means no threads at all; the default is one per core. Results don't depend on it.

    Raises
    ------
    ValueError
        n < 1.
    """

def sha256(content: bytes) -> str:
    """
    SHA-256 of bytes, as 64 hexadecimal digits.
    """

def sha256_file(path: str) -> str:
    """
    SHA-256 of a file, as 64 hexadecimal digits.

    Raises
    ------
    OSError
        The file can't be read.
    """

def torch_version() -> str:
    """
    The torch that `_models` was built for; empty where it was built without.
    """

def version() -> str:
    """
    The library's version.
    """
