"""One Home Assistant and one browser for all tests of a process; each test has a window of its own."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import aiohttp
from playwright.async_api import Browser
import pytest
import pytest_asyncio
import pytest_socket

from scripts.stack.browser import chromium
from scripts.stack.hass_api import HassApi
from tests.kits.browser import Visitor, visit
from tests.kits.hass_process import HassProcess

from .house import CONFIGURATION, GUEST, LOVELACE, READER, furnish, hang, invite

type Visit = Callable[..., AbstractAsyncContextManager[Visitor]]


@pytest.fixture(autouse=True)
def our_integration() -> None:
    """There is no Home Assistant in this process."""


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """The connections to Home Assistant and the browser outlive each test."""


@pytest.fixture(autouse=True)
def network(socket_enabled: None) -> None:
    """Home Assistant and the browser are other processes."""


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> None:
    """Home Assistant's test kit shuts each test in; what those of a file share is made before one of them is let out."""
    if fixturedef.scope != "function":
        pytest_socket.enable_socket()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def home_assistant(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[HassProcess]:
    """Home Assistant with a furnished hub."""
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("browser") / "config"
    process = HassProcess(folder, configuration=CONFIGURATION + LOVELACE)
    hang(folder)
    async with process.running():
        async with process.api() as api:
            await api.wait_until_running()
            await furnish(api)
            await invite(api, GUEST, "system-users")
            await invite(api, READER, "system-read-only")
        yield process


@pytest_asyncio.fixture(loop_scope="session")
async def api(home_assistant: HassProcess) -> AsyncGenerator[HassApi]:
    """Its first user, who is an administrator."""
    async with home_assistant.api() as api:
        yield api


@pytest_asyncio.fixture(loop_scope="session")
async def fleet(
    home_assistant: HassProcess,
) -> AsyncGenerator[Callable[[str, Any], Any]]:
    """Speak to the Fleet API as devices do."""
    async with aiohttp.ClientSession() as session:

        async def post(path: str, body: Any) -> Any:
            async with session.post(
                f"{home_assistant.fleet_api}{path}", json=body
            ) as answer:
                answer.raise_for_status()
                return await answer.json()

        yield post


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    """A browser without windows."""
    async with chromium() as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser, api: HassApi) -> Visit:
    """Let the administrator open a window."""
    return partial(visit, browser, api.url, str(api.token))


@pytest_asyncio.fixture(loop_scope="session")
async def guest(browser: Browser, api: HassApi) -> Visit:
    """Let somebody open a window who is no administrator."""
    return await _visit_of(browser, api, GUEST)


@pytest_asyncio.fixture(loop_scope="session")
async def reader(browser: Browser, api: HassApi) -> Visit:
    """Let somebody open a window who may read everything, and do nothing."""
    return await _visit_of(browser, api, READER)


async def _visit_of(browser: Browser, api: HassApi, name: str) -> Visit:
    async with HassApi(api.url) as login:
        await login.log_in(name, name)
        return partial(visit, browser, api.url, str(login.token))
