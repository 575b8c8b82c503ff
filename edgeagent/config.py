"""Settings of a box: one TOML file, every field with its unit, default and reason.

The file is ``config.toml`` in the home, or what ``--config`` names. Configuration can only tighten
what is compiled in: retention has a hard cap, and the privacy limits can be lowered, never raised.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from edgeagent.errors import InputError
from edgeagent.messages.codec import Message
from edgeagent.messages.fields import (
    MAX_RETENTION_DAYS,
    MIN_DAYS_WHILE_REPORTING,
    AgeRating,
    LanguageCode,
    SchemeName,
)
from edgeagent.messages.server_address import ServerAddress
from edgeagent.regular_file import read_regular
from edgeagent.reporting_calendar import SPACING_WEEKS

__all__ = [
    "CONFIG_NAME",
    "DEFAULT_PORT",
    "SYSTEM_CONFIG",
    "Config",
    "ServiceConfig",
    "config_source",
    "load_config",
]

CONFIG_NAME = "config.toml"
SYSTEM_CONFIG = Path("/etc/edgeagent/config.toml")
"""Read where neither ``--config`` nor the home has one: what a distribution sets for its boxes."""
DEFAULT_PORT = 3473
"""Of the WebSocket, on loopback; the systemd unit may bind no other."""
_CAP_BYTES = 64 * 1024
_NO_CONTROLS = r"^[^\x00-\x1f\x7f]*\Z"
"""No system knows a user, program or file whose name holds such a character."""
_HIGHEST_PORT = 65535
_Text = Annotated[str, Meta(min_length=1, pattern=_NO_CONTROLS)]
_Path = Annotated[str, Meta(max_length=4095, pattern=_NO_CONTROLS)]
_Origin = Annotated[
    str,
    Meta(
        pattern=r"^(null|file://|[a-z][a-z0-9+.-]*://"
        r"(\[[0-9a-f:.]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:[0-9]{1,5})?)\Z"
    ),
]
"""As browsers write it (RFC 6454 §6.1): lower case, no path; another spelling never matches."""
_CREDENTIAL = r"^(?!\.\.?\Z)[A-Za-z0-9_.-]{1,255}\Z"
_WINDOW = r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]\Z"


class _Table(Message, frozen=True, kw_only=True):
    """TOML has no word for none: where a setting may be none, the empty text says it."""

    def __post_init__(self) -> None:
        """Take empty texts for none, so that ``""`` never names a file, the home or a server."""
        for setting in msgspec.structs.fields(self):
            if setting.default is None and getattr(self, setting.name) == "":
                msgspec.structs.force_setattr(self, setting.name, None)


class ServiceConfig(_Table, frozen=True, kw_only=True):
    """The table ``[service]``: how ``edgeagent serve`` behaves."""

    manage_users: tuple[_Text, ...] = ("root",)
    """Names or numbers of users who may manage over the unix socket, besides the one that the
    service runs as: the home screen, the settings page. Everybody else is an app."""
    manage_groups: tuple[_Text, ...] = ()
    """Groups that may manage too, by name or number."""
    allowed_origins: tuple[_Origin, ...] = ()
    """Origins of web pages that may use the WebSocket, such as ``https://app.example``. None: a
    page that is opened on the box must not reach it; programs send no origin."""
    max_connections: Annotated[int, Meta(ge=4, le=1024)] = 64
    """Connections that each socket serves at once; a box runs a dozen apps, and each costs about
    50 KB. Apps take three quarters at most, so that managers find room."""
    viewings_at_once: Annotated[int, Meta(ge=10, le=100_000)] = 2000
    """Viewings that the apps of one user may report at once, such as an evening's list of a
    platform that was offline. One connection may report half of them, so that an app in a loop
    leaves room for the others. Each user has an allowance of its own (16 users at a time): from a
    shared one, an app could read how much others report. Managers are not counted."""
    viewings_per_hour: Annotated[int, Meta(ge=1, le=100_000)] = 240
    """How fast that allowance refills; one connection may use half of it. 240 an hour, day and
    night for 90 days, are 35 MB for each user: an app can neither fill the disk nor wear it out."""
    update_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    """Hours between two looks for a newer model: the catalogue is made daily."""
    work_windows: tuple[Annotated[str, Meta(pattern=_WINDOW)], ...] = ()
    """Times of the day, local, such as ``02:00-05:00``, outside of which no model is fetched or
    tried and no week closed. None: any time; they take seconds."""
    wake_grace_seconds: Annotated[int, Meta(ge=0, le=3600)] = 120
    """Seconds after switching on or waking up in which nothing heavy runs: a viewer waits for a
    picture."""
    standby_file: _Path | None = None
    """A file that the platform keeps while the box is in standby; heavy work, trying a model,
    then waits for it. None: it is done while the box is watched, too. Fetching, sending and closing
    a week wait for neither standby, load nor heat, for their moments would tell of watching."""
    metered_file: _Path | None = None
    """A file that the platform keeps while the network costs money: no model is fetched then. A
    report of 512 bytes is sent all the same."""
    max_load_fraction: Annotated[float, Meta(gt=0, le=100)] = 0.8
    """Load of all cores over a minute, 1 being full, above which heavy work waits: video first."""
    max_celsius: Annotated[int, Meta(ge=20, le=200)] = 85
    """Degrees of the hottest sensor above which heavy work waits; most chips throttle at 95."""
    profile_flags: dict[str, str | float | bool] = msgspec.field(default_factory=dict)
    """What Firebolt's ``Profile.flags`` answers, for apps that expect flags of the platform."""

    def __post_init__(self) -> None:
        """Refuse numbers that TOML has and JSON has not (inf, nan), and ports out of range."""
        super().__post_init__()
        for origin in self.allowed_origins:
            port = origin.rpartition(":")[2]
            if port.isdigit() and int(port) > _HIGHEST_PORT:
                message = f"allowed_origins: {origin} has a port above {_HIGHEST_PORT}"
                raise ValueError(message)
        for name, flag in self.profile_flags.items():
            if isinstance(flag, float) and not math.isfinite(flag):
                message = f"profile_flags: {name} is {flag}, which apps cannot be told"
                raise ValueError(message)


class Config(_Table, frozen=True, kw_only=True):
    """Everything an integrator can set."""

    server_url: str | None = None
    """Where models come from and reports go; none: the box works alone."""
    mirrors: Annotated[tuple[_Text, ...], Meta(max_length=8)] = ()
    """More addresses of the same repository, tried in this order after ``server_url``, where a
    server cannot be reached or what it answers does not verify. The same on every box, so that an
    address is no tag. Reports go to ``server_url`` only."""
    update_megabytes_per_day: Annotated[int, Meta(ge=1, le=100_000)] = 300
    """Most that updates may download on one day (UTC): a first update takes up to 200 with the
    largest catalogues there are, later ones a hundredth. What did not arrive is continued the next
    day; less than a catalogue's size never ends where one is published daily."""
    trusted_root: _Path | None = None
    """TUF root metadata shipped with the firmware: a path, relative to the config file."""
    retention_days: Annotated[int, Meta(ge=MIN_DAYS_WHILE_REPORTING, le=MAX_RETENTION_DAYS)] = 90
    """Days a viewing is kept. At least 8, so that a reporting week is whole; at most 365."""
    scorer: Literal["child", "resident"] = "child"
    """``child`` frees the memory of ONNX Runtime 30 s after the last request."""
    language: LanguageCode = "en"
    """Language of the consent notice."""
    key_provider: Literal["file", "credential", "command"] = "file"
    """Where the key-encryption key comes from. ``file`` works on any machine, but a copy of the
    whole home holds the key; ``credential`` (systemd, sealed to a TPM2) and ``command`` (a vendor's
    helper) keep it elsewhere."""
    key_credential: Annotated[str, Meta(pattern=_CREDENTIAL)] = "edgeagent"
    """For ``credential``: its name in ``LoadCredentialEncrypted=``; it holds 32 raw bytes."""
    key_command: tuple[_Text, ...] = ()
    """For ``command``: program and arguments that print the key as 64 hex digits; no shell."""
    key_erase_command: tuple[_Text, ...] = ()
    """For ``command``: what destroys the key when everything is erased; none: it stays."""
    teens_count_as_adults: bool = False
    """Whether profiles of kind ``teen`` and ``app:teen`` viewings are stored like adults'. Set back
    to ``false``, what was kept of them goes at the next start, and their consents are withdrawn."""
    teen_max_age_rating: AgeRating = 16
    """Titles meant for older people than this many years are not shown to profiles of kind
    ``teen``."""
    entitlements: tuple[_Text, ...] = ()
    """Packages this box has; titles that need another one are not shown."""
    reports: bool = True
    """``false``: no report is drawn or sent, whatever anybody grants; what waits is dropped."""
    report_max_odds: Literal["3", "2", "3/2"] = "3"
    """Largest e^ε of one report: ``3``, ``2`` or ``3/2``. A task that asks for more gets
    nothing."""
    report_spacing_weeks: Annotated[int, Meta(ge=SPACING_WEEKS, le=520)] = SPACING_WEEKS
    """Fewest weeks from one report to the next, at least 13; a box keeps to its own 13th weeks."""
    consent_hints: bool = True
    """Whether the switches say once for each profile that nobody has decided about a history or
    about recommendations, or that one of them has served nothing for a year; from decisions alone,
    never for children, never about reports or promotions."""
    report_schemes: Annotated[tuple[SchemeName, ...], Meta(min_length=1)] = get_args(SchemeName)
    """What a report may tell of a session: ``segment``, or ``group_daypart``, a group of segments
    and the time of day in four parts. A task that asks for another gets nothing; households are
    asked about what is permitted here."""
    report_pins: tuple[Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")], ...] = ()
    """Reports go only to a server whose public key (SHA-256 of its SubjectPublicKeyInfo, in hex) is
    among these; none: any that the system's authorities vouch for."""
    service: ServiceConfig = ServiceConfig()
    """How ``edgeagent serve`` behaves; see the table of its own."""

    def __post_init__(self) -> None:
        """Refuse an address that cannot be reached, and a provider without its command."""
        super().__post_init__()
        urls = [("server_url", url) for url in (self.server_url,) if url is not None]
        for setting, url in (*urls, *(("mirrors", mirror) for mirror in self.mirrors)):
            try:
                ServerAddress.parse(url)
            except InputError as error:
                message = f"{setting} {error}; {error.hint}"
                raise ValueError(message) from error
        if self.key_provider == "command" and not self.key_command:
            message = 'key_command is not set, and key_provider = "command" needs it'
            raise ValueError(message)


def config_source(
    home: Path | str, path: Path | str | None = None, *, system: Path | str = SYSTEM_CONFIG
) -> Path | None:
    """Return the file that the settings of a home come from; none: they are the defaults.

    Args:
        home: its ``config.toml`` is read when ``path`` is not given.
        path: another file.
        system: read when the home has none either.

    """
    if path is not None:
        return Path(path)
    files = (Path(home, CONFIG_NAME), Path(system))
    return next((file for file in files if file.exists()), None)


def load_config(
    home: Path | str, path: Path | str | None = None, *, system: Path | str = SYSTEM_CONFIG
) -> Config:
    """Read the settings of a home.

    Args:
        home: its ``config.toml`` is read when ``path`` is not given; absent means ``system``.
        path: another file, which then has to exist.
        system: absent, too, means defaults.

    Raises:
        InputError: not readable, not TOML, an unknown setting or a value out of range.

    """
    source = config_source(home, path, system=system)
    if source is None:
        return Config()
    try:
        data = read_regular(source, cap_bytes=_CAP_BYTES)
    except FileNotFoundError as error:
        raise InputError(
            f"{source}: no such file", hint="name a settings file that is there"
        ) from error
    except OSError as error:
        raise InputError(f"{source}: {error.strerror}", hint="name a settings file") from error
    try:
        config = msgspec.toml.decode(data, type=Config)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"{source}: {error}",
            hint="edgeagent/install/README.md lists every setting with unit and default",
        ) from error
    if config.trusted_root is None:
        return config
    root = source.parent / config.trusted_root
    return msgspec.structs.replace(config, trusted_root=str(root))
