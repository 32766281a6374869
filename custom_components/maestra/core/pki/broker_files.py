"""The files of a Mosquitto broker: its configuration, access list and certificates (f2.md §4)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import PurePosixPath
import re
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ..domain.errors import InvalidField
from ..domain.names import F2_NAME_PREFIX
from .extensions import OWN_NAME

CONFIGURATION: Final = "mosquitto.conf"
ACL: Final = "maestra.acl"
CA: Final = "ca.crt"
CRL: Final = "ca.crl"
CERTIFICATE: Final = "server.crt"
KEY: Final = "server.key"
RUNNER: Final = "run.sh"
APPLIED: Final = "applied"
"""What the runner leaves: the SHA-256 of the revocation list that the broker has read."""

TLS_PORT: Final = 8883
# What the add-on's own users need once there is an ACL (its documentation).
ADD_ON_USERS: Final = ("addons", "homeassistant")
_USER: Final = re.compile(r"[^\s+#/\x00-\x1f]{1,64}")
# Mosquitto reads a path to the end of its line.
_PATH: Final = re.compile(r"/(?:[\w ./-]{0,199}[\w./-])?")

# With the names that topics have for a device; the answer of a reader's lights has a level more.
F2_RIGHTS: Final = (
    "read cmnd/{}/+/+/+",
    "read cmnd/{}/+/+/+/+",
    "write stat/{}/+/+/+",
    "write tele/{}/+/+/+",
)
QS_RIGHTS: Final = ("write qs/v1/{}/events", "read qs/v1/{}/acks")
QUEUES: Final = (
    "max_queued_messages 0",
    "max_inflight_messages 2000",
    "set_tcp_nodelay true",
)
"""Lines without which Mosquitto throws away what it has acknowledged (docs/mqtt.md).

A queue has at most 1 000 messages unless told otherwise. With the usual 20 messages in flight a fast client waits for
acknowledgements, and with Nagle's algorithm a small message for 25 ms.
"""
DELIVERY: Final = ("persistence true", *QUEUES)
"""The same where messages are to outlive a restart of the broker."""
OWN_RIGHTS: Final = (
    "topic read $SYS/broker/publish/messages/dropped",
    "topic readwrite maestra/#",
    "topic read stat/#",
    "topic read tele/#",
    "topic write cmnd/#",
    "topic readwrite qs/#",
)


# A Mosquitto reads a revocation list only when it starts, and never ends a connection because of one.
_RUNNER: Final = f"""\
#!/bin/sh
# Written by Maestra, and again with the next hand-over: changes are lost.
# Runs Mosquitto with the files beside this one (`sh {RUNNER}`), starts it anew within seconds when the revocation
# list, a certificate or the configuration changes, and lets it read its access list again when that changes.
cd "$(dirname "$0")" || exit 1
broker=
trap '[ -z "$broker" ] || kill "$broker"; wait; exit 0' TERM INT HUP
startup() {{ cksum {CRL} {CA} {CERTIFICATE} {KEY} {CONFIGURATION}; }}
rights() {{ cksum {ACL}; }}
pause() {{ sleep 1 & wait "$!"; }}
while :; do
  list=$(sha256sum < {CRL})
  startup=$(startup)
  rights=$(rights)
  "${{MOSQUITTO:-mosquitto}}" -c "$PWD/{CONFIGURATION}" &
  broker=$!
  pause
  if kill -0 "$broker" 2> /dev/null; then
    echo "${{list%% *}}" > .{APPLIED}.new && mv .{APPLIED}.new {APPLIED}
  fi
  while kill -0 "$broker" 2> /dev/null && [ "$(startup)" = "$startup" ]; do
    if [ "$(rights)" != "$rights" ]; then
      rights=$(rights)
      kill -HUP "$broker"
    fi
    pause
  done
  kill "$broker" 2> /dev/null
  wait "$broker"
done
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerLayout:
    """Where the files are on the broker's machine, and what else the broker does.

    For the Mosquitto add-on (`is_add_on`) the configuration is a part of the add-on's;
    `users` are those of its users with a password that may read and write everything.
    `persistence_plugin` is the path of Mosquitto's SQLite plugin (2.1 and later), with which
    a broker that is killed loses what it acknowledged in its last milliseconds at most.
    Raises InvalidField.
    """

    folder: str
    port: int = TLS_PORT
    is_add_on: bool = False
    users: tuple[str, ...] = ()
    persistence_plugin: str | None = None

    def __post_init__(self) -> None:
        """Check what goes into configuration files as it is."""
        _check_path("folder", self.folder)
        if self.persistence_plugin is not None:
            _check_path("persistence_plugin", self.persistence_plugin)
            if self.is_add_on:
                raise InvalidField(
                    field="persistence_plugin",
                    reason="the add-on says itself how it keeps messages",
                )
        for user in self.users:
            if not _USER.fullmatch(user):
                raise InvalidField(
                    field="users", reason=f"{user[:40]!r} can't be a user's name"
                )


def _check_path(field: str, path: str) -> None:
    if not _PATH.fullmatch(path) or ".." in PurePosixPath(path).parts:
        raise InvalidField(
            field=field,
            reason="must be an absolute path of letters, digits, spaces and ._-/",
        )


def plugin_persistence(plugin: str) -> tuple[str, ...]:
    """Return the lines with which Mosquitto commits what it has acknowledged at the end of each turn of its loop.

    In a turn it reads one buffer of each client: with its usual 4 KiB it commits for every ten messages.
    """
    return (
        f"global_plugin {plugin}",
        "plugin_opt_sync full",
        "plugin_opt_flush_period 0",
        "packet_buffer_size 16384",
    )


def configuration(layout: BrokerLayout) -> str:
    """Return the `mosquitto.conf`."""

    def path(name: str) -> str:
        return str(PurePosixPath(layout.folder) / name)

    general: tuple[str, ...] = DELIVERY
    # The add-on has settings of its own before ours: these can't be split afterwards, nor be said twice.
    if not layout.is_add_on:
        general = (
            "per_listener_settings true",
            "# Where this file is included, nothing else may say where messages are kept:",
            f"persistence_location {PurePosixPath(layout.folder)}/",
            *(
                DELIVERY
                if layout.persistence_plugin is None
                else (*plugin_persistence(layout.persistence_plugin), *QUEUES)
            ),
        )
    return _text(
        "# Written by Maestra, and again with the next hand-over: changes are lost.",
        *general,
        f"listener {layout.port}",
        "protocol mqtt",
        f"cafile {path(CA)}",
        f"certfile {path(CERTIFICATE)}",
        f"keyfile {path(KEY)}",
        f"crlfile {path(CRL)}",
        "require_certificate true",
        "use_identity_as_username true",
        "allow_anonymous false",
        f"acl_file {path(ACL)}",
    )


def access_list(layout: BrokerLayout, devices: Iterable[str] = ()) -> str:
    """Return who may do what. Nobody may do anything else, and nobody without a name anything.

    `devices` are the names in certificates that have rights of their own: from 2.1 on,
    Mosquitto knows a name in a pattern only as a whole level, so none behind `f2-`.
    """
    users = (*ADD_ON_USERS, *layout.users) if layout.is_add_on else layout.users
    return _text(
        "# Written by Maestra, and again with the next hand-over: changes are lost.",
        f"user {OWN_NAME}",
        *OWN_RIGHTS,
        *(line for user in users for line in ("", f"user {user}", "topic readwrite #")),
        *(
            line
            for device in sorted(set(devices))
            for line in ("", f"user {device}", *_device_rights(device))
        ),
        "",
        "# %u is the name in the certificate: nothing that a device can choose.",
        *_rights("pattern", F2_RIGHTS, "f2-%u"),
        *_rights("pattern", (*F2_RIGHTS, *QS_RIGHTS), "%u"),
    )


def broker_files(
    layout: BrokerLayout,
    *,
    devices: Iterable[str],
    ca: str,
    crl: str,
    certificate: str,
    private_key: str,
) -> dict[str, str]:
    """Return all files by name; the certificates are PEM texts."""
    files = {
        CONFIGURATION: configuration(layout),
        ACL: access_list(layout, devices),
        CA: ca,
        CRL: crl,
        CERTIFICATE: certificate,
        KEY: private_key,
    }
    return files if layout.is_add_on else files | {RUNNER: _RUNNER}


def list_digest(crl: str) -> str:
    """Return what the runner leaves in `applied` once the broker has read this list."""
    return sha256(crl.encode()).hexdigest()


def zipped(files: Mapping[str, str]) -> bytes:
    """Return files as one ZIP archive; only their owner may read private keys."""
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as writer:
        for name, text in files.items():
            info = ZipInfo(name)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = (0o600 if name.endswith(".key") else 0o644) << 16
            writer.writestr(info, text)
    return archive.getvalue()


def _device_rights(name: str) -> Iterator[str]:
    topic_name = f"{F2_NAME_PREFIX}{name.removeprefix(F2_NAME_PREFIX)}"
    yield from _rights("topic", F2_RIGHTS, topic_name)
    yield from _rights("topic", QS_RIGHTS, name)


def _rights(kind: str, rights: Iterable[str], name: str) -> Iterator[str]:
    return (f"{kind} {right.format(name)}" for right in rights)


def _text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)
