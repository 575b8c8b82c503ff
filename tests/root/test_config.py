from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.config import Config, load_config
from edgeagent.errors import InputError


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert load_config(tmp_path) == Config()


def test_a_relative_root_is_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('trusted_root = "keys/root.json"\nretention_days = 30\n')
    config = load_config(tmp_path)
    assert config.trusted_root == str(tmp_path / "keys/root.json")
    assert config.retention_days == 30


@pytest.mark.parametrize(
    "text",
    [
        "retention_days = 7",
        "retention_days = 366",
        "colour = 1",
        'scorer = "gpu"',
        "a = [",
        "retention_days = '90'",
        'language = "english"',
        'entitlements = [""]',
        'key_command = [""]',
        'key_erase_command = [""]',
        '[service]\nmanage_users = [""]',
        '[service]\nmanage_groups = ["tv", ""]',
        '[service]\nallowed_origins = [""]',
        '[service]\nallowed_origins = ["https://a..b"]',
        '[service]\nallowed_origins = ["https://a.b:65536"]',
        '[service]\nallowed_origins = ["https://a.b:99999999"]',
        '[service]\nallowed_origins = ["https://App.example/"]',
        '[service]\nmanage_users = ["a\\u0000b"]',
        '[service]\nstandby_file = "a\\u0000b"',
        "[service.profile_flags]\na = nan",
        'trusted_root = "a\\u0000b"',
        'server_url = "https://a..b"',
        'server_url = "ftp://models.example"',
        'key_provider = "command"',
        'key_credential = ".."',
        'report_max_odds = "3/0"',
    ],
)
def test_a_wrong_setting_names_the_file_and_a_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(InputError, match=r"config\.toml") as refused:
        load_config(tmp_path)
    assert refused.value.hint


def test_an_address_is_refused_by_field_and_reason(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('server_url = "https://a:99999"')
    with pytest.raises(InputError, match=r"server_url 'https://a:99999' has '99999' for a port"):
        load_config(tmp_path)


@pytest.mark.parametrize("origin", ["https://app.example:8443", "null", "file://", "http://[::1]"])
def test_an_origin_is_what_a_browser_sends(tmp_path: Path, origin: str) -> None:
    (tmp_path / "config.toml").write_text(f'[service]\nallowed_origins = ["{origin}"]')
    assert load_config(tmp_path).service.allowed_origins == (origin,)


def test_an_empty_text_means_none(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        'server_url = ""\ntrusted_root = ""\n[service]\nstandby_file = ""\nmetered_file = ""\n'
    )
    assert load_config(tmp_path) == Config()


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_config(tmp_path, tmp_path / "other.toml")


def test_a_directory_or_a_huge_file_is_not_a_settings_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="directory"):
        load_config(tmp_path, tmp_path)
    (tmp_path / "config.toml").write_bytes(b"#" * 70_000)
    with pytest.raises(InputError, match="more than 65536 bytes"):
        load_config(tmp_path)
