"""The blueprint that posts what a detector finds: once, and then not for a while."""

from datetime import datetime, timedelta
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    async_mock_service,
    mock_restore_cache,
)

from homeassistant.core import HomeAssistant, State, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .kits.detectors import BEGIN, FILL, adds, at, tells
from .kits.hub import HubKit

BLUEPRINTS = Path(__file__).parent.parent / "blueprints"
HELPER = "input_datetime.last_post"
SHOWN = "The urine tank of the International Space Station has risen from 19 % to 21 % within 20 seconds."


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A configuration folder of our own, with the blueprints in their place."""
    folder = Path(hass_tmp_config_dir) / "blueprints"
    shutil.copytree(BLUEPRINTS, folder, dirs_exist_ok=True)
    return hass_tmp_config_dir


class Poster:
    """An automation of the blueprint, and what it posts."""

    def __init__(
        self, hass: HomeAssistant, hub_kit: HubKit, freezer: FrozenDateTimeFactory
    ) -> None:
        self._hass = hass
        self._hub_kit = hub_kit
        self._freezer = freezer
        self._visits = 0
        self.posts = async_mock_service(hass, "test", "notify")

    @property
    def messages(self) -> list[str]:
        """What was posted."""
        return [call.data["message"] for call in self.posts]

    async def begin(self, helper: dict[str, bool] | None = None, **given: Any) -> None:
        """Set the helper up, and the automation."""
        settings = {"has_date": True, "has_time": True} if helper is None else helper
        assert await async_setup_component(
            self._hass, "input_datetime", {"input_datetime": {"last_post": settings}}
        )
        await adds(self._hub_kit, "PeeBot", "peebot", "iss:NODE3000005")
        post = {"action": "test.notify", "data": {"message": "{{ message }}"}}
        inputs = {"last_post": HELPER, "dry_run": False, "post": [post], **given}
        assert await async_setup_component(
            self._hass,
            "automation",
            {
                "automation": {
                    "use_blueprint": {
                        "path": "maestra/social_post.yaml",
                        "input": inputs,
                    }
                }
            },
        )
        await self._hub_kit.settled()

    async def visit(self, later: timedelta = timedelta(0)) -> None:
        """Let somebody visit, so much later than before."""
        self._freezer.tick(later)
        self._visits += 1
        second = self._visits * 1000
        words = (word.split("@") for word in FILL.split())
        # Emptied in between.
        tells(
            self._hub_kit, " ".join(f"{level}@{second + int(t)}" for level, t in words)
        )
        await self._hub_kit.settled()


@pytest.fixture
def poster(
    hass: HomeAssistant, hub_kit: HubKit, freezer: FrozenDateTimeFactory
) -> Poster:
    """A poster, in the evening: a helper that is new says midnight."""
    freezer.move_to(at(8 * 3600))
    return Poster(hass, hub_kit, freezer)


async def test_one_post_and_then_none_for_a_while(poster: Poster) -> None:
    await poster.begin()
    await poster.visit()
    assert poster.messages == [SHOWN]
    await poster.visit(timedelta(minutes=29))
    assert len(poster.messages) == 1
    await poster.visit(timedelta(minutes=2))
    assert len(poster.messages) == 2


@pytest.mark.parametrize(("minutes", "posts"), [(29, 0), (31, 1)])
async def test_a_restart_forgets_no_post(
    hass: HomeAssistant, poster: Poster, minutes: int, posts: int
) -> None:
    """The helper comes back with what it said before."""
    last = dt_util.now() - timedelta(minutes=minutes)
    mock_restore_cache(hass, [State(HELPER, last.strftime("%Y-%m-%d %H:%M:%S"))])
    await poster.begin()
    await poster.visit()
    assert len(poster.messages) == posts


async def test_what_was_posted_is_remembered(
    hass: HomeAssistant, poster: Poster
) -> None:
    """In the state that Home Assistant restores."""
    await poster.begin()
    await poster.visit()
    state = hass.states.get(HELPER)
    assert state
    posted = datetime.fromisoformat(state.state).replace(
        tzinfo=dt_util.get_default_time_zone()
    )
    assert posted - BEGIN == timedelta(hours=8)


async def test_at_first_it_only_shows_what_it_would_post(
    hass: HomeAssistant, poster: Poster
) -> None:
    shown = async_mock_service(hass, "persistent_notification", "create")
    await poster.begin(dry_run=True)
    await poster.visit()
    await poster.visit(timedelta(minutes=5))
    assert poster.posts == []
    assert [call.data["message"] for call in shown] == [SHOWN]


async def test_a_post_that_failed_does_not_count(
    hass: HomeAssistant, poster: Poster
) -> None:
    away = async_mock_service(
        hass, "test", "notify", raise_exception=HomeAssistantError("away")
    )
    await poster.begin()
    await poster.visit()
    assert len(away) == 1
    back = async_mock_service(hass, "test", "notify")
    await poster.visit(timedelta(minutes=1))
    await poster.visit(timedelta(minutes=1))
    assert len(back) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"last_post": "input_datetime.nobody"},
        {"helper": {"has_time": True}},
        {"helper": {"has_date": True}},
        {"text": "{{ '' }}"},
        {"event_types": ["bulk_transfer"]},
        {"confidence": 0.9},
    ],
)
async def test_where_anything_is_in_doubt_nothing_is_posted(
    poster: Poster, given: dict[str, Any]
) -> None:
    await poster.begin(**given)
    await poster.visit()
    assert poster.posts == []


async def test_an_ai_task_writes_the_text(hass: HomeAssistant, poster: Poster) -> None:
    asked = async_mock_service(
        hass,
        "ai_task",
        "generate_data",
        response={"data": "  A visit. " + "Very long. " * 50},
        supports_response=SupportsResponse.ONLY,
    )
    await poster.begin(ai_task="ai_task.writer", limit=50)
    await poster.visit()
    (call,) = asked
    assert call.data["entity_id"] == "ai_task.writer"
    assert "from 19 % to 21 % (by 2)" in call.data["instructions"]
    assert "at most 50 characters" in call.data["instructions"]
    (message,) = poster.messages
    assert message.startswith("A visit. Very long.")
    assert len(message) == 50


async def test_without_a_text_of_the_ai_task_there_is_no_post(
    hass: HomeAssistant, poster: Poster
) -> None:
    """The template is for where there is no AI task. It does not count."""
    async_mock_service(
        hass,
        "ai_task",
        "generate_data",
        response={"data": " "},
        supports_response=SupportsResponse.ONLY,
    )
    await poster.begin(ai_task="ai_task.writer")
    await poster.visit()
    assert poster.posts == []


async def test_an_ai_task_that_fails_posts_nothing(
    hass: HomeAssistant, poster: Poster
) -> None:
    await poster.begin(ai_task="ai_task.writer")
    await poster.visit()
    assert poster.posts == []
