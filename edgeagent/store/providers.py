"""The sources of a key-encryption key: a file, a helper program, a systemd credential."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from edgeagent.errors import KeyProviderError
from edgeagent.regular_file import open_regular, read_regular
from edgeagent.store.durable import create_durably, sync_directory
from edgeagent.store.keys import KEY_BYTES, SecretKey
from edgeagent.store.ownership import foreign_file

__all__ = ["CommandKeyProvider", "CredentialKeyProvider", "FileKeyProvider"]

_HELPER_TIMEOUT_SECONDS = 30
_CAP_BYTES = 4096


class FileKeyProvider:
    """A key in a file that only its owner can read: works on any fresh machine.

    On flash memory, erasing such a file is best effort: the controller may keep old blocks.
    """

    name = "file"

    def __init__(self, path: Path) -> None:
        """Use the 32 raw bytes in ``path``."""
        self._path = path

    def prepare(self) -> None:
        """Create the file, unless it exists."""
        if not self._path.exists():
            create_durably(self._path, SecretKey.generate().reveal())

    def key_encryption_key(self) -> SecretKey:
        """Read the file.

        Raises:
            KeyProviderError: missing, readable by others, of another owner, or of another length.

        """
        try:
            with open_regular(self._path, flags=os.O_NOFOLLOW) as file:
                mode, data = os.fstat(file.fileno()).st_mode, file.read(KEY_BYTES + 1)
        except OSError as error:
            raise (
                foreign_file(self._path)
                or KeyProviderError(
                    f"{self._path}: {error.strerror}",
                    hint="restore this key file from a backup; a new one cannot open the store",
                )
            ) from error
        if mode & 0o077:
            raise KeyProviderError(
                f"{self._path} can be read by others than its owner",
                hint=f"chmod 600 {self._path}",
            )
        return _key(data, str(self._path))

    def erase(self) -> bool:
        """Overwrite the file and remove it."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            os.write(descriptor, bytes(KEY_BYTES))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._path.unlink()
        sync_directory(self._path.parent)
        return True


class CommandKeyProvider:
    """A key from a helper program, such as a vendor's client of a trusted execution environment.

    The program is called without a shell and prints the key as 64 hex digits.
    """

    name = "command"

    def __init__(self, command: Sequence[str], *, erase_command: Sequence[str] = ()) -> None:
        """Run ``command`` for the key and ``erase_command``, if given, to destroy it."""
        self._command = tuple(command)
        self._erase_command = tuple(erase_command)

    def prepare(self) -> None:
        """Run the helper once, so that a missing key is noticed before anything is wrapped."""
        self.key_encryption_key()

    def key_encryption_key(self) -> SecretKey:
        """Run the helper.

        Raises:
            KeyProviderError: it cannot be run, fails, or does not print a key.

        """
        printed = _run(self._command)
        try:
            return SecretKey(bytes.fromhex(printed.decode("ascii").strip()))
        except ValueError:
            pass  # raised again outside, without what the helper printed
        raise KeyProviderError(
            f"{self._command[0]} did not print 64 hex digits", hint="run it by hand and compare"
        )

    def erase(self) -> bool:
        """Run the erase command; false without one."""
        if not self._erase_command:
            return False
        _run(self._erase_command)
        return True


class CredentialKeyProvider:
    """A key that systemd decrypted for this service (``LoadCredentialEncrypted=``).

    It is sealed to the TPM2 if the box has one. The credential holds 32 raw bytes.
    """

    name = "credential"

    def __init__(self, credential: str, *, directory: Path | None) -> None:
        """Read ``credential`` below ``directory``, the value of ``$CREDENTIALS_DIRECTORY``."""
        self._credential = credential
        self._directory = directory

    def prepare(self) -> None:
        """Read it once, so that a missing credential is noticed before anything is wrapped."""
        self.key_encryption_key()

    def key_encryption_key(self) -> SecretKey:
        """Read the credential.

        Raises:
            KeyProviderError: not running under systemd, or no such credential.

        """
        if self._directory is None:
            raise KeyProviderError(
                f"no credential {self._credential!r}: not started by systemd",
                hint="ask the running service, or start this as it is started: systemd-run --pipe "
                "--uid=USER --property=LoadCredentialEncrypted=NAME:FILE edgeagent ...",
            )
        try:
            data = read_regular(self._directory / self._credential, cap_bytes=_CAP_BYTES)
        except OSError as error:
            raise KeyProviderError(
                f"credential {self._credential!r}: {error.strerror}",
                hint=f"add LoadCredentialEncrypted={self._credential}:... to the unit",
            ) from error
        return _key(data, f"credential {self._credential!r}")

    def erase(self) -> bool:
        """Return false: the sealed credential belongs to the operator."""
        return False


def _key(data: bytes, source: str) -> SecretKey:
    """Return a key that was read; an error names the source of one of another length."""
    try:
        return SecretKey(data)
    except KeyProviderError as error:
        raise KeyProviderError(f"{source}: {error}", hint=error.hint) from error


def _run(command: tuple[str, ...]) -> bytes:
    try:
        return subprocess.run(  # noqa: S603  (the operator's own command, no shell)
            command, check=True, capture_output=True, timeout=_HELPER_TIMEOUT_SECONDS
        ).stdout
    except OSError as error:
        raise KeyProviderError(
            f"{command[0]}: {error.strerror}", hint="check the command in the config"
        ) from error
    except subprocess.SubprocessError:
        pass  # raised again outside: the original holds what the helper printed
    raise KeyProviderError(
        f"{command[0]} failed or did not answer", hint="run it by hand to see why"
    )
