"""Home Assistant with its real frontend."""

from collections.abc import Mapping
import json
import os
from pathlib import Path
import sys
from typing import Any, Final

from scripts.devenv.environment import STUBS
from scripts.devenv.paths import ROOT
from scripts.stack.context import Context
from scripts.stack.hass_api import ApiError
from scripts.stack.ports import LOOPBACK
from scripts.stack.terminal import say

from .speech import speech_libraries
from .twitch import SIMULATOR, twitch_url

RESTART_CODE: Final = 100
"""Home Assistant's exit code when somebody asked it to restart."""

INTEGRATION: Final = "custom_components/maestra"
"""A folder of the working copy, and where it appears in the config folder."""
BLUEPRINTS: Final = "blueprints"
"""Likewise, file by file: Home Assistant does not look for blueprints in folders that are links."""

TIME_ZONE: Final = "Europe/Amsterdam"
CONFIGURATION: Final = f"""\
homeassistant:
  name: Maestra
  latitude: 52.37
  longitude: 4.9
  elevation: 0
  unit_system: metric
  time_zone: {TIME_ZONE}
  country: NL
  currency: EUR
  language: en
logger:
  default: warning
  logs:
    custom_components.maestra: info
frontend:
config:
conversation:
history:
logbook:
media_source:
recorder:
  commit_interval: 1
sun:
system_health:
automation: !include automations.yaml
script: !include scripts.yaml
scene: !include scenes.yaml
"""
INCLUDED: Final = {
    "automations.yaml": "[]\n",
    "scripts.yaml": "{}\n",
    "scenes.yaml": "[]\n",
}

ONBOARDING: Final[dict[str, Any]] = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    # Only the user is left to create: the other steps start flows that need the network.
    "data": {"done": ["core_config", "analytics", "integration"]},
}


class HomeAssistant:
    """Home Assistant on loopback, with one user whose login is remembered."""

    async def start(self, context: Context) -> None:
        """Start it, log in; returns when every integration had its chance to start."""
        prepare_config(context.config, context.ports.home_assistant)
        await context.spawn(
            "home_assistant",
            program(),
            "--skip-pip",
            "--log-no-color",
            "--config",
            context.config,
            # Not the working copy: Home Assistant would see its custom_components twice.
            env={
                "PYTHONPATH": os.pathsep.join(
                    map(str, (STUBS / "python", *speech_libraries(context)))
                ),
                **({SIMULATOR: twitch_url(context)} if context.has_demo else {}),
            },
            restart_code=RESTART_CODE,
            vital=True,
        )
        say(f"Home Assistant logs to {context.logs / 'home_assistant.log'}")
        await context.api.wait_for_http()
        await log_in(context)
        await context.api.wait_until_running()

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where it is and how to log in."""
        memory = context.memory
        return {
            "url": context.url,
            "token": memory.token,
            "username": memory.username,
            "password": memory.password,
        }


def program() -> Path:
    """Return the `hass` that is started: of our environment, unless another Home Assistant is asked for (scripts/devenv)."""
    return Path(
        os.environ.get("MAESTRA_HASS") or Path(sys.executable).with_name("hass")
    )


async def log_in(context: Context) -> None:
    """Make sure of the user and of a long-lived token."""
    api, memory = context.api, context.memory
    api.token = memory.token
    if api.token and await api.is_authorized():
        return
    api.token = None
    if await api.needs_onboarding():
        await api.onboard(memory.username, memory.password)
    else:
        try:
            await api.log_in(memory.username, memory.password)
        except ApiError as err:
            raise ApiError(
                f"{err}. {context.config} has a user that was not made here; use --fresh"
            ) from err
    # Names of tokens are unique, and an older one may be left.
    name = f"scripts/develop {os.getpid()} {os.urandom(3).hex()}"
    memory.token = api.token = await api.make_long_lived_token(name)
    context.save_memory()


def prepare_config(config: Path, port: int) -> None:
    """Write what Home Assistant needs to start unattended; keeps what a person has changed."""
    (config / ".storage").mkdir(parents=True, exist_ok=True)
    for name, text in {"configuration.yaml": CONFIGURATION, **INCLUDED}.items():
        if not (config / name).exists():
            (config / name).write_text(text, "utf-8")
    onboarding = config / ".storage" / "onboarding"
    if not onboarding.exists():
        onboarding.write_text(json.dumps(ONBOARDING), "utf-8")
    _set_address(config / ".storage" / "http", port)
    _link(ROOT / INTEGRATION, config / INTEGRATION)
    for source in (ROOT / BLUEPRINTS).rglob("*.yaml"):
        _link(source, config / source.relative_to(ROOT))


def _set_address(storage: Path, port: int) -> None:
    """Let the web server listen on loopback.

    In YAML the address would be a trial that Home Assistant takes back after five minutes.
    """
    if storage.exists():
        stored = json.loads(storage.read_text("utf-8"))
    else:
        stored = {
            "version": 2,
            "minor_version": 2,
            "key": "http",
            "data": {
                "stable": {
                    "cors_allowed_origins": [],
                    "login_attempts_threshold": -1,
                    "ip_ban_enabled": False,
                    "ssl_profile": "modern",
                    "use_x_frame_options": True,
                    "created_at": "2026-01-01T00:00:00+00:00",
                    "error": None,
                    "error_message": None,
                },
                "pending": None,
                "yaml_migration_done": True,
            },
        }
    stored["data"]["stable"].update(server_host=[LOOPBACK], server_port=port)
    storage.write_text(json.dumps(stored, indent=2), "utf-8")


def _link(source: Path, link: Path) -> None:
    """Let a part of the working copy appear in the config folder; never over what a person has put there."""
    if link.is_symlink():
        link.unlink()
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(source)
