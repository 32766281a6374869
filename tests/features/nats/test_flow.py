"""Adding a NATS server and changing it, tried out on real servers."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.core.nats.errors import NatsError
from custom_components.maestra.features.nats.flow import (
    NATS_PROBLEMS,
    data_from_form,
    form_from_data,
    nats_settings,
)
from homeassistant.config_entries import SOURCE_REAUTH, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData

from ...kits.broker import TlsListener
from ...kits.certificates import Authority
from ...kits.forms import add_nats, connected, flow_appears, nats_form
from ...kits.hub import unload
from ...kits.nats import NatsServer, UserKey
from ...kits.process import HOST, free_port
from ...kits.texts import TEXTS

pytestmark = pytest.mark.usefixtures("socket_enabled")

KIND = "nats_server"


@pytest.fixture(autouse=True)
async def without_links(
    hass: HomeAssistant, hub: MockConfigEntry
) -> AsyncGenerator[None]:
    """Let the hub go before the servers do: nothing of it may be left when a test ends."""
    yield
    await unload(hass, hub)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[NatsServer]:
    """A server that lets everybody in."""
    async with NatsServer(tmp_path) as running:
        yield running


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncGenerator[NatsServer]:
    """A server that wants a token."""
    async with NatsServer(tmp_path, token="right") as running:
        yield running


async def open_form(hass: HomeAssistant, hub: MockConfigEntry) -> str:
    """Open the form for a server; returns the flow's id."""
    form: Any = await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND), context={"source": "user"}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "user"
    flow_id: str = form["flow_id"]
    return flow_id


async def fill_in(hass: HomeAssistant, flow_id: str, form: dict[str, Any]) -> Any:
    return await hass.config_entries.subentries.async_configure(flow_id, form)


async def answer(hass: HomeAssistant, flow: Any, form: dict[str, Any]) -> Any:
    return await hass.config_entries.flow.async_configure(flow["flow_id"], form)


async def saved(
    hass: HomeAssistant, hub: MockConfigEntry, flow_id: str, form: dict[str, Any]
) -> ConfigSubentry:
    """Fill in a form that is right, and return what the hub has of it once it is connected."""
    result = await fill_in(hass, flow_id, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    (subentry,) = hub.subentries.values()
    await connected(hass, hub, subentry.subentry_id)
    return subentry


def shown(schema: Any) -> dict[str, Any]:
    """Return what the fields of a form are filled in with."""
    return {
        str(marker): marker.description["suggested_value"]
        for marker in schema.schema
        if marker.description and "suggested_value" in marker.description
    }


async def test_a_server_is_added(
    hass: HomeAssistant, hub: MockConfigEntry, server: NatsServer
) -> None:
    flow_id = await open_form(hass, hub)
    subentry = await saved(hass, hub, flow_id, nats_form(server, host=f" {HOST} "))

    assert subentry.title == "NATS server"
    assert subentry.unique_id == f"{HOST}:{server.port}"
    assert subentry.subentry_type == KIND
    assert subentry.data == {
        "host": HOST,
        "port": server.port,
        "auth": "none",
        "tls": False,
    }


async def test_the_usual_is_filled_in(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    form: Any = await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND), context={"source": "user"}
    )
    usual = form["data_schema"]({"host": "nats.local", "security": {}})
    settings = nats_settings(data_from_form(usual))
    assert (settings.port, settings.tls, settings.user) == (4222, None, None)


async def test_a_token_is_asked_for(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: NatsServer
) -> None:
    flow_id = await open_form(hass, hub)
    result = await fill_in(hass, flow_id, nats_form(guarded))
    assert result["errors"] == {"auth": "nats_refused"}
    token = {"auth": "token", "secret": "wrong"}
    result = await fill_in(hass, flow_id, nats_form(guarded, **token))
    assert result["errors"] == {"auth": "nats_refused"}
    token = {"auth": "token", "secret": " right "}
    subentry = await saved(hass, hub, flow_id, nats_form(guarded, **token))
    assert subentry.data["token"] == "right"


async def test_a_user_logs_in(
    hass: HomeAssistant, hub: MockConfigEntry, tmp_path: Path
) -> None:
    async with NatsServer(tmp_path, users={"stage": "right"}) as server:
        flow_id = await open_form(hass, hub)
        login = {"auth": "password", "username": " stage ", "secret": "right"}
        subentry = await saved(hass, hub, flow_id, nats_form(server, **login))
        assert subentry.data["username"] == "stage"
        assert subentry.data["password"] == "right"


async def test_a_key_logs_in(
    hass: HomeAssistant, hub: MockConfigEntry, tmp_path: Path
) -> None:
    key = UserKey()
    async with NatsServer(tmp_path, keys=[key.public]) as server:
        flow_id = await open_form(hass, hub)
        wrong = nats_form(server, auth="nkey", secret="nonsense")
        result = await fill_in(hass, flow_id, wrong)
        assert result["errors"] == {"secret": "invalid_seed"}
        account = {"auth": "nkey", "secret": f" {key.seed}\n"}
        subentry = await saved(hass, hub, flow_id, nats_form(server, **account))
        assert subentry.data["nkey_seed"] == key.seed


async def test_a_server_with_tls_is_added(
    hass: HomeAssistant, hub: MockConfigEntry, tmp_path: Path
) -> None:
    authority = Authority()
    listener = TlsListener(authority.issue("localhost", HOST), authority.certificate)
    ours = authority.issue("maestra")
    async with NatsServer(tmp_path, tls=listener) as server:
        flow_id = await open_form(hass, hub)
        security = {"tls": True, "ca_certificate": authority.certificate}
        result = await fill_in(hass, flow_id, nats_form(server, security=security))
        assert result["errors"] == {"security": "nats_tls_failed"}
        security |= {
            "client_certificate": ours.certificate,
            "client_key": ours.private_key,
        }
        subentry = await saved(hass, hub, flow_id, nats_form(server, security=security))
        assert subentry.data["client_key"] == ours.private_key
        assert "client_key" not in form_from_data(subentry.data)["security"]


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        pytest.param(
            {"port": free_port()}, {"host": "nats_unreachable"}, id="nobody there"
        ),
        pytest.param({"host": " "}, {"host": "invalid_host"}, id="empty host"),
        pytest.param(
            {"host": "nowhere..example"}, {"host": "invalid_host"}, id="no host name"
        ),
        pytest.param({"host": "user@host"}, {"host": "invalid_host"}, id="a URL"),
        pytest.param(
            {"auth": "password", "secret": "x"},
            {"username": "account_incomplete"},
            id="no user",
        ),
        pytest.param(
            {"auth": "token", "secret": " "},
            {"secret": "account_incomplete"},
            id="no token",
        ),
        pytest.param(
            {"security": {"tls": True, "ca_certificate": "nonsense"}},
            {"security": "invalid_ca"},
            id="no certificate",
        ),
        pytest.param(
            {"security": {"tls": True}}, {"security": "nats_tls_failed"}, id="no TLS"
        ),
    ],
)
async def test_what_is_wrong_is_shown_where_it_is(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    server: NatsServer,
    wrong: dict[str, Any],
    errors: dict[str, str],
) -> None:
    flow_id = await open_form(hass, hub)
    result = await fill_in(hass, flow_id, nats_form(server, **wrong))
    assert result["errors"] == errors
    await saved(hass, hub, flow_id, nats_form(server))


@pytest.mark.parametrize("wrong", [{"port": 0}, {"port": 65_536}, {"auth": "magic"}])
async def test_what_is_no_choice_is_refused(
    hass: HomeAssistant, hub: MockConfigEntry, server: NatsServer, wrong: dict[str, Any]
) -> None:
    flow_id = await open_form(hass, hub)
    with pytest.raises(InvalidData):
        await fill_in(hass, flow_id, nats_form(server, **wrong))
    await saved(hass, hub, flow_id, nats_form(server))


async def test_a_server_is_there_once(
    hass: HomeAssistant, hub: MockConfigEntry, server: NatsServer
) -> None:
    await saved(hass, hub, await open_form(hass, hub), nats_form(server))
    result = await fill_in(hass, await open_form(hass, hub), nats_form(server))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_server_is_there_once_under_any_name(
    hass: HomeAssistant, hub: MockConfigEntry, server: NatsServer
) -> None:
    """And named as people like, with a whole address in place of the host."""
    pasted = nats_form(
        server, host=f"nats://{HOST}:{server.port}", port=1, name="Stage"
    )
    subentry = await saved(hass, hub, await open_form(hass, hub), pasted)
    assert subentry.title == "Stage"
    assert subentry.unique_id == f"{HOST}:{server.port}"
    other = nats_form(server, host="localhost")
    result = await fill_in(hass, await open_form(hass, hub), other)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "same_server"
    assert result["description_placeholders"]["name"] == "Stage"


async def test_a_secret_stays_when_it_is_left_empty(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: NatsServer
) -> None:
    subentry = await add_nats(hass, hub, guarded, auth="token", token="right")
    await connected(hass, hub, subentry.subentry_id)
    flow = await hub.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    fields = shown(flow["data_schema"])
    assert fields["auth"] == "token"
    assert "secret" not in fields

    result = await fill_in(hass, flow["flow_id"], nats_form(guarded, auth="token"))
    assert result["reason"] == "reconfigure_successful"
    changed = hub.subentries[subentry.subentry_id]
    assert changed.data["token"] == "right"
    assert changed.title == "Stage NATS"


async def test_another_account_takes_nothing_of_the_former_one(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: NatsServer, tmp_path: Path
) -> None:
    subentry = await add_nats(hass, hub, guarded, auth="token", token="right")
    async with NatsServer(tmp_path / "other", users={"stage": "right"}) as other:
        flow = await hub.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
        login = {"auth": "password", "username": "stage"}
        result = await fill_in(hass, flow["flow_id"], nats_form(other, **login))
        assert result["errors"] == {"auth": "nats_refused"}
        login["secret"] = "right"
        result = await fill_in(hass, flow["flow_id"], nats_form(other, **login))
        assert result["reason"] == "reconfigure_successful"
        assert "token" not in hub.subentries[subentry.subentry_id].data
        await connected(hass, hub, subentry.subentry_id)
        await unload(hass, hub)


async def test_a_refused_account_is_renewed(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: NatsServer
) -> None:
    """The hub itself asks when the server refuses, and connects once it has the answer."""
    subentry = await add_nats(hass, hub, guarded, auth="token", token="old")
    flow = await flow_appears(hass, SOURCE_REAUTH)
    assert flow["step_id"] == "reauth_nats"
    assert flow["context"]["title_placeholders"] == {"name": "Stage NATS"}

    result = await answer(hass, flow, {"auth": "token", "secret": "wrong"})
    assert result["errors"] == {"base": "nats_refused"}
    assert shown(result["data_schema"])["auth"] == "token"

    result = await answer(hass, flow, {"auth": "token", "secret": "right"})
    assert result["reason"] == "reauth_successful"
    renewed = hub.subentries[subentry.subentry_id]
    assert renewed.data == {**subentry.data, "token": "right"}
    await connected(hass, hub, subentry.subentry_id)


@pytest.mark.parametrize("kind", NatsError.__subclasses__())
def test_every_failure_has_its_place_in_the_form(kind: type[NatsError]) -> None:
    texts = TEXTS["config_subentries"][KIND]["error"]
    assert NATS_PROBLEMS[kind].key in texts
    assert NATS_PROBLEMS[kind].key in TEXTS["config"]["error"]
