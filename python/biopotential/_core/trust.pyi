"""
De-identification, seals, admission.
"""

from __future__ import annotations
import collections.abc
import typing

__all__: list[str] = [
    "ProjectKey",
    "admitted_aux",
    "admitted_text",
    "admitted_unit",
    "deidentify",
    "hkdf_sha256",
    "hmac_sha256",
    "install_admission",
    "is_pseudonym",
    "merkle_root",
    "new_key",
    "remove_admission",
    "seal",
    "shift_direction",
    "subject_of",
    "verify_seal",
    "vet",
]

class ProjectKey:
    """
    The secret of one project: pseudonyms and date shifts follow from it.

    HKDF-SHA256 (RFC 5869) gives each project its own key, so that two projects' pseudonyms of one patient can't be linked.
    """
    @staticmethod
    def from_file(path: str, *, project: str = "") -> ProjectKey:
        """
        From a file of 32 to 4096 bytes that only its owner may read.

        Raises
        ------
        PolicyError
            Others may read it, or it is too short or too long.
        OSError
            It can't be read.
        """
    def __init__(self, master: bytes, *, project: str = "") -> None:
        """
        From secret bytes.

        Parameters
        ----------
        master : bytes
            At least 32.
        project : str
            Name of the project or permit.

        Raises
        ------
        ValueError
            Fewer bytes.
        """
    def pseudonym(self, patient_id: str) -> str:
        """
        Sixteen symbols of Crockford's base 32 and a check character (ISO 7064 MOD 37,36).
        """
    def shift_days(self, patient_id: str, *, direction: str = "back") -> int:
        """
        Days by which the patient's dates move: 1 to 156 whole weeks.
        """
    @property
    def key_id(self) -> str:
        """
        Eight hexadecimal digits by which runs with the same key can be told.
        """

def admitted_aux(aux: str) -> str | None:
    """
    The same of a WFDB aux string: rhythms as "(AFIB", changes of ST and T, or text.
    """

def admitted_text(text: str) -> str | None:
    """
    Free text that may leave: unchanged if the closed vocabulary holds every word, else None.

    German and English words of annotations, electrodes, leads, filters and units; numbers of up to two digits, or up to
    four with a unit.
    """

def admitted_unit(unit: str) -> str:
    """
    A physical unit in the field's spelling; empty where it is unknown.
    """

def deidentify(source: str, folder: str, key: ProjectKey, options: dict) -> tuple[str, str, list[str]]:
    """
    Write a recording without its patient's identity: (status, report as JSON, files). Use biopotential.trust.deid.
    """

def hkdf_sha256(key: bytes, salt: bytes, info: bytes, n: typing.SupportsInt | typing.SupportsIndex) -> bytes:
    """
    HKDF with SHA-256 (RFC 5869).
    """

def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """
    HMAC with SHA-256 (RFC 2104).
    """

def install_admission(models: collections.abc.Sequence[tuple[str, str]]) -> None:
    """
    Let models.load take programs only from this list of (SHA-256, class).
    """

def is_pseudonym(text: str) -> bool:
    """
    Whether a pseudonym's check character is right.
    """

def merkle_root(leaves: collections.abc.Sequence[bytes]) -> str:
    """
    Merkle tree hash of RFC 6962 over the leaves, as 64 hexadecimal digits.
    """

def new_key(path: str) -> None:
    """
    Write a new master key: 32 random bytes, readable by its owner only.

    Raises
    ------
    OSError
        The file exists, or can't be written.
    """

def remove_admission() -> None:
    """
    Let models.load take any program again.
    """

def seal(
    folder: str, name: str, description: str, licence: str, project: str, date: str
) -> tuple[str, int, int, dict[str, str]]:
    """
    Seal a folder in place: (root, files, bytes, signal hashes). Use biopotential.trust.seal.
    """

def shift_direction(earliest_start_ns: typing.SupportsInt | typing.SupportsIndex) -> str:
    """
    Which way the dates of a patient move whose earliest recording starts then.
    """

def subject_of(source: str, key: ProjectKey, options: dict) -> tuple[str, int | None]:
    """
    Whose a recording is (keyed) and when it starts: (key, ns since 1970-01-01 or None).
    """

def verify_seal(folder: str, root: str) -> tuple[list[tuple[str, str, str, bool]], str, int, int]:
    """
    Verify a sealed folder: (findings, root, files, bytes). Use biopotential.trust.verify.
    """

def vet(path: str) -> tuple[str, str, str, list[str], list[str], list[tuple[str, int, str]]]:
    """
    Tell what a model file can do: (class, format, SHA-256, reasons, operators, members). Use biopotential.trust.vet.
    """
