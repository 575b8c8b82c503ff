"""Keys: encrypted, of the right role, never where boxes look; replaced, one by one and all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edgeagent.errors import InputError, OutputError
from edgeagent.messages import canonical_bytes
from edgeagent.messages.targets import CREATIVES_ROLE, MANIFEST_TARGET
from server_stub.distribution.keys import KeyRing
from server_stub.distribution.publish import create, publish
from server_stub.distribution.renewal import ROLES, begin_list, refresh, rotate_keys
from server_stub.distribution.roots import draft_path, show_draft, sign_draft
from tests.server_stub.distribution.publishing_office import DAY, NOW, PublishingOffice, invented

AT_FIRST = [role for role in ROLES if role != CREATIVES_ROLE]
"""Those that every repository has from the beginning."""
ONE, TWO = invented(1), invented(2)
SECRET = b"six words that nobody else knows"


def right(path: Path, *, new: bool) -> bytes:
    del path, new
    return SECRET


def wrong(path: Path, *, new: bool) -> bytes:
    del path, new
    return b"six words of a bad guesser"


def test_keys_are_for_their_owner_and_not_in_what_is_served(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    assert office.keys.stat().st_mode & 0o777 == 0o700
    files = sorted(office.keys.iterdir())
    assert sorted(path.name.split("-")[0] for path in files) == sorted(AT_FIRST)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert len({path.read_bytes() for path in files}) == len(AT_FIRST)
    assert b"PRIVATE" not in b"".join(office.served().values())


def test_keys_are_encrypted_by_a_passphrase(office: PublishingOffice) -> None:
    publish(office.operator(passphrase=right), ONE)
    files = list(office.keys.iterdir())
    assert all(path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE") for path in files)
    served = office.served()
    with pytest.raises(InputError, match="does not open with this passphrase") as refusal:
        publish(office.operator(passphrase=wrong), TWO)
    assert refusal.value.hint
    with pytest.raises(InputError, match="is encrypted, and there is no passphrase"):
        publish(office.operator(), TWO)
    assert office.served() == served
    publish(office.operator(passphrase=right), TWO)


def test_a_short_passphrase_is_refused(office: PublishingOffice) -> None:
    with pytest.raises(InputError, match="a passphrase of 6 bytes"):
        create(office.operator(passphrase=lambda _path, *, new: b"secret" if new else None))
    assert not office.served()


@pytest.mark.parametrize("below", [".", "keys", "metadata", "targets/models"])
def test_keys_inside_the_repository_are_refused(office: PublishingOffice, below: str) -> None:
    place = office.directory / below
    with pytest.raises(InputError, match="would lie in the directory that is served"):
        office.operator(keys=(place,))
    with pytest.raises(InputError, match="would lie in the directory that is served"):
        office.operator(root_keys=(place,))
    (office.place / "link").symlink_to(office.directory)
    with pytest.raises(InputError, match="would lie in the directory that is served"):
        office.operator(keys=(office.place / "link" / below,))
    assert not office.directory.exists()


@pytest.mark.parametrize("to", ["keys", ".", "keys/root.pem"])
def test_keys_that_a_served_link_leads_to_are_refused(office: PublishingOffice, to: str) -> None:
    place = office.directory / "targets" / "models"
    place.mkdir(parents=True)
    (place / "link").symlink_to(office.place / to)
    with pytest.raises(InputError, match=r"keys may be served: \S+/models/link leads to"):
        office.operator(keys=(office.keys,), root_keys=(office.place / "drawer",))
    with pytest.raises(InputError, match=r"keys may be served: \S+/models/link leads to"):
        office.operator(keys=(office.place.parent / "other",), root_keys=(office.keys,))
    (place / "link").unlink()
    publish(office.operator(), ONE)


def test_nothing_is_published_where_a_link_leads_out(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    served = office.served()
    (office.directory / "within").symlink_to("root.json")
    (office.directory / "itself").symlink_to("itself")
    link = office.directory / "metadata" / "reports"
    link.symlink_to("/var/lib/edgeagent")
    with pytest.raises(InputError, match="reports leads out of the directory that is served"):
        publish(office.operator(), TWO)
    assert office.served() == served
    refresh(office.operator(now=NOW + 1))  # boxes that see the old state are better than none
    link.unlink()
    publish(office.operator(now=NOW + 1), TWO)


@pytest.mark.parametrize("role", [role for role in AT_FIRST if role != "root"])
def test_the_key_of_another_role_or_repository_signs_nothing(
    office: PublishingOffice, role: str
) -> None:
    publish(office.operator(), ONE)
    served = office.served()
    (own,) = office.keys.glob(f"{role}-*.pem")
    other = next(path for path in office.keys.iterdir() if path != own)
    foreign = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    for data in (other.read_bytes(), foreign, None):
        own.unlink() if data is None else own.write_bytes(data)
        with pytest.raises(InputError, match=f"the key of role {role} that this") as refusal:
            publish(office.operator(), TWO)
        assert "--keys" in refusal.value.hint
    assert office.served() == served


def test_a_broken_key_is_named(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    (path,) = office.keys.glob("tasks-*.pem")
    path.write_bytes(b"not a key")
    with pytest.raises(InputError, match=rf"{path.name} is not a usable key"):
        publish(office.operator(), TWO)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match=rf"{path.name} is not a usable key"):
        publish(office.operator(), TWO)


def test_keys_that_cannot_be_written_are_an_error(office: PublishingOffice) -> None:
    office.keys.write_text("a file")
    with pytest.raises(OutputError, match="keys cannot be written"):
        publish(office.operator(), ONE)


def test_keys_of_a_repository_with_a_past_are_not_for_a_new_one(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    rotate_keys(office.operator(), ["models"])
    other = PublishingOffice(office.place / "other")
    with pytest.raises(InputError, match="holds several keys of role models"):
        publish(other.operator(keys=(office.keys,)), ONE)


def test_the_machine_that_signs_every_day_needs_one_key(
    office: PublishingOffice, tmp_path: Path
) -> None:
    publish(office.operator(), ONE)
    online = tmp_path / "online"
    online.mkdir()
    (key,) = office.keys.glob("timestamp-*.pem")
    (online / key.name).write_bytes(key.read_bytes())
    refresh(office.operator(now=NOW + DAY, keys=(online,)))
    assert office.box(now=NOW + 8 * DAY - 1).expires_at == NOW + 8 * DAY
    assert office.versions()["timestamp"] == 2
    assert set(office.versions().values()) == {1, 2}
    with pytest.raises(InputError, match="the key of role targets"):
        refresh(office.operator(now=NOW + DAY, keys=(online,)), ["models", "targets"])


def test_keys_in_two_directories(office: PublishingOffice, tmp_path: Path) -> None:
    publish(office.operator(), ONE)
    second = tmp_path / "second"
    second.mkdir()
    for path in office.keys.glob("t*.pem"):
        path.rename(second / path.name)
    publish(office.operator(keys=(office.keys, second)), TWO)
    assert office.box().read(MANIFEST_TARGET) == canonical_bytes(TWO.manifest)


@pytest.mark.parametrize("role", [role for role in AT_FIRST if role != "root"])
def test_the_old_key_of_a_role_signs_nothing_after_a_rotation(
    office: PublishingOffice, role: str
) -> None:
    publish(office.operator(), ONE)
    shipped = (office.directory / "root.json").read_bytes()
    (old,) = office.keys.glob(f"{role}-*.pem")
    rotate_keys(office.operator(), [role])
    (new,) = set(office.keys.glob(f"{role}-*.pem")) - {old}
    office.check_list()
    away = new.rename(office.place / "away.pem")
    with pytest.raises(InputError, match=f"the key of role {role}"):
        publish(office.operator(), TWO)
    away.rename(new)
    old.unlink()
    publish(office.operator(), TWO)
    box = office.box(trusted_root=shipped)
    assert box.read(MANIFEST_TARGET) == canonical_bytes(TWO.manifest)


def test_the_old_root_key_signs_no_root_after_a_rotation(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    shipped = (office.directory / "root.json").read_bytes()
    (old,) = office.keys.glob("root-*.pem")
    rotate_keys(office.operator(), ["root"])
    (new,) = set(office.keys.glob("root-*.pem")) - {old}
    away = new.rename(office.place / "away.pem")
    draft = begin_list(office.operator())
    assert draft.missing == 1
    away.rename(new)
    old.unlink()
    draft_path(office.operator()).unlink()
    assert begin_list(office.operator()).missing == 0
    office.check_list()
    office.box(trusted_root=shipped)


def test_a_lost_key_is_replaced_too(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    shipped = (office.directory / "root.json").read_bytes()
    lost = ["timestamp", "snapshot", "targets"]
    for role in lost:
        (path,) = office.keys.glob(f"{role}-*.pem")
        path.unlink()
    rotate_keys(office.operator(), lost)
    office.box(trusted_root=shipped)
    office.check_list()


def drawers(office: PublishingOffice) -> tuple[Path, ...]:
    return tuple(office.place / f"drawer {number}" for number in range(3))


def test_two_of_three_root_keys_sign_a_root(office: PublishingOffice) -> None:
    places = drawers(office)
    create(office.operator(root_keys=places), threshold=2)
    shipped = (office.directory / "root.json").read_bytes()
    publish(office.operator(), ONE)  # which needs none of them
    assert not list(office.keys.glob("root*"))
    facts = office.facts()
    assert (facts["root_keys"], facts["root_threshold"]) == (3, 2)
    draft = rotate_keys(office.operator(root_keys=places[:1]), ["timestamp"])
    assert draft is not None
    path = draft_path(office.operator())
    assert (draft.version, draft.path, draft.missing) == (2, path, 1)
    assert office.versions()["root"] == 1
    office.box(trusted_root=shipped)
    with pytest.raises(InputError, match="is waiting for signatures"):
        rotate_keys(office.operator(root_keys=places), ["snapshot"])
    still = show_draft(office.operator(), path)
    assert still.missing == 1
    ring = KeyRing(places[2:], passphrase=right, repository=None)
    assert sign_draft(path, ring)["signatures"] == 2
    shown = show_draft(office.operator(now=NOW + 1), path)
    assert (shown.path, shown.missing) == (None, 0)
    assert office.versions()["root"] == 2
    assert not path.exists()
    office.check_list()
    office.box(now=NOW + 1, trusted_root=shipped)
    refresh(office.operator(now=NOW + 2))


def test_a_draft_signed_by_strangers_is_not_shown(office: PublishingOffice, tmp_path: Path) -> None:
    create(office.operator(root_keys=drawers(office)), threshold=2)
    draft = rotate_keys(office.operator(root_keys=drawers(office)[:1]), ["timestamp"])
    assert draft is not None
    assert draft.path is not None
    strangers = PublishingOffice(tmp_path / "strangers")
    create(strangers.operator())
    facts = sign_draft(draft.path, strangers.operator().root_keys)
    assert (facts["threshold"], facts["signatures"], facts["others"]) == (2, 1, 1)
    assert show_draft(office.operator(), draft.path).missing == 1
    with pytest.raises(InputError, match="no root key in"):
        sign_draft(draft.path, KeyRing([tmp_path], passphrase=right, repository=None))


def test_a_draft_of_the_past_is_not_shown(office: PublishingOffice) -> None:
    places = drawers(office)
    create(office.operator(root_keys=places), threshold=2)
    draft = begin_list(office.operator(root_keys=places[:1]))
    assert draft.path is not None
    sign_draft(draft.path, office.operator(root_keys=places[1:2]).root_keys)
    copy = office.place / "copy.json"
    copy.write_bytes(draft.path.read_bytes())
    show_draft(office.operator(), draft.path)
    with pytest.raises(InputError, match=r"copy\.json is version 2 of a root"):
        show_draft(office.operator(), copy)
    copy.write_text("{}")
    with pytest.raises(InputError, match=r"copy\.json is no draft of a root"):
        show_draft(office.operator(), copy)


def test_root_keys_are_replaced_by_old_and_new(office: PublishingOffice) -> None:
    places = drawers(office)
    create(office.operator(root_keys=places), threshold=2)
    shipped = (office.directory / "root.json").read_bytes()
    with pytest.raises(InputError, match="a threshold of 4 with 3 root keys"):
        rotate_keys(office.operator(root_keys=places), ["root"], threshold=4)
    kept = sorted(office.keys.iterdir())
    with pytest.raises(InputError, match="a threshold of 4 with 3 root keys"):
        rotate_keys(office.operator(root_keys=places), ["timestamp"], threshold=4)
    assert sorted(office.keys.iterdir()) == kept
    rotate_keys(office.operator(root_keys=places), ["root"], threshold=3)
    root = json.loads((office.directory / "metadata/2.root.json").read_bytes())
    assert root["signed"]["roles"]["root"]["threshold"] == 3
    assert len(root["signatures"]) == 6
    office.box(trusted_root=shipped)
    office.check_list()


@pytest.mark.parametrize("threshold", [0, 4])
def test_a_threshold_beyond_the_keys_is_refused(office: PublishingOffice, threshold: int) -> None:
    with pytest.raises(InputError, match=f"a threshold of {threshold} with 3 root keys"):
        create(office.operator(root_keys=drawers(office)), threshold=threshold)
    assert not office.served()


def test_a_root_is_renewed_before_it_runs_out(office: PublishingOffice) -> None:
    publish(office.operator(), ONE)
    shipped = (office.directory / "root.json").read_bytes()
    later = NOW + 720 * DAY
    assert any(line.startswith("root expires") for line in office.facts(now=later)["warnings"])
    refresh(office.trusting_clock(now=later), AT_FIRST)
    assert office.facts(now=later)["warnings"] == []
    office.box(now=later + 6 * DAY, trusted_root=shipped)
    office.check_list()
