"""The TUF repository as the box sees it: verified targets, or an error that says why not.

python-tuf checks signatures, thresholds, rollback and freeze. Two things are added here: the time
that expiry is compared with (python-tuf reads the wall clock once at start; the box's guarded time
replaces it), and the translation of its errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.api.metadata import Metadata, Root, Timestamp
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from edgeagent.errors import DiskFull, InputError, NetworkError, UpdateRefused
from edgeagent.messages import TargetReference
from edgeagent.messages.server_address import ServerAddress
from edgeagent.messages.targets import ISSUED_FIELD, METADATA, TARGETS, target_file
from edgeagent.network.fetcher import HttpFetcher

__all__ = ["Repository", "issued_at", "require_root"]

_CONFIG = UpdaterConfig(
    max_root_rotations=64,
    max_delegations=4,  # targets, models, catalogue, tasks
    snapshot_max_length=64 * 1024,
    targets_max_length=256 * 1024,
)


class Repository:
    """One refreshed view of the repository; each update creates a new one."""

    def __init__(
        self,
        directory: Path,
        *,
        server_url: str,
        trusted_root: bytes,
        now: int,
        fetcher: FetcherInterface | None = None,
    ) -> None:
        """Load trusted metadata from ``directory`` and refresh it from the server.

        Args:
            directory: contains ``metadata/`` and ``targets/``.
            server_url: where ``/metadata`` and ``/targets`` are.
            trusted_root: root metadata shipped with the firmware.
            now: the box's guarded time, seconds UTC.
            fetcher: replaces HTTP in tests.

        Raises:
            UpdateRefused: metadata is unsigned, rolled back, expired or malformed.
            NetworkError: the server cannot be reached or its answer is malformed.

        """
        base = ServerAddress.parse(server_url).base
        self._directory = directory
        (directory / TARGETS).mkdir(parents=True, exist_ok=True)
        (directory / METADATA).mkdir(exist_ok=True)
        with _translated():
            _remove_what_is_no_file(directory)
            self._updater = Updater(
                metadata_dir=str(directory / METADATA),
                metadata_base_url=f"{base}/{METADATA}/",
                target_dir=str(directory / TARGETS),
                target_base_url=f"{base}/{TARGETS}/",
                fetcher=fetcher or HttpFetcher(),
                config=_CONFIG,
                bootstrap=trusted_root,
            )
            trusted = self._updater._trusted_set  # noqa: SLF001  (pinned by a test)
            trusted.reference_time = datetime.fromtimestamp(now, UTC)
            self._updater.refresh()
            # Between these moments, seconds UTC, the server vouches for the present state.
            self.expires_at = int(trusted.timestamp.expires.timestamp())
            self.issued_at = issued_at(trusted.timestamp)

    def read(self, path: str) -> bytes:
        """Return a small verified target, such as a manifest.

        Raises:
            UpdateRefused: not in the repository, or not what was signed.
            NetworkError: it cannot be fetched.

        """
        return self._fetch(path).read_bytes()

    def ensure(self, reference: TargetReference) -> Path:
        """Return the path of a verified target, downloading it unless it is there already.

        Raises:
            UpdateRefused: not in the repository, not what was signed, or signed with another hash
                than the manifest or task states.
            NetworkError: it cannot be fetched.

        """
        with _translated():
            info = self._updater.get_targetinfo(reference.path)
        if info is None:
            raise _missing(reference.path)
        if (info.hashes.get("sha256"), info.length) != (reference.sha256, reference.length_bytes):
            raise UpdateRefused(
                f"{reference.path}: the repository signs other bytes than the manifest names",
                hint="the publisher must publish manifest and files together; the old one stays",
            )
        return self._fetch(reference.path)

    def _fetch(self, path: str) -> Path:
        with _translated():
            info = self._updater.get_targetinfo(path)
            if info is None:
                raise _missing(path)
            cached = self._updater.find_cached_target(info)
            if cached is not None:
                return Path(cached)
            # A cached file may be hard-linked; never write into it.
            stale = target_file(self._directory, path)
            stale.unlink(missing_ok=True)
            return Path(self._updater.download_target(info))


def _remove_what_is_no_file(directory: Path) -> None:
    """Delete what is not a regular file: python-tuf would block on a pipe."""
    for path in directory.rglob("*"):
        if not (path.is_file() or path.is_dir()):
            path.unlink()


def require_root(data: bytes) -> None:
    """Raise unless the data are valid root metadata; its expiry does not matter.

    Raises:
        InputError: they are not TUF root metadata, or not signed by the keys they name.

    """
    cause: Exception | None = None
    try:
        root: Metadata[Any] = Metadata.from_bytes(data)
        if isinstance(root.signed, Root):
            root.signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)
            return
    except (RepositoryError, ValueError) as error:
        cause = error
    raise InputError(
        f"trusted_root is not root metadata: {'it has another role' if cause is None else cause}",
        hint="set trusted_root to the root.json that the publisher ships with the firmware",
    ) from cause


def issued_at(timestamp: Timestamp) -> int:
    """Return when a timestamp was signed; if not stated its expiry, to vouch for nothing."""
    expires_at = int(timestamp.expires.timestamp())
    said = timestamp.unrecognized_fields.get(ISSUED_FIELD)
    if isinstance(said, int) and 0 <= said <= expires_at:
        return said
    return expires_at


def _missing(path: str) -> UpdateRefused:
    return UpdateRefused(
        f"{path}: not in the repository", hint="publish it with 'model-export publish'"
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DownloadHTTPError as error:
        raise NetworkError(
            f"the update server answered {error.status_code}: {error}",
            hint="check server_url, and that the server serves a published repository",
        ) from error
    except DownloadError as error:
        if isinstance(error.__cause__, NetworkError):
            raise error.__cause__ from error
        raise NetworkError(
            f"download failed: {error}", hint="the old model keeps working; try again later"
        ) from error
    except RepositoryError as error:
        raise UpdateRefused(
            f"the update does not verify: {type(error).__name__}: {error}",
            hint="the old model keeps working; if this persists, the publisher's keys, expiry "
            "dates or the trusted root in the config are wrong",
        ) from error
    except OSError as error:
        raise DiskFull(
            f"the update cannot be written: {error}",
            hint="free disk space, or check the permissions of the home directory",
        ) from error
    except ValueError as error:
        raise InputError(f"the trusted root cannot be read: {error}") from error
