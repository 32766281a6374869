"""What a manifest of firmware offers, and which addresses are taken from a device."""

import json
from typing import Any

import pytest

from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import InvalidManifest
from custom_components.maestra.core.domain.firmware import (
    FirmwareSource,
    Release,
    firmware_source,
    is_same_origin,
    read_manifest,
)

MANIFEST = "https://example.org/fader/manifest.json"
OTA = {"path": "fader.ota.bin", "md5": "0123456789abcdef0123456789abcdef"}


def manifest(*builds: Any, **fields: Any) -> bytes:
    said = {"name": "Fader", "version": "1.2.0", "builds": [*builds], **fields}
    return json.dumps(said).encode()


def build(chip: str, **ota: Any) -> dict[str, Any]:
    return {"chipFamily": chip, "ota": {**OTA, **ota}}


def source(**fields: Any) -> FirmwareSource:
    return FirmwareSource(manifest=MANIFEST, **fields)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"manifest": MANIFEST}, source()),
        (
            {"manifest": MANIFEST, "chip_family": "ESP32-C3", "can_install": True},
            source(chip_family="ESP32-C3", can_install=True),
        ),
        ({"manifest": MANIFEST, "chip_family": 3, "can_install": "yes"}, source()),
        ({"manifest": "file:///etc/passwd"}, None),
        ({"manifest": "ftp://example.org/manifest.json"}, None),
        ({"manifest": "https://user:secret@example.org/manifest.json"}, None),
        ({"manifest": "https://"}, None),
        ({"manifest": "https://example.org:port/"}, None),
        ({"manifest": "https://[::1/"}, None),
        ({"manifest": "https://example.org/\n"}, None),
        ({"manifest": f"https://example.org/{'a' * 2_000}"}, None),
        ({"manifest": 5}, None),
        ({}, None),
        ("https://example.org", None),
        (None, None),
    ],
)
def test_a_device_says_where_its_firmware_comes_from(
    domain: Domain, said: Any, found: FirmwareSource | None
) -> None:
    device = domain.devices.register(
        {
            "hardware_id": "AA:01",
            "name": "Fader",
            "device_type": "esphome",
            "metadata": {"firmware": said},
        }
    )
    assert firmware_source(device) == found


def test_the_release_is_that_of_the_chip() -> None:
    raw = manifest(
        build("ESP32"),
        build(
            "ESP32-C3",
            path="/c3.bin",
            summary="Faster",
            release_url="https://example.org/notes",
        ),
    )
    assert read_manifest(raw, source(chip_family="ESP32-C3")) == Release(
        title="Fader",
        version="1.2.0",
        url="https://example.org/c3.bin",
        md5=OTA["md5"],
        summary="Faster",
        release_url="https://example.org/notes",
    )


def test_a_device_of_an_unknown_chip_gets_the_first_one() -> None:
    release = read_manifest(manifest(build("ESP32"), build("ESP32-S3")), source())
    assert release.url == "https://example.org/fader/fader.ota.bin"


def test_what_the_manifest_says_beside_is_data() -> None:
    said = build("ESP32", summary="x" * 900, release_url="javascript:alert(1)")
    release = read_manifest(manifest(said), source())
    assert (release.summary, release.release_url) == ("x" * 255, None)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "is not JSON"),
        (b"[]", "name: must be a text"),
        (manifest(build("ESP32"), version=None), "version: must be a text"),
        (manifest(build("ESP32"), version=" "), "version: must be a text"),
        (manifest(), "nothing for ESP32"),
        (manifest(builds="none"), "nothing for ESP32"),
        (manifest(5, build("ESP8266")), "nothing for ESP32"),
        (manifest({"chipFamily": "ESP32"}), "path: must be a text"),
        (manifest(build("ESP32", md5=5)), "md5: must be a text"),
        (manifest(build("ESP32", path="file:///x")), "path: no web address"),
        (manifest(build("ESP32", path="http://[")), "path: no web address"),
    ],
)
def test_what_can_t_be_used_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(InvalidManifest, match=reason):
        read_manifest(raw, source(chip_family="ESP32"))


@pytest.mark.parametrize(
    ("path", "is_same"),
    [
        ("fader.bin", True),
        ("/other/fader.bin", True),
        ("https://example.org/fader.bin", True),
        ("http://example.org/fader.bin", False),
        ("https://example.org:8443/fader.bin", False),
        ("//elsewhere.example/fader.bin", False),
    ],
)
def test_a_file_from_elsewhere_is_told_apart(path: str, is_same: bool) -> None:
    release = read_manifest(manifest(build("ESP32", path=path)), source())
    assert is_same_origin(release, source()) is is_same
