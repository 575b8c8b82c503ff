"""python-tuf's errors as this project's, with what to do about each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    ExpiredMetadataError,
    RepositoryError,
)

from edgeagent.clock import iso_utc
from edgeagent.errors import DiskFull, InputError, NetworkError, UpdateRefused
from edgeagent.network.answers import hint_for

__all__ = ["all_failed", "translated"]


@contextmanager
def translated(now: int) -> Iterator[None]:
    """Raise what python-tuf raises as an ``EdgeAgentError``.

    Args:
        now: the box's time, seconds UTC, which expiry was compared with.

    """
    try:
        yield
    except DownloadHTTPError as error:
        raise NetworkError(
            f"the update server answered {error.status_code}: {error}",
            hint=hint_for(error.status_code),
        ) from error
    except DownloadError as error:
        if isinstance(error.__cause__, NetworkError):
            raise error.__cause__ from error
        raise NetworkError(
            f"download failed: {error}", hint="the old model keeps working; try again later"
        ) from error
    except ExpiredMetadataError as error:
        raise UpdateRefused(
            f"the update has expired at the box's time, {iso_utc(now)}: {error}",
            hint="the old model keeps working; if that time is wrong, set the clock of this "
            "machine, else the publisher has to renew the metadata",
        ) from error
    except RepositoryError as error:
        raise UpdateRefused(
            f"the update does not verify: {type(error).__name__}: {error}",
            hint="the old model keeps working; if this persists, the publisher's keys, expiry "
            "dates or the trusted root in the config are wrong",
        ) from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise DiskFull(
            f"the update cannot be written: {error}",
            hint="a file is in the place of a directory, or a directory in that of a file: remove "
            "it, and the next update makes what belongs there",
        ) from error
    except OSError as error:
        raise DiskFull(
            f"the update cannot be written: {error}",
            hint="free disk space, or check the permissions of the home directory",
        ) from error
    except ValueError as error:
        raise InputError(f"the trusted root cannot be read: {error}") from error


def all_failed(failures: Sequence[tuple[str, NetworkError]]) -> NetworkError:
    """Return one error for what failed at each server, in order; the first one's, if it is alone.

    Args:
        failures: address and error, at least one.

    """
    (_, first), *others = failures
    said = "".join(f"; at {server}: {error}" for server, error in others)
    return type(first)(f"{first}{said}", hint=first.hint)
