from __future__ import annotations

import copy
import pickle
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeagent.errors import DiskFull, KeyProviderError, WrongKey
from edgeagent.store import CommandKeyProvider, CredentialKeyProvider, FileKeyProvider, SecretKey
from edgeagent.store.durable import create_durably, replace_durably
from edgeagent.store.keys import (
    KeyProvider,
    create_data_key,
    open_data_key,
    rewrap_data_key,
)
from edgeagent.testing.box import Box


def _file_provider(directory: Path) -> KeyProvider:
    return FileKeyProvider(directory / "kek")


def _command_provider(directory: Path) -> KeyProvider:
    del directory
    return CommandKeyProvider([sys.executable, "-c", "print('ab' * 32)"])


def _credential_provider(directory: Path) -> KeyProvider:
    (directory / "edgeagent").write_bytes(bytes(range(32)))
    return CredentialKeyProvider("edgeagent", directory=directory)


PROVIDERS = [_file_provider, _command_provider, _credential_provider]


@pytest.mark.parametrize("make", PROVIDERS)
def test_every_provider_gives_the_same_key_each_time(
    make: Callable[[Path], KeyProvider], tmp_path: Path
) -> None:
    provider = make(tmp_path)
    provider.prepare()
    first = provider.key_encryption_key()
    provider.prepare()
    assert provider.key_encryption_key() == first


@pytest.mark.parametrize("make", PROVIDERS)
def test_every_provider_wraps_and_unwraps(
    make: Callable[[Path], KeyProvider], tmp_path: Path
) -> None:
    provider = make(tmp_path)
    provider.prepare()
    key = create_data_key(tmp_path / "a.key", database="ledger", provider=provider)
    assert open_data_key(tmp_path / "a.key", database="ledger", provider=provider) == key
    assert key.reveal() not in (tmp_path / "a.key").read_bytes()
    assert key.reveal().hex().encode() not in (tmp_path / "a.key").read_bytes()


@pytest.mark.parametrize("make", PROVIDERS)
def test_erase_says_whether_the_key_is_gone(
    make: Callable[[Path], KeyProvider], tmp_path: Path
) -> None:
    provider = make(tmp_path)
    provider.prepare()
    if provider.erase():
        with pytest.raises(KeyProviderError):
            provider.key_encryption_key()
        assert provider.erase()
    else:
        assert provider.key_encryption_key().reveal()


def test_a_key_hides_itself() -> None:
    key = SecretKey(b"k" * 32)
    assert "kkk" not in f"{key} {key!r}"
    assert key != b"k" * 32
    assert key != SecretKey(b"j" * 32)
    for leak in (pickle.dumps, copy.copy, hash):
        with pytest.raises(TypeError):
            leak(key)


@pytest.mark.parametrize("length", [0, 31, 33, 62, 64])
def test_only_32_bytes_are_a_key(length: int) -> None:
    with pytest.raises(KeyProviderError, match=f"this one {length}"):
        SecretKey(bytes(length))


def test_the_key_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    provider = FileKeyProvider(tmp_path / "kek")
    provider.prepare()
    assert stat.S_IMODE((tmp_path / "kek").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["kek"]
    for mode in (0o640, 0o604, 0o660):
        (tmp_path / "kek").chmod(mode)
        with pytest.raises(KeyProviderError, match="by others") as caught:
            provider.key_encryption_key()
        assert "chmod 600" in caught.value.hint


def test_a_missing_short_or_linked_key_file_is_refused(tmp_path: Path) -> None:
    provider = FileKeyProvider(tmp_path / "kek")
    with pytest.raises(KeyProviderError, match="No such file"):
        provider.key_encryption_key()
    create_durably(tmp_path / "kek", b"short")
    with pytest.raises(KeyProviderError, match="32 bytes, this one 5"):
        provider.key_encryption_key()
    create_durably(tmp_path / "other", bytes(32))
    (tmp_path / "kek").unlink()
    (tmp_path / "kek").symlink_to(tmp_path / "other")
    with pytest.raises(KeyProviderError):
        provider.key_encryption_key()


def test_a_failing_helper_does_not_leak_what_it_printed() -> None:
    secret = "5ec2e7" * 10
    for script in (
        f"print('{secret}')",
        f"print('{secret}, in words')",
        f"print('{secret}'); raise SystemExit(1)",
    ):
        with pytest.raises(KeyProviderError) as caught:
            CommandKeyProvider([sys.executable, "-c", script]).key_encryption_key()
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None
        assert secret not in str(caught.value) + caught.value.hint
    with pytest.raises(KeyProviderError, match="No such file"):
        CommandKeyProvider(["/nowhere/helper"]).prepare()


def test_a_helper_can_erase(tmp_path: Path) -> None:
    erased = tmp_path / "erased"
    script = f"import pathlib; pathlib.Path({str(erased)!r}).touch()"
    provider = CommandKeyProvider(["true"], erase_command=[sys.executable, "-c", script])
    assert provider.erase()
    assert erased.exists()


def test_a_credential_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyProviderError, match="not started by systemd"):
        CredentialKeyProvider("edgeagent", directory=None).prepare()
    with pytest.raises(KeyProviderError, match="No such file"):
        CredentialKeyProvider("edgeagent", directory=tmp_path).prepare()


def test_another_provider_is_an_error_not_a_fallback(tmp_path: Path) -> None:
    mine = _file_provider(tmp_path)
    mine.prepare()
    create_data_key(tmp_path / "a.key", database="ledger", provider=mine)
    with pytest.raises(KeyProviderError, match="'file', not 'command'"):
        open_data_key(tmp_path / "a.key", database="ledger", provider=_command_provider(tmp_path))


def test_a_key_file_is_bound_to_its_database(tmp_path: Path) -> None:
    provider = _command_provider(tmp_path)
    create_data_key(tmp_path / "a.key", database="ledger", provider=provider)
    with pytest.raises(WrongKey, match="'ledger', not of 'history'"):
        open_data_key(tmp_path / "a.key", database="history", provider=provider)
    text = (tmp_path / "a.key").read_text()
    (tmp_path / "a.key").write_text(text.replace('"ledger"', '"history"'))
    with pytest.raises(WrongKey, match="cannot be unwrapped"):
        open_data_key(tmp_path / "a.key", database="history", provider=provider)


def test_a_key_file_renamed_to_another_provider_does_not_unwrap(tmp_path: Path) -> None:
    provider = _command_provider(tmp_path)
    create_data_key(tmp_path / "a.key", database="ledger", provider=provider)
    text = (tmp_path / "a.key").read_text()
    (tmp_path / "a.key").write_text(text.replace('"command"', '"file"'))
    same_key = FileKeyProvider(tmp_path / "kek")
    create_durably(tmp_path / "kek", bytes.fromhex("ab" * 32))
    with pytest.raises(WrongKey):
        open_data_key(tmp_path / "a.key", database="ledger", provider=same_key)


def test_every_flipped_byte_of_a_key_file_is_noticed(tmp_path: Path) -> None:
    provider = _command_provider(tmp_path)
    path = tmp_path / "a.key"
    key = create_data_key(path, database="ledger", provider=provider)
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises((WrongKey, KeyProviderError)):
            open_data_key(path, database="ledger", provider=provider)
    path.write_bytes(whole)
    assert open_data_key(path, database="ledger", provider=provider) == key


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    provider = _command_provider(tmp_path)
    key = create_data_key(tmp_path / "a.key", database="ledger", provider=provider)
    with pytest.raises(FileExistsError):
        create_data_key(tmp_path / "a.key", database="ledger", provider=provider)
    assert open_data_key(tmp_path / "a.key", database="ledger", provider=provider) == key
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_rotation_keeps_the_data_key_and_ends_the_old_wrapping(tmp_path: Path) -> None:
    old, new = _command_provider(tmp_path), _credential_provider(tmp_path)
    key = create_data_key(tmp_path / "a.key", database="ledger", provider=old)
    rewrap_data_key(tmp_path / "a.key", database="ledger", provider=old, new_provider=new)
    assert open_data_key(tmp_path / "a.key", database="ledger", provider=new) == key
    with pytest.raises(KeyProviderError):
        open_data_key(tmp_path / "a.key", database="ledger", provider=old)


def test_a_home_rotates_to_another_provider_and_back(box: Box, tmp_path: Path) -> None:
    home = box.open()
    home.history.add([box.event("film")], box.grant())
    home.rotate(_command_provider(tmp_path))
    box.close()
    with pytest.raises(KeyProviderError):
        box.open()
    box.provider = _command_provider(tmp_path)
    assert box.open().history.count("main") == 1


def test_a_write_without_a_directory_or_room_says_so(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="cannot be written") as caught:
        replace_durably(tmp_path / "nowhere" / "file", b"data")
    assert "free space" in caught.value.hint


def test_a_file_written_aside_follows_no_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    (tmp_path / "file.new").symlink_to(target)
    with pytest.raises(DiskFull):
        replace_durably(tmp_path / "file", b"data")
    assert target.read_bytes() == b"precious"
