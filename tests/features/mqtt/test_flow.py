"""Adding a broker and changing it, tried out on real brokers."""

from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.core.mqtt.errors import BrokerError, TlsMaterialInvalid
from custom_components.maestra.core.mqtt.session import ProtocolVersion
from custom_components.maestra.features.mqtt import flow as mqtt_broker
from custom_components.maestra.features.mqtt.flow import (
    CONNECTION_PROBLEMS,
    broker_settings,
    data_from_form,
    form_from_data,
)
from custom_components.maestra.hub.flows import address
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData

from ...kits.broker import Broker, TlsListener
from ...kits.certificates import Authority, Identity
from ...kits.forms import (
    add_broker,
    connected,
    direct_form,
    flow_appears,
    hass_mqtt,
    mqtt_connected,
    start_subentry_flow,
)
from ...kits.hub import unload
from ...kits.process import free_port

pytestmark = pytest.mark.usefixtures("socket_enabled")

CA = "ca_certificate"
CERTIFICATE = "client_certificate"
KEY = "client_key"


@pytest.fixture(autouse=True)
async def without_links(
    hass: HomeAssistant, hub: MockConfigEntry
) -> AsyncGenerator[None]:
    """Let the hub go before the brokers do: nothing of it may be left when a test ends."""
    yield
    await unload(hass, hub)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    """A broker that lets everybody in."""
    async with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncGenerator[Broker]:
    """A broker that lets one user in."""
    async with Broker(tmp_path / "guarded", users={"stage": "right"}) as broker:
        yield broker


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Who signs the certificates of a test."""
    return Authority()


@pytest.fixture
async def encrypted(tmp_path: Path, authority: Authority) -> AsyncGenerator[Broker]:
    """A broker with TLS."""
    identity = authority.issue("broker", "127.0.0.1")
    async with Broker(tmp_path / "encrypted", tls=TlsListener(identity)) as broker:
        yield broker


async def fill_in(hass: HomeAssistant, flow_id: str, form: dict[str, Any]) -> Any:
    return await hass.config_entries.subentries.async_configure(flow_id, form)


def shown(schema: probatio.Schema, key: str) -> object:
    """Return what a field of a form is filled in with."""
    (marker,) = [marker for marker in schema.schema if marker == key]
    return (marker.description or {}).get("suggested_value")


async def saved(
    hass: HomeAssistant, hub: MockConfigEntry, flow_id: str, form: dict[str, Any]
) -> dict[str, Any]:
    """Fill in a form that is right, and return what the hub has of it once it is connected."""
    result = await fill_in(hass, flow_id, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    (subentry,) = hub.subentries.values()
    await connected(hass, hub, subentry.subentry_id)
    return dict(subentry.data)


async def test_a_direct_connection_is_added(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker
) -> None:
    flow_id = await start_subentry_flow(hass, hub, "direct")
    result = await fill_in(hass, flow_id, direct_form(broker, event_size_limit=500))

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "MQTT broker"
    (subentry,) = hub.subentries.values()
    data = dict(subentry.data)
    assert data.pop("mqtt_client_id").startswith("maestra-")
    assert data == {
        "transport": "direct",
        "host": "127.0.0.1",
        "port": broker.port,
        "tls": False,
        "event_size_limit": 500,
        "bridge": True,
        "dialects": ["maestra"],
        "protocol": "automatic",
    }
    assert isinstance(data["port"], int)
    assert subentry.unique_id == f"127.0.0.1:{broker.port}"
    await connected(hass, hub, subentry.subentry_id)


async def test_a_broker_is_there_once_under_any_name(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker
) -> None:
    """And each has a name that tells it from the others."""
    await add_broker(hass, hub, broker)
    flow_id = await start_subentry_flow(hass, hub, "direct")
    pasted = direct_form(broker) | {
        "host": f"mqtt://localhost:{broker.port}",
        "port": 1,
    }
    result = await fill_in(hass, flow_id, pasted)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "same_server"


async def test_the_version_of_mqtt_is_chosen_and_shown(
    hass: HomeAssistant, hub: MockConfigEntry, tmp_path: Path
) -> None:
    lines = ["accept_protocol_versions 3,4"]
    async with Broker(tmp_path / "old", lines=lines) as old:
        form = direct_form(old)
        flow_id = await start_subentry_flow(hass, hub, "direct")
        newer = {"advanced": form["advanced"] | {"protocol": "mqtt_5"}}
        result = await fill_in(hass, flow_id, form | newer)
        assert result["errors"] == {"base": "broker_too_old"}
        older = {"advanced": form["advanced"] | {"protocol": "mqtt_3_1_1"}}
        data = await saved(hass, hub, flow_id, form | older)
        assert data["protocol"] == "mqtt_3_1_1"
        assert form_from_data(data)["advanced"]["protocol"] == "mqtt_3_1_1"

        # What was saved before there was a choice.
        del data["protocol"]
        assert form_from_data(data)["advanced"]["protocol"] == "automatic"
        assert broker_settings(data).protocol is ProtocolVersion.AUTOMATIC
        await unload(hass, hub)


async def test_each_connection_has_a_client_id_of_its_own(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker, guarded: Broker
) -> None:
    flow_id = await start_subentry_flow(hass, hub, "direct")
    await fill_in(hass, flow_id, direct_form(broker))
    flow_id = await start_subentry_flow(hass, hub, "direct")
    account = {"username": "stage", "password": "right"}
    await fill_in(hass, flow_id, direct_form(guarded) | account)

    first, second = (
        subentry.data["mqtt_client_id"] for subentry in hub.subentries.values()
    )
    assert first != second


async def test_the_same_broker_is_not_added_twice(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker
) -> None:
    await add_broker(hass, hub, broker)
    flow_id = await start_subentry_flow(hass, hub, "direct")
    result = await fill_in(hass, flow_id, direct_form(broker))

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_an_unreachable_broker_can_be_put_right(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker
) -> None:
    flow_id = await start_subentry_flow(hass, hub, "direct")
    result = await fill_in(hass, flow_id, direct_form(broker) | {"port": free_port()})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"host": "cannot_connect"}
    assert result["description_placeholders"]["reason"]
    assert shown(result["data_schema"], "host") == "127.0.0.1"

    await saved(hass, hub, flow_id, direct_form(broker))


@pytest.mark.parametrize(
    "account",
    [{}, {"username": "stage", "password": "wrong"}, {"password": "right"}],
    ids=["nobody", "wrong password", "password alone"],
)
async def test_refused_credentials_can_be_put_right(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: Broker, account: dict[str, str]
) -> None:
    flow_id = await start_subentry_flow(hass, hub, "direct")
    result = await fill_in(hass, flow_id, direct_form(guarded) | account)
    assert result["errors"] == {"username": "invalid_auth"}

    form = direct_form(guarded) | {"username": " stage ", "password": "right"}
    data = await saved(hass, hub, flow_id, form)
    assert data["username"] == "stage"
    assert data["password"] == "right"


async def test_a_trusted_broker_is_added_with_tls(
    hass: HomeAssistant, hub: MockConfigEntry, encrypted: Broker, authority: Authority
) -> None:
    flow_id = await start_subentry_flow(hass, hub, "direct")
    # As pasted from an indented text of a foreign system.
    pasted = "\r\n\r\n".join(
        f"  {line} " for line in authority.certificate.splitlines()
    )
    data = await saved(
        hass, hub, flow_id, direct_form(encrypted, tls=True, ca_certificate=pasted)
    )

    assert data["tls"]
    assert data[CA] == authority.certificate


async def test_an_untrusted_broker_can_be_put_right(
    hass: HomeAssistant, hub: MockConfigEntry, encrypted: Broker, authority: Authority
) -> None:
    flow_id = await start_subentry_flow(hass, hub, "direct")
    distrust: list[dict[str, Any]] = [{}, {CA: Authority("Somebody else").certificate}]
    for ca in distrust:
        result = await fill_in(hass, flow_id, direct_form(encrypted, tls=True, **ca))
        assert result["errors"] == {"security": "tls_untrusted"}

    form = direct_form(encrypted, tls=True, ca_certificate=authority.certificate)
    await saved(hass, hub, flow_id, form)


@pytest.mark.parametrize(
    ("identity", "problem"),
    [
        pytest.param(
            lambda ca: ca.issue("other.example"), "tls_name", id="another host"
        ),
        pytest.param(
            lambda ca: ca.issue("broker", "127.0.0.1", validity=timedelta(days=-1)),
            "tls_untrusted",
            id="expired",
        ),
    ],
)
async def test_a_broker_with_a_wrong_certificate_can_be_put_right(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    tmp_path: Path,
    authority: Authority,
    identity: Callable[[Authority], Identity],
    problem: str,
) -> None:
    async with Broker(tmp_path / "tls", tls=TlsListener(identity(authority))) as broker:
        form = direct_form(broker, tls=True, ca_certificate=authority.certificate)
        flow_id = await start_subentry_flow(hass, hub, "direct")
        result = await fill_in(hass, flow_id, form)
        assert result["errors"] == {"security": problem}

        await broker.stop()
        broker.tls = TlsListener(authority.issue("broker", "127.0.0.1"))
        await broker.start()
        await saved(hass, hub, flow_id, form)
        await unload(hass, hub)


async def test_a_plain_port_is_told_from_one_with_tls(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker
) -> None:
    flow_id = await start_subentry_flow(hass, hub, "direct")
    result = await fill_in(hass, flow_id, direct_form(broker, tls=True))
    assert result["errors"] == {"security": "tls_failed"}

    await saved(hass, hub, flow_id, direct_form(broker))


async def test_a_client_certificate_opens_a_broker_that_asks_for_it(
    hass: HomeAssistant, hub: MockConfigEntry, tmp_path: Path, authority: Authority
) -> None:
    tls = TlsListener(authority.issue("broker", "127.0.0.1"), authority.certificate)
    client = authority.issue("maestra")
    async with Broker(tmp_path / "mutual", tls=tls) as broker:
        flow_id = await start_subentry_flow(hass, hub, "direct")
        form = direct_form(broker, tls=True, ca_certificate=authority.certificate)
        result = await fill_in(hass, flow_id, form)
        assert result["errors"] == {"security": "tls_failed"}

        form["security"] |= {CERTIFICATE: client.certificate, KEY: client.private_key}
        data = await saved(hass, hub, flow_id, form)
        assert data[CERTIFICATE] == client.certificate
        assert data[KEY] == client.private_key
        await unload(hass, hub)


def locked(private_key: str) -> str:
    """Return a private key protected by a passphrase."""
    return (
        load_pem_private_key(private_key.encode(), None)
        .private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"stage")
        )
        .decode()
    )


NOT_PEM = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"


@pytest.mark.parametrize(
    ("pasted", "problem"),
    [
        pytest.param(lambda _: {CA: NOT_PEM}, "invalid_ca", id="authority"),
        pytest.param(
            lambda client: {CERTIFICATE: NOT_PEM, KEY: client.private_key},
            "invalid_client_certificate",
            id="certificate",
        ),
        pytest.param(
            lambda client: {CERTIFICATE: client.certificate, KEY: "no key"},
            "invalid_client_key",
            id="key",
        ),
        pytest.param(
            lambda client: {
                CERTIFICATE: client.certificate,
                KEY: locked(client.private_key),
            },
            "encrypted_client_key",
            id="locked key",
        ),
        pytest.param(
            lambda client: {CERTIFICATE: client.certificate},
            "incomplete_client_certificate",
            id="no key",
        ),
        pytest.param(
            lambda client: {KEY: client.private_key},
            "incomplete_client_certificate",
            id="no certificate",
        ),
        pytest.param(
            lambda client: {
                CERTIFICATE: client.certificate,
                KEY: Authority().issue("x").private_key,
            },
            "key_mismatch",
            id="another key",
        ),
    ],
)
async def test_wrong_certificates_can_be_put_right(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    encrypted: Broker,
    authority: Authority,
    pasted: Callable[[Identity], dict[str, str]],
    problem: str,
) -> None:
    flow_id = await start_subentry_flow(hass, hub, "direct")
    trust: dict[str, Any] = {"tls": True, CA: authority.certificate}
    wrong = pasted(authority.issue("maestra"))
    result = await fill_in(hass, flow_id, direct_form(encrypted, **trust | wrong))
    assert result["errors"] == {"security": problem}

    await saved(hass, hub, flow_id, direct_form(encrypted, **trust))


def test_every_reason_not_to_connect_has_its_place_in_the_form() -> None:
    assert set(CONNECTION_PROBLEMS) == set(BrokerError.__subclasses__())
    assert TlsMaterialInvalid in CONNECTION_PROBLEMS


@pytest.mark.parametrize(
    ("tls", "port"), [(False, 1883), (True, 8883)], ids=["plain", "encrypted"]
)
def test_the_usual_port_is_assumed(tls: bool, port: int) -> None:
    form = {
        "host": " Broker.Local. ",
        "security": {"tls": tls},
        "advanced": {
            "dialects": ["maestra"],
            "event_size_limit": 0,
            "bridge": True,
        },
    }
    settings = broker_settings(data_from_form(form))
    assert settings.host == "broker.local"
    assert settings.port == port
    assert (settings.tls is not None) is tls


@pytest.mark.parametrize("port", [0, 65_536, "http"])
async def test_a_port_is_a_number_in_range(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker, port: object
) -> None:
    flow_id = await start_subentry_flow(hass, hub, "direct")
    with pytest.raises(InvalidData):
        await fill_in(hass, flow_id, direct_form(broker) | {"port": port})
    await saved(hass, hub, flow_id, direct_form(broker))


def test_an_ipv6_address_may_stand_in_brackets() -> None:
    form = {"host": "[FE80::1]", "port": 7, "security": {"tls": False}}
    data = data_from_form(
        form
        | {"advanced": {"dialects": ["maestra"], "event_size_limit": 0, "bridge": True}}
    )
    assert data["host"] == "fe80::1"
    assert address(data) == "[fe80::1]:7"


# Changing a broker.


async def open_form(hass: HomeAssistant, hub: MockConfigEntry, subentry_id: str) -> Any:
    return await hub.start_subentry_reconfigure_flow(hass, subentry_id)


async def test_a_form_shows_everything_but_the_secrets(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: Broker, authority: Authority
) -> None:
    client = authority.issue("maestra")
    subentry = await add_broker(
        hass,
        hub,
        guarded,
        username="stage",
        password="right",
        tls=True,
        event_size_limit=100,
        **{
            CA: authority.certificate,
            CERTIFICATE: client.certificate,
            KEY: client.private_key,
        },
    )
    form = await open_form(hass, hub, subentry.subentry_id)

    assert form["step_id"] == "reconfigure"
    schema = form["data_schema"]
    security, advanced = (
        schema.schema[name].schema for name in ("security", "advanced")
    )
    assert shown(schema, "host") == "127.0.0.1"
    assert shown(schema, "port") == guarded.port
    assert shown(schema, "username") == "stage"
    assert shown(schema, "password") is None
    assert shown(security, "tls") is True
    assert shown(security, CA) == authority.certificate
    assert shown(security, CERTIFICATE) == client.certificate
    assert shown(security, KEY) is None
    assert shown(advanced, "event_size_limit") == 100


async def test_a_broker_that_has_moved_is_followed_without_a_reload(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: Broker, tmp_path: Path
) -> None:
    runtime = hub.runtime_data
    subentry = await add_broker(hass, hub, guarded, username="stage", password="right")
    client_id = subentry.data["mqtt_client_id"]
    async with Broker(tmp_path / "new", users={"stage": "right"}) as new:
        flow = await open_form(hass, hub, subentry.subentry_id)
        # The password is left empty: the saved one stays.
        result = await fill_in(
            hass, flow["flow_id"], direct_form(new) | {"username": "stage"}
        )

        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "reconfigure_successful"
        changed = hub.subentries[subentry.subentry_id]
        assert changed.unique_id == f"127.0.0.1:{new.port}"
        assert changed.data["password"] == "right"
        assert changed.data["mqtt_client_id"] == client_id
        await new.logged(f"as {client_id} (")
        await connected(hass, hub, subentry.subentry_id)
        assert hub.runtime_data is runtime
        await unload(hass, hub)


async def test_a_title_that_the_user_chose_stays(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker, tmp_path: Path
) -> None:
    subentry = await add_broker(hass, hub, broker)
    hass.config_entries.async_update_subentry(hub, subentry, title="Big stage")
    async with Broker(tmp_path / "new") as new:
        flow = await open_form(hass, hub, subentry.subentry_id)
        await fill_in(hass, flow["flow_id"], direct_form(new))

        assert hub.subentries[subentry.subentry_id].title == "Big stage"
        await unload(hass, hub)


async def test_a_change_that_does_not_work_can_be_put_right(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: Broker
) -> None:
    subentry = await add_broker(hass, hub, guarded, username="stage", password="right")
    flow = await open_form(hass, hub, subentry.subentry_id)
    # Without the user name its password goes too.
    result = await fill_in(hass, flow["flow_id"], direct_form(guarded))
    assert result["step_id"] == "reconfigure"
    assert result["errors"] == {"username": "invalid_auth"}
    assert hub.subentries[subentry.subentry_id].data["password"] == "right"

    form = direct_form(guarded) | {"username": "stage", "password": "right"}
    result = await fill_in(hass, flow["flow_id"], form)
    assert result["reason"] == "reconfigure_successful"


async def test_a_broker_does_not_become_another_that_is_there(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker, tmp_path: Path
) -> None:
    async with Broker(tmp_path / "other") as other:
        subentry = await add_broker(hass, hub, broker)
        await add_broker(hass, hub, other)
        flow = await open_form(hass, hub, subentry.subentry_id)
        result = await fill_in(hass, flow["flow_id"], direct_form(other))

        assert result["reason"] == "already_configured"
        await unload(hass, hub)


async def test_a_private_key_stays_with_its_certificate(
    hass: HomeAssistant, hub: MockConfigEntry, tmp_path: Path, authority: Authority
) -> None:
    tls = TlsListener(authority.issue("broker", "127.0.0.1"), authority.certificate)
    client = authority.issue("maestra")
    trust: dict[str, Any] = {"tls": True, CA: authority.certificate}
    async with Broker(tmp_path / "mutual", tls=tls) as broker:
        subentry = await add_broker(
            hass,
            hub,
            broker,
            **trust | {CERTIFICATE: client.certificate, KEY: client.private_key},
        )
        flow = await open_form(hass, hub, subentry.subentry_id)
        form = direct_form(
            broker, event_size_limit=7, **trust | {CERTIFICATE: client.certificate}
        )
        result = await fill_in(hass, flow["flow_id"], form)

        assert result["reason"] == "reconfigure_successful"
        changed = hub.subentries[subentry.subentry_id].data
        assert changed[KEY] == client.private_key
        assert changed["event_size_limit"] == 7
        await connected(hass, hub, subentry.subentry_id)
        await unload(hass, hub)


async def test_what_belongs_to_tls_goes_with_it(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker, authority: Authority
) -> None:
    subentry = await add_broker(
        hass, hub, broker, tls=True, ca_certificate=authority.certificate
    )
    flow = await open_form(hass, hub, subentry.subentry_id)
    form = direct_form(broker)
    form["security"][CA] = authority.certificate
    await fill_in(hass, flow["flow_id"], form)

    changed = hub.subentries[subentry.subentry_id].data
    assert not changed["tls"]
    assert CA not in changed


async def test_new_credentials_answer_the_question_for_them(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: Broker
) -> None:
    subentry = await add_broker(hass, hub, guarded, username="stage", password="wrong")
    await flow_appears(hass, SOURCE_REAUTH)

    flow = await open_form(hass, hub, subentry.subentry_id)
    form = direct_form(guarded) | {"username": "stage", "password": "right"}
    await fill_in(hass, flow["flow_id"], form)

    assert hass.config_entries.flow.async_progress() == []


# Home Assistant's own connection.


async def test_home_assistants_mqtt_is_added_once(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker
) -> None:
    async with hass_mqtt(hass, broker):
        flow_id = await start_subentry_flow(hass, hub, "home_assistant")
        result = await fill_in(
            hass,
            flow_id,
            {"event_size_limit": 300, "bridge": False, "dialects": ["maestra"]},
        )

        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["title"] == "Home Assistant's MQTT"
        (subentry,) = hub.subentries.values()
        assert subentry.data == {
            "transport": "home_assistant",
            "event_size_limit": 300,
            "bridge": False,
            "dialects": ["maestra"],
        }
        assert subentry.unique_id == "home_assistant"
        await connected(hass, hub, subentry.subentry_id)

        menu = await hass.config_entries.subentries.async_init(
            (hub.entry_id, "mqtt_broker"), context={"source": "user"}
        )
        result = await fill_in(
            hass, menu["flow_id"], {"next_step_id": "home_assistant"}
        )
        assert result["reason"] == "already_configured"
        await unload(hass, hub)


async def test_home_assistants_mqtt_must_be_set_up(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    menu = await hass.config_entries.subentries.async_init(
        (hub.entry_id, "mqtt_broker"), context={"source": "user"}
    )
    result = await fill_in(hass, menu["flow_id"], {"next_step_id": "home_assistant"})

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "mqtt_not_configured"


async def test_home_assistants_mqtt_must_be_connected(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    broker: Broker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mqtt_broker, "MQTT_TIMEOUT", 0.1)
    async with hass_mqtt(hass, broker) as entry:
        flow_id = await start_subentry_flow(hass, hub, "home_assistant")
        await hass.config_entries.async_unload(entry.entry_id)
        result = await fill_in(hass, flow_id, {"event_size_limit": 0})
        assert result["type"] is FlowResultType.FORM
        assert result["errors"] == {"base": "mqtt_not_connected"}

        await hass.config_entries.async_setup(entry.entry_id)
        await mqtt_connected(hass)
        await saved(hass, hub, flow_id, {"event_size_limit": 0})
        await unload(hass, hub)


async def test_home_assistants_mqtt_can_be_changed(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker
) -> None:
    async with hass_mqtt(hass, broker):
        flow_id = await start_subentry_flow(hass, hub, "home_assistant")
        await saved(hass, hub, flow_id, {"event_size_limit": 0})
        (subentry,) = hub.subentries.values()

        form = await open_form(hass, hub, subentry.subentry_id)
        assert form["step_id"] == "reconfigure_home_assistant"
        result = await fill_in(hass, form["flow_id"], {"event_size_limit": 9})

        assert result["reason"] == "reconfigure_successful"
        assert hub.subentries[subentry.subentry_id].data["event_size_limit"] == 9
        await unload(hass, hub)
