"""The certificate authority in Home Assistant: made or imported, at work, handed over to a broker, and kept secret."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from io import BytesIO
import logging
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import aiohttp
from cryptography import x509
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.features.pki.link import (
    MAINTENANCE_INTERVAL,
    AuthorityLink,
)
from homeassistant.auth.permissions.system_policies import USER_POLICY
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ...kits.forms import direct_form, start_subentry_flow, until
from ...kits.hub import HubKit, unload
from ...kits.listeners import ListenerKit
from ...kits.pki import (
    COLON_MAC,
    MAC,
    SecuredBroker,
    new_authority,
    new_key,
    new_request,
    openssl,
    reference_authority,
)
from ...kits.process import HOST, free_port, soon

pytestmark = pytest.mark.usefixtures("socket_enabled")

KIND = "certificate_authority"
SWITCH = "switch.stage_authority_enrolment"
SENSOR = "sensor.stage_authority_"
SETTINGS: dict[str, Any] = {
    "broker_names": [HOST, "localhost"],
    "key_type": "ecdsa_p256",
    "device_names": "mac",
    "enrolment": {"window": 10, "needs_code": False, "allowed_macs": []},
    "lifetimes": {"device_days": 365, "broker_days": 825, "crl_days": 365},
}
CREATE = {"name": "Stage authority", "years": 10, **SETTINGS}


@pytest.fixture(autouse=True)
async def without_links(
    hass: HomeAssistant, hub: MockConfigEntry
) -> AsyncGenerator[None]:
    """Let the hub go before the brokers do."""
    yield
    await unload(hass, hub)


async def opened(hass: HomeAssistant, hub: MockConfigEntry, way: str) -> str:
    """Open the form and choose where the authority comes from; returns the flow's id."""
    menu: Any = await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND), context={"source": "user"}
    )
    assert menu["menu_options"] == ["create", "import"]
    flow_id: str = menu["flow_id"]
    await filled(hass, flow_id, {"next_step_id": way})
    return flow_id


async def filled(hass: HomeAssistant, flow_id: str, form: dict[str, Any]) -> Any:
    return await hass.config_entries.subentries.async_configure(flow_id, form)


def authority(hub: MockConfigEntry) -> AuthorityLink | None:
    """Return the running authority."""
    return next(iter(hub.runtime_data.links.of(AuthorityLink)), None)


async def ready(hass: HomeAssistant, hub: MockConfigEntry) -> AuthorityLink:
    """Wait until the authority can sign."""

    def signs() -> bool:
        found = authority(hub)
        return found is not None and found.connected

    await soon(signs)
    await HubKit(hass, hub).settled()
    link = authority(hub)
    assert link
    return link


async def created(
    hass: HomeAssistant, hub: MockConfigEntry, **settings: Any
) -> AuthorityLink:
    """Add an authority as a user does."""
    flow_id = await opened(hass, hub, "create")
    result = await filled(hass, flow_id, {**CREATE, **settings})
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    return await ready(hass, hub)


def the_subentry(hub: MockConfigEntry) -> ConfigSubentry:
    (found,) = hub.get_subentries_of_type(KIND)
    return found


@pytest.fixture
async def link(hass: HomeAssistant, hub: MockConfigEntry) -> AuthorityLink:
    """An authority that was just made."""
    return await created(hass, hub)


def enrolled(settings: dict[str, Any]) -> dict[str, Any]:
    return {**SETTINGS["enrolment"], **settings}


# Made, imported, changed, removed.


async def test_an_authority_is_made_and_shown(
    hass: HomeAssistant, hub: MockConfigEntry, hub_kit: HubKit
) -> None:
    link = await created(hass, hub)
    assert the_subentry(hub).title == "Stage authority"
    assert link.service
    assert link.service.authority.problems == []
    expiry = dt_util.parse_datetime(hub_kit.state(f"{SENSOR}expires").state)
    assert expiry == link.service.authority.expires_at
    assert hub_kit.state(f"{SENSOR}valid_certificates").state == "0"
    assert hub_kit.state(f"{SENSOR}broker_files_expire").state == "unknown"
    assert hub_kit.state(SWITCH).state == "off"


async def test_there_is_one(hass: HomeAssistant, hub: MockConfigEntry) -> None:
    await created(hass, hub)
    result: Any = await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND), context={"source": "user"}
    )
    assert result["reason"] == "already_configured"


@pytest.mark.parametrize(
    ("wrong", "field", "error"),
    [
        ({"broker_names": [" "]}, "broker_names", "incomplete"),
        ({"broker_names": ["a b"]}, "broker_names", "invalid_broker_name"),
        ({"enrolment": enrolled({"allowed_macs": ["x"]})}, "enrolment", "invalid_mac"),
    ],
)
@pytest.mark.parametrize("way", ["create", "import"])
async def test_what_is_wrong_is_told(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    way: str,
    wrong: dict[str, Any],
    field: str,
    error: str,
) -> None:
    authority = new_authority()
    forms = {
        "create": CREATE,
        "import": {
            "certificate": authority.pem,
            "private_key": authority.private_pem("p"),
            "passphrase": "p",
            **SETTINGS,
        },
    }
    flow_id = await opened(hass, hub, way)
    result = await filled(hass, flow_id, {**forms[way], **wrong})
    assert result["errors"] == {field: error}
    result = await filled(hass, flow_id, forms[way])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await ready(hass, hub)


async def test_one_is_imported(hass: HomeAssistant, hub: MockConfigEntry) -> None:
    authority = new_authority()
    flow_id = await opened(hass, hub, "import")
    form = {
        "certificate": authority.pem,
        "private_key": authority.private_pem("p"),
        **SETTINGS,
    }
    result = await filled(hass, flow_id, form)
    assert result["errors"] == {"base": "invalid_authority"}
    assert "ENCRYPTED" not in str(result["data_schema"].schema)
    result = await filled(hass, flow_id, {**form, "passphrase": "p"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    link = await ready(hass, hub)
    assert link.service
    assert link.service.authority.pem == authority.pem


async def test_the_reference_one_is_imported_with_a_warning(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    certificate, key = reference_authority()
    flow_id = await opened(hass, hub, "import")
    form = {"certificate": certificate, "private_key": key, **SETTINGS}
    result = await filled(hass, flow_id, form)
    assert result["step_id"] == "confirm"
    assert "not critical" in result["description_placeholders"]["problems"]
    result = await filled(hass, flow_id, {})
    assert result["title"] == "IoT_CA"
    await ready(hass, hub)


async def test_settings_are_changed_and_certificates_stay(
    hass: HomeAssistant, hub: MockConfigEntry, link: AuthorityLink, hub_kit: HubKit
) -> None:
    await hub_kit.ask("issue_certificate", mac=COLON_MAC)
    subentry = the_subentry(hub)
    form: Any = await hub.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    flow_id = form["flow_id"]
    wrong = await filled(hass, flow_id, {**SETTINGS, "broker_names": []})
    assert wrong["errors"] == {"broker_names": "incomplete"}
    listed = enrolled({"allowed_macs": ["AA-BB-CC-DD-EE-01"]})
    changes = {**SETTINGS, "device_names": "f2_mac", "enrolment": listed}
    result = await filled(hass, flow_id, changes)
    assert result["reason"] == "reconfigure_successful"
    await soon(lambda: authority(hub) is not link)
    again = await ready(hass, hub)
    assert again.allowed_macs == [MAC]
    assert again.count(revoked=False) == 1
    answer = await hub_kit.ask("issue_certificate", mac=COLON_MAC)
    assert "CN=f2-aabbccddee01" in subject(answer["certificate"])


def subject(pem: str) -> str:
    return x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()


async def test_everything_goes_with_the_subentry(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    link: AuthorityLink,
    hass_storage: dict[str, Any],
) -> None:
    assert "maestra.certificates" in hass_storage
    hass.config_entries.async_remove_subentry(hub, the_subentry(hub).subentry_id)
    await until(hass, lambda: hass.states.get(SWITCH) is None)
    await hass.async_block_till_done()
    assert "maestra.certificates" not in hass_storage


async def test_certificates_and_codes_outlive_a_restart(
    hass: HomeAssistant, hub: MockConfigEntry, link: AuthorityLink, hub_kit: HubKit
) -> None:
    await hub_kit.ask("issue_certificate", mac=COLON_MAC)
    await hub_kit.act("revoke_certificate", mac=COLON_MAC)
    await hub_kit.ask("issue_certificate", mac=COLON_MAC)
    await hub_kit.ask("write_broker_configuration")
    code = (await hub_kit.ask("create_claiming_code"))["code"]
    assert link.service and link.service.crl and link.broker
    number, broker = link.service.crl.number, link.broker.as_data()
    await hass.config_entries.async_reload(hub.entry_id)
    again = await ready(hass, hub)
    assert again.service and again.service.crl and again.broker
    assert again.service.crl.number == number
    assert again.broker.as_data() == broker
    assert again.count(revoked=True) == 1
    await again.service.issue("aabbccddee02", code)


async def test_what_is_handed_out_or_taken_back_is_on_disk(
    link: AuthorityLink, hass_storage: dict[str, Any]
) -> None:
    """Nothing that is killed afterwards forgets it: it could not be revoked."""
    service = link.service
    assert service
    own_key = await service.issue_device(MAC)
    request = await service.sign_request(MAC, new_request(MAC))
    await service.revoke(serial=own_key.certificate.serial_number)

    kept = hass_storage["maestra.certificates"]["data"]["issued"]
    state = {issued["serial"]: issued["revoked_at"] is None for issued in kept}
    assert state[f"{request.certificate.serial_number:x}"]
    assert not state[f"{own_key.certificate.serial_number:x}"]


async def test_without_its_key_it_says_so(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    link: AuthorityLink,
    hass_storage: dict[str, Any],
    hub_kit: HubKit,
) -> None:
    await hass.config_entries.async_unload(hub.entry_id)
    hass_storage["maestra.certificates"]["data"]["private_key"] = "gone"
    await hass.config_entries.async_setup(hub.entry_id)
    await hub_kit.settled()
    assert hub_kit.state(SWITCH).state == "unavailable"
    with pytest.raises(ServiceValidationError, match="no certificate authority"):
        await hub_kit.ask("issue_certificate", mac=COLON_MAC)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=6))
    await soon(lambda: bool(issues(hass, "authority_failed")))


def issues(hass: HomeAssistant, kind: str) -> list[str]:
    return [
        issue_id
        for (domain, issue_id), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.translation_key == kind
    ]


# Actions.


async def test_a_certificate_is_fetched_with_its_key(
    hass: HomeAssistant,
    link: AuthorityLink,
    hub_kit: HubKit,
    hass_client_no_auth: ClientSessionGenerator,
    tmp_path: Path,
) -> None:
    answer = await hub_kit.ask(
        "issue_certificate", mac=COLON_MAC, key_type="rsa_2048", days=7
    )
    assert "PRIVATE KEY" not in str(answer)
    assert hub_kit.state(f"{SENSOR}valid_certificates").state == "1"
    files = await fetched(await hass_client_no_auth(), answer["url"])
    assert set(files) == {f"{MAC}.crt", f"{MAC}.key", "ca.crt"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    ca = ("verify", "-x509_strict", "-CAfile", tmp_path / "ca.crt")
    assert openssl(*ca, tmp_path / f"{MAC}.crt")[0]


async def fetched(client: Any, url: str) -> dict[str, bytes]:
    """Fetch an archive and return its files."""
    response = await client.get(url)
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    with ZipFile(BytesIO(await response.read())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_nobody_fetches_without_the_signature(
    link: AuthorityLink, hub_kit: HubKit, hass_client_no_auth: ClientSessionGenerator
) -> None:
    client = await hass_client_no_auth()
    url = (await hub_kit.ask("issue_certificate", mac=COLON_MAC))["url"]
    assert (await client.get(url.partition("?")[0])).status == 401


async def test_files_are_gone_after_a_while(
    hass: HomeAssistant,
    link: AuthorityLink,
    hub_kit: HubKit,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = await hass_client_no_auth()
    url = (await hub_kit.ask("issue_certificate", mac=COLON_MAC))["url"]
    assert (await client.get(url)).status == 200
    monkeypatch.setattr(
        "custom_components.maestra.features.pki.link.LIFETIME", timedelta(0)
    )
    monkeypatch.setattr(
        "custom_components.maestra.features.pki.link.monotonic", lambda: 1e12
    )
    assert (await client.get(url)).status == 404


async def test_a_request_is_signed(
    link: AuthorityLink, hub_kit: HubKit, hass_client_no_auth: ClientSessionGenerator
) -> None:
    answer = await hub_kit.ask(
        "issue_certificate", mac=MAC, request=new_request(MAC, new_key())
    )
    files = await fetched(await hass_client_no_auth(), answer["url"])
    assert set(files) == {f"{MAC}.crt", "ca.crt"}


async def test_certificates_are_revoked(link: AuthorityLink, hub_kit: HubKit) -> None:
    first = await hub_kit.ask("issue_certificate", mac=COLON_MAC)
    second = await hub_kit.ask("issue_certificate", mac=COLON_MAC)
    answer = await hub_kit.ask("revoke_certificate", serial=first["serial"])
    assert answer["revoked"] == [{"serial": first["serial"], "name": MAC}]
    answer = await hub_kit.ask("revoke_certificate", mac=MAC)
    assert [one["serial"] for one in answer["revoked"]] == [second["serial"]]
    assert hub_kit.state(f"{SENSOR}revoked_certificates").state == "2"
    with pytest.raises(ServiceValidationError, match="No valid certificate"):
        await hub_kit.act("revoke_certificate", mac=MAC)
    with pytest.raises(ServiceValidationError, match="Name a MAC"):
        await hub_kit.act("revoke_certificate")


@pytest.mark.parametrize(
    ("action", "data", "message"),
    [
        ("issue_certificate", {"mac": "x"}, "no MAC address"),
        ("issue_certificate", {"mac": MAC, "request": "x"}, "can't be read"),
        ("write_broker_configuration", {"broker_names": ["a b"]}, "no host name"),
        ("write_broker_configuration", {"folder": "/etc"}, "must be below /share"),
        ("write_broker_configuration", {"folder": "/share/../etc"}, "must be below"),
        ("write_broker_configuration", {"path": "a"}, "absolute path"),
    ],
)
async def test_what_can_not_be_is_told(
    link: AuthorityLink,
    hub_kit: HubKit,
    action: str,
    data: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(ServiceValidationError, match=message):
        await hub_kit.ask(action, **data)


async def test_keys_are_not_written_where_browsers_find_them(
    hass: HomeAssistant, link: AuthorityLink, hub_kit: HubKit
) -> None:
    with pytest.raises(ServiceValidationError, match="served to browsers"):
        await hub_kit.ask(
            "write_broker_configuration", folder=hass.config.path("www/x")
        )


async def test_only_administrators_sign(
    link: AuthorityLink, hub_kit: HubKit, hass_read_only_user: MockUser
) -> None:
    with pytest.raises(Unauthorized):
        await hub_kit.act("open_enrolment", Context(user_id=hass_read_only_user.id))


@pytest.mark.parametrize("service", ["turn_on", "turn_off", "toggle"])
async def test_only_administrators_and_automations_open_the_authority(
    hass: HomeAssistant,
    link: AuthorityLink,
    hass_read_only_user: MockUser,
    hass_admin_user: MockUser,
    service: str,
) -> None:
    """Not even who may control everything."""
    hass_read_only_user.mock_policy(USER_POLICY)
    assert link.service
    enrolment = link.service.enrolment

    async def switch(context: Context | None) -> None:
        await hass.services.async_call(
            "switch", service, {"entity_id": SWITCH}, blocking=True, context=context
        )

    with pytest.raises(Unauthorized):
        await switch(Context(user_id=hass_read_only_user.id))
    assert not enrolment.is_open
    for context in (None, Context(), Context(user_id=hass_admin_user.id)):
        enrolment.close()
        await switch(context)
        assert enrolment.is_open is (service != "turn_off")


# Enrolment.


async def test_a_device_asks_while_the_switch_is_on(
    hass: HomeAssistant, hub: MockConfigEntry, link: AuthorityLink, hub_kit: HubKit
) -> None:
    port = await ListenerKit(hass, hub, "fleet_api").on(access_token="unused")
    assert await asked(port) == 403
    await hass.services.async_call(
        "switch", "turn_on", {"entity_id": SWITCH}, blocking=True
    )
    assert hub_kit.state(SWITCH).state == "on"
    assert await asked(port) == 200
    await hub_kit.settled()
    assert hub_kit.state(f"{SENSOR}valid_certificates").state == "1"
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": SWITCH}, blocking=True
    )
    assert await asked(port) == 403
    await hub_kit.act("open_enrolment", minutes=1)
    assert hub_kit.state(SWITCH).state == "on"
    code = (await hub_kit.ask("create_claiming_code", mac=COLON_MAC))["code"]
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": SWITCH}, blocking=True
    )
    assert await asked(port, code=code) == 200


async def asked(port: int, **more: str) -> int:
    """Ask for a certificate as the reference firmware does; returns the status."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"http://{HOST}:{port}/issue", json={"mac": COLON_MAC, **more}
        ) as response,
    ):
        return response.status


# The broker.


async def test_we_connect_to_what_was_handed_over(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    link: AuthorityLink,
    hub_kit: HubKit,
    tmp_path: Path,
) -> None:
    """The folder is written, a stock Mosquitto starts from it, and we are let in with our own certificate."""
    home = tmp_path / "our broker"
    home.mkdir()
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    await hub_kit.ask("issue_certificate", mac=COLON_MAC)
    port = free_port()
    answer = await hub_kit.ask(
        "write_broker_configuration", folder=str(home), port=port
    )
    assert (home / "server.key").stat().st_mode & 0o777 == 0o600
    assert f"user {MAC}\n" in (home / "maestra.acl").read_text()
    told = dt_util.parse_datetime(answer["expires_at"], raise_on_error=True)
    shown = hub_kit.state(f"{SENSOR}broker_files_expire").state
    assert dt_util.parse_datetime(shown) == told.replace(microsecond=0)

    broker = SecuredBroker(home, port)
    # As its administrator does: the broker's user has to read what only root may.
    configuration = home / "mosquitto.conf"
    configuration.write_text(f"user root\n{configuration.read_text()}")
    async with broker:
        flow_id = await start_subentry_flow(hass, hub, "direct")
        form = direct_form(broker, tls=True, own_certificate=True)
        result = await filled(hass, flow_id, form)
        assert result["type"] is FlowResultType.CREATE_ENTRY, result
        subentry = hub.get_subentries_of_type("mqtt_broker")
        (added,) = subentry
        await soon(
            lambda: (
                (found := hub.runtime_data.links.get(added.subentry_id))
                and found.connected
            )
        )
        assert "CN=maestra" in subject(added.data["client_certificate"])
        # Revoking reaches the folder by itself.
        before = (home / "ca.crl").read_text()
        await hub_kit.act("revoke_certificate", mac=COLON_MAC)
        await soon(lambda: (home / "ca.crl").read_text() != before)
        await unload(hass, hub)


async def test_our_own_certificate_needs_an_authority(
    hass: HomeAssistant, hub: MockConfigEntry, tmp_path: Path
) -> None:
    flow_id = await start_subentry_flow(hass, hub, "direct")
    broker = SecuredBroker(tmp_path, free_port())
    result = await filled(
        hass, flow_id, direct_form(broker, tls=True, own_certificate=True)
    )
    assert result["errors"] == {"security": "no_authority"}


# What runs out.


async def test_what_runs_out_is_renewed_or_told(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    hub_kit: HubKit,
    freezer: FrozenDateTimeFactory,
    tmp_path: Path,
) -> None:
    lifetimes = {"device_days": 90, "broker_days": 90, "crl_days": 90}
    link = await created(hass, hub, lifetimes=lifetimes, years=1)
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    await hub_kit.ask("issue_certificate", mac=COLON_MAC)
    await hub_kit.ask("write_broker_configuration")
    assert link.service and link.service.crl
    number = link.service.crl.number
    for kind in (
        "device_certificates_expire",
        "broker_files_expire",
        "authority_expires",
    ):
        assert issues(hass, kind) == []

    await passed(hass, freezer, timedelta(days=70))
    await soon(lambda: bool(issues(hass, "broker_files_expire")))
    await soon(lambda: bool(issues(hass, "device_certificates_expire")))
    assert link.service.crl.number == number + 1
    await hub_kit.ask("write_broker_configuration")
    await hub_kit.ask("issue_certificate", mac=COLON_MAC)
    assert issues(hass, "broker_files_expire") == []
    assert issues(hass, "device_certificates_expire") == []

    freezer.tick()
    await hub_kit.act("revoke_certificate", mac=COLON_MAC)
    assert issues(hass, "broker_files_old")
    freezer.tick()
    await hub_kit.ask("write_broker_configuration", folder=str(tmp_path))
    assert issues(hass, "broker_files_old") == []

    # Where we may write, nobody has to do anything.
    key = (tmp_path / "server.key").read_text()
    await passed(hass, freezer, timedelta(days=70))
    await soon(lambda: (tmp_path / "server.key").read_text() != key)
    await soon(lambda: not issues(hass, "broker_files_expire"))
    await passed(hass, freezer, timedelta(days=60))
    await soon(lambda: bool(issues(hass, "authority_expires")))


async def passed(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, time: timedelta
) -> None:
    """Let time pass, and what is done every hour be done."""
    freezer.tick(time)
    async_fire_time_changed(hass, dt_util.utcnow() + MAINTENANCE_INTERVAL)
    await hass.async_block_till_done()


# Secrets.


async def test_no_secret_leaves(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    link: AuthorityLink,
    hub_kit: HubKit,
    hass_client: ClientSessionGenerator,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    await hub_kit.ask("issue_certificate", mac=COLON_MAC)
    code = (await hub_kit.ask("create_claiming_code"))["code"]
    await hub_kit.ask("write_broker_configuration")
    told = str(await get_diagnostics_for_config_entry(hass, hass_client, hub))
    kept = hass_storage["maestra.certificates"]["data"]
    passphrase = the_subentry(hub).data["passphrase"]
    assert "ENCRYPTED" in kept["private_key"]
    assert passphrase not in str(kept)
    states = str([state.as_dict() for state in hass.states.async_all()])
    for secret in (passphrase, "PRIVATE KEY", code, kept["private_key"][60:100]):
        for place in (
            told,
            states,
            repr(link),
            repr(link.service),
            repr(hub.runtime_data),
        ):
            assert secret not in place
    # The test kit's storage logs all that it is given.
    logged = [
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith("pytest_homeassistant_custom_component")
    ]
    assert logged
    for secret in (passphrase, kept["private_key"].splitlines()[2]):
        assert secret not in "\n".join(logged)
