"""Firmware of devices: what a manifest offers, in ESPHome's format.

https://esphome.io/components/update/http_request, which is ESP Web Tools' with `ota` in each build. No I/O.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from .device import Device
from .errors import InvalidManifest
from .json_values import InvalidJson, JsonValue, loads
from .names import is_name

MAX_URL_LENGTH: Final = 2_000
MAX_MANIFEST_BYTES: Final = 65_536
MAX_SUMMARY_LENGTH: Final = 255
INSTALL_COMMAND: Final = "install_firmware"
"""The event by which a device is asked to install a firmware: `version`, `url` and `md5` are its data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareSource:
    """Where a device's firmware comes from, as its metadata say.

    `{"firmware": {"manifest": "https://…/manifest.json", "chip_family": "ESP32-C3", "can_install": true}}`
    """

    manifest: str
    chip_family: str | None = None
    can_install: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The newest firmware for a device. `url` and `md5` are those of the file."""

    title: str
    version: str
    url: str
    md5: str
    summary: str | None = None
    release_url: str | None = None


def firmware_source(device: Device) -> FirmwareSource | None:
    """Return where a device's firmware comes from; None where it does not say, or names no web address."""
    said = device.metadata.get("firmware")
    if not isinstance(said, dict):
        return None
    manifest = _web_address(said.get("manifest"))
    if manifest is None:
        return None
    chip_family = said.get("chip_family")
    return FirmwareSource(
        manifest=manifest,
        chip_family=chip_family if isinstance(chip_family, str) else None,
        can_install=said.get("can_install") is True,
    )


def read_manifest(raw: bytes, source: FirmwareSource) -> Release:
    """Return the release that a manifest has for a device; raises InvalidManifest.

    It is that of the device's chip, or the first one where the device does not say what chip it has.
    """
    try:
        manifest = loads(raw)
    except InvalidJson as error:
        raise InvalidManifest(url=source.manifest, reason=str(error)) from error
    title, version = _texts(manifest, "name", "version", url=source.manifest)
    for build in _builds(manifest):
        if source.chip_family not in (None, build.get("chipFamily")):
            continue
        said = build.get("ota")
        ota: dict[str, Any] = said if isinstance(said, dict) else {}
        path, md5 = _texts(ota, "path", "md5", url=source.manifest)
        url = _joined(source.manifest, path)
        if url is None:
            raise InvalidManifest(url=source.manifest, reason="path: no web address")
        summary = ota.get("summary")
        return Release(
            title=title,
            version=version,
            url=url,
            md5=md5,
            summary=summary[:MAX_SUMMARY_LENGTH]
            if isinstance(summary, str) and is_name(summary[:MAX_SUMMARY_LENGTH])
            else None,
            release_url=_web_address(ota.get("release_url")),
        )
    reason = f"nothing for {source.chip_family or 'any chip'}"
    raise InvalidManifest(url=source.manifest, reason=reason)


def is_same_origin(release: Release, source: FirmwareSource) -> bool:
    """Whether the file is where the manifest is: no device installs another."""
    file, manifest = urlsplit(release.url), urlsplit(source.manifest)
    return (file.scheme, file.netloc) == (manifest.scheme, manifest.netloc)


def _builds(manifest: Any) -> Iterator[dict[str, Any]]:
    builds = manifest.get("builds")
    for build in builds if isinstance(builds, list) else ():
        if isinstance(build, dict):
            yield build


def _texts(said: JsonValue, *keys: str, url: str) -> list[str]:
    """Return texts that have to be there."""
    found = [said.get(key) if isinstance(said, dict) else None for key in keys]
    for key, text in zip(keys, found, strict=True):
        if not isinstance(text, str) or not is_name(text):
            raise InvalidManifest(url=url, reason=f"{key}: must be a text")
    return [str(text) for text in found]


def _joined(manifest: str, path: str) -> str | None:
    """Return the web address of a file beside a manifest, None where it is none."""
    try:
        return _web_address(urljoin(manifest, path))
    except ValueError:
        return None


def _web_address(said: object) -> str | None:
    """Return a plain web address, None for anything else: what a device says is data, and this is fetched."""
    if not isinstance(said, str) or not said.isprintable():
        return None
    try:
        url = urlsplit(said)
        _ = url.port
    except ValueError:
        return None
    is_plain = (
        url.scheme in {"http", "https"} and url.hostname and "@" not in url.netloc
    )
    return said if is_plain and len(said) <= MAX_URL_LENGTH else None
