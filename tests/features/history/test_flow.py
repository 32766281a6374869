"""Adding the database and changing it, tried out on real servers."""

from collections.abc import AsyncGenerator, Generator
import os
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.core.store.errors import StoreError
from custom_components.maestra.core.store.settings import StoreSettings, TlsMode
from custom_components.maestra.features.history.flow import (
    STORE_PROBLEMS,
    data_from_form,
    form_from_data,
    store_settings,
    store_unique_id,
)
from homeassistant.config_entries import SOURCE_REAUTH, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData

from ...kits.certificates import Authority
from ...kits.database import Postgres, fetch
from ...kits.forms import add_store, connected, flow_appears, store_form
from ...kits.hub import unload
from ...kits.process import free_port
from ...kits.texts import TEXTS

pytestmark = pytest.mark.usefixtures("socket_enabled")

KIND = "timescale_store"
CA = "ca_certificate"


@pytest.fixture(autouse=True)
async def without_links(
    hass: HomeAssistant, hub: MockConfigEntry
) -> AsyncGenerator[None]:
    """Let the hub go before the databases do: nothing of it may be left when a test ends."""
    yield
    await unload(hass, hub)


@pytest.fixture(scope="module")
def guarded_server() -> Generator[Postgres]:
    """A server that lets nobody in without the right password."""
    server = Postgres(passwords=True)
    server.start()
    yield server
    server.remove()


@pytest.fixture
async def guarded(guarded_server: Postgres) -> AsyncGenerator[StoreSettings]:
    """A database of the user `stage`; `guest` may log in and no more."""
    name = await guarded_server.create_database()
    administrator = await guarded_server.connect()
    await administrator.execute(
        f"""
        CREATE USER stage PASSWORD 'right';
        CREATE USER guest PASSWORD 'right';
        ALTER DATABASE "{name}" OWNER TO stage;
        """
    )
    yield guarded_server.settings(name, user="stage", password="right")
    await guarded_server.drop_database(name)
    await administrator.execute("DROP USER stage; DROP USER guest")
    await administrator.close()


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Who signs the server's certificate."""
    return Authority()


@pytest.fixture(scope="module")
def encrypted(authority: Authority) -> Generator[Postgres]:
    """A server with TLS."""
    server = Postgres(
        lines=(
            "ssl = on",
            "ssl_cert_file = '../server.crt'",
            "ssl_key_file = '../server.key'",
        )
    )
    identity = authority.issue("database", server.host)
    (server.folder / "server.crt").write_text(identity.certificate)
    key, owner = server.folder / "server.key", server.folder.stat()
    key.write_text(identity.private_key)
    # PostgreSQL refuses a key that others may read.
    key.chmod(0o600)
    os.chown(key, owner.st_uid, owner.st_gid)
    server.start()
    yield server
    server.remove()


async def open_form(hass: HomeAssistant, hub: MockConfigEntry) -> str:
    """Open the form for the database; returns the flow's id."""
    form: Any = await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND), context={"source": "user"}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "user"
    flow_id: str = form["flow_id"]
    return flow_id


async def fill_in(hass: HomeAssistant, flow_id: str, form: dict[str, Any]) -> Any:
    return await hass.config_entries.subentries.async_configure(flow_id, form)


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
        if marker.description
    }


async def test_a_database_is_added(
    hass: HomeAssistant, hub: MockConfigEntry, database: StoreSettings
) -> None:
    flow_id = await open_form(hass, hub)
    subentry = await saved(hass, hub, flow_id, store_form(database))

    address = f"127.0.0.1:{database.port}"
    assert subentry.title == "Database"
    assert subentry.unique_id == f"{address}/{database.database}"
    assert subentry.subentry_type == KIND
    assert subentry.data == {
        "host": "127.0.0.1",
        "port": database.port,
        "database": database.database,
        "username": "postgres",
        "tls_mode": "off",
    }
    assert store_settings(subentry.data) == database


async def test_timescaledb_is_not_needed(
    hass: HomeAssistant, hub: MockConfigEntry, plain_database: StoreSettings
) -> None:
    flow_id = await open_form(hass, hub)
    await saved(hass, hub, flow_id, store_form(plain_database))


async def test_the_usual_is_filled_in(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    form: Any = await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND), context={"source": "user"}
    )
    usual = form["data_schema"](
        {"host": "db.local", "username": "stage", "security": {}}
    )
    assert store_settings(data_from_form(usual)) == StoreSettings(
        host="db.local", port=5432, database="maestra", user="stage"
    )


NOT_PEM = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        pytest.param(
            {"port": free_port()}, {"host": "store_unreachable"}, id="nobody there"
        ),
        pytest.param(
            {"host": "nowhere..example"}, {"host": "invalid_host"}, id="no host name"
        ),
        pytest.param(
            {"database": "nothing"},
            {"database": "store_database_missing"},
            id="no database",
        ),
        pytest.param({"host": " "}, {"host": "incomplete"}, id="empty host"),
        pytest.param({"database": " "}, {"database": "incomplete"}, id="empty name"),
        pytest.param({"username": " "}, {"username": "incomplete"}, id="empty user"),
        pytest.param(
            {"username": "stranger"}, {"username": "store_login_refused"}, id="stranger"
        ),
        pytest.param(
            {"security": {"tls_mode": "require"}},
            {"security": "store_tls_failed"},
            id="no TLS",
        ),
        pytest.param(
            {"security": {"tls_mode": "verify", CA: NOT_PEM}},
            {"security": "invalid_ca"},
            id="no certificate",
        ),
    ],
)
async def test_what_keeps_us_from_working_there_can_be_put_right(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    database: StoreSettings,
    wrong: dict[str, Any],
    errors: dict[str, str],
) -> None:
    flow_id = await open_form(hass, hub)
    result = await fill_in(hass, flow_id, store_form(database) | wrong)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    assert shown(result["data_schema"])["port"] == wrong.get("port", database.port)

    await saved(hass, hub, flow_id, store_form(database))


async def test_a_reason_is_told_in_the_words_of_the_server(
    hass: HomeAssistant, hub: MockConfigEntry, database: StoreSettings
) -> None:
    flow_id = await open_form(hass, hub)
    result = await fill_in(
        hass, flow_id, store_form(database) | {"database": "nothing"}
    )
    reason = result["description_placeholders"]["reason"]
    assert reason == 'database "nothing" does not exist'


@pytest.mark.parametrize(
    ("account", "problem"),
    [
        ({"password": "wrong"}, "store_login_refused"),
        ({"password": ""}, "store_login_refused"),
        ({"username": "guest", "password": "right"}, "store_permission_missing"),
    ],
    ids=["wrong password", "no password", "guest"],
)
async def test_a_login_can_be_put_right(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    guarded: StoreSettings,
    account: dict[str, str],
    problem: str,
) -> None:
    flow_id = await open_form(hass, hub)
    result = await fill_in(hass, flow_id, store_form(guarded) | account)
    assert result["errors"] == {"username": problem}

    right = {"username": " stage ", "password": "right"}
    subentry = await saved(hass, hub, flow_id, store_form(guarded) | right)
    assert subentry.data["username"] == "stage"
    assert subentry.data["password"] == "right"


async def test_tables_of_others_are_told(
    hass: HomeAssistant, hub: MockConfigEntry, database: StoreSettings
) -> None:
    await fetch(database, "CREATE TABLE events (of text)")
    flow_id = await open_form(hass, hub)
    result = await fill_in(hass, flow_id, store_form(database))
    assert result["errors"] == {"base": "store_unsuitable"}
    reason = result["description_placeholders"]["reason"]
    assert reason.startswith('relation "events" already exists')

    await fetch(database, "DROP TABLE events")
    await saved(hass, hub, flow_id, store_form(database))


async def test_an_encoding_that_has_not_all_characters_is_told(
    hass: HomeAssistant, hub: MockConfigEntry, postgres: Postgres
) -> None:
    name = await postgres.create_database(encoding="LATIN1")
    flow_id = await open_form(hass, hub)
    result = await fill_in(hass, flow_id, store_form(postgres.settings(name)))
    assert result["errors"] == {"base": "store_unsuitable"}
    assert "LATIN1" in result["description_placeholders"]["reason"]
    await postgres.drop_database(name)


async def test_a_verified_server_is_added(
    hass: HomeAssistant, hub: MockConfigEntry, encrypted: Postgres, authority: Authority
) -> None:
    flow_id = await open_form(hass, hub)
    form = store_form(encrypted.settings())
    strangers: list[dict[str, str]] = [{}, {CA: Authority("Somebody").certificate}]
    for ca in strangers:
        security = {"security": {"tls_mode": "verify", **ca}}
        result = await fill_in(hass, flow_id, form | security)
        assert result["errors"] == {"security": "store_tls_failed"}

    # As pasted from an indented text of a foreign system.
    pasted = "\r\n\r\n".join(
        f"  {line} " for line in authority.certificate.splitlines()
    )
    security = {"security": {"tls_mode": "verify", CA: pasted}}
    subentry = await saved(hass, hub, flow_id, form | security)
    assert subentry.data[CA] == authority.certificate
    assert store_settings(subentry.data) == encrypted.settings(
        tls=TlsMode.VERIFY, ca=authority.certificate
    )


async def test_encryption_alone_asks_for_no_authority(
    hass: HomeAssistant, hub: MockConfigEntry, encrypted: Postgres, authority: Authority
) -> None:
    flow_id = await open_form(hass, hub)
    security = {"tls_mode": "require", CA: authority.certificate}
    form = store_form(encrypted.settings()) | {"security": security}
    subentry = await saved(hass, hub, flow_id, form)

    assert subentry.data["tls_mode"] == "require"
    assert CA not in subentry.data


@pytest.mark.parametrize(
    "wrong", [{"port": 0}, {"port": 65_536}, {"security": {"tls_mode": "maybe"}}]
)
async def test_what_is_no_choice_is_refused(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    database: StoreSettings,
    wrong: dict[str, Any],
) -> None:
    flow_id = await open_form(hass, hub)
    with pytest.raises(InvalidData):
        await fill_in(hass, flow_id, store_form(database) | wrong)
    await saved(hass, hub, flow_id, store_form(database))


async def test_there_is_one_database(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    database: StoreSettings,
    plain_database: StoreSettings,
) -> None:
    other_window = await open_form(hass, hub)
    flow_id = await open_form(hass, hub)
    await saved(hass, hub, flow_id, store_form(database))

    result = await fill_in(hass, other_window, store_form(plain_database))
    assert result["reason"] == "already_configured"
    result = await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND), context={"source": "user"}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


def test_every_reason_has_its_place_and_its_texts() -> None:
    assert set(STORE_PROBLEMS) == {StoreError, *StoreError.__subclasses__()}
    for problem in STORE_PROBLEMS.values():
        # New credentials are tried out in the same way.
        for errors in (
            TEXTS["config"]["error"],
            TEXTS["config_subentries"][KIND]["error"],
        ):
            assert "{reason}" in errors[problem.key]


def test_a_host_is_written_in_one_way() -> None:
    form = {
        "host": " [FE80::1] ",
        "port": 7,
        "database": " Show ",
        "username": "stage",
        "security": {"tls_mode": "off"},
    }
    data = data_from_form(form)
    assert store_unique_id(data) == "[fe80::1]:7/Show"
    assert data_from_form(form | {"host": "Db.Local."})["host"] == "db.local"


# Changing the database.


async def test_a_form_shows_everything_but_the_password(
    hass: HomeAssistant, hub: MockConfigEntry, authority: Authority
) -> None:
    settings = StoreSettings(
        host="127.0.0.1",
        port=free_port(),
        database="show",
        user="stage",
        password="right",
        tls=TlsMode.VERIFY,
        ca=authority.certificate,
    )
    subentry = await add_store(hass, hub, settings)
    form: Any = await hub.start_subentry_reconfigure_flow(hass, subentry.subentry_id)

    assert form["step_id"] == "reconfigure"
    schema = form["data_schema"]
    assert shown(schema) == {
        "name": "Database",
        "host": "127.0.0.1",
        "port": settings.port,
        "database": "show",
        "username": "stage",
    }
    security = schema.schema["security"]
    assert shown(security.schema) == {"tls_mode": "verify", CA: authority.certificate}
    assert not security.options["collapsed"]


async def test_a_database_that_has_moved_is_followed(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    guarded: StoreSettings,
    guarded_server: Postgres,
) -> None:
    subentry = await add_store(hass, hub, guarded)
    flow = await hub.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    wrong = store_form(guarded) | {"password": "wrong"}
    result = await fill_in(hass, flow["flow_id"], wrong)
    assert result["step_id"] == "reconfigure"
    assert result["errors"] == {"username": "store_login_refused"}
    assert hub.subentries[subentry.subentry_id].data == subentry.data

    name = await guarded_server.create_database()
    administrator = await guarded_server.connect()
    await administrator.execute(f'ALTER DATABASE "{name}" OWNER TO stage')
    await administrator.close()
    # The password is left empty: the saved one stays.
    moved = store_form(guarded) | {"database": name, "password": ""}
    result = await fill_in(hass, flow["flow_id"], moved)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    changed = hub.subentries[subentry.subentry_id]
    assert changed.data == {**subentry.data, "database": name}
    assert changed.data["password"] == "right"
    assert changed.unique_id == f"127.0.0.1:{guarded.port}/{name}"
    await connected(hass, hub, subentry.subentry_id)
    await unload(hass, hub)
    # Its owner could not be dropped.
    await guarded_server.drop_database(name)


async def test_a_title_that_the_user_chose_stays(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    database: StoreSettings,
    plain_database: StoreSettings,
) -> None:
    subentry = await add_store(hass, hub, database)
    hass.config_entries.async_update_subentry(hub, subentry, title="Our memory")
    flow = await hub.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    await fill_in(hass, flow["flow_id"], store_form(plain_database))

    changed = hub.subentries[subentry.subentry_id]
    assert changed.title == "Our memory"
    assert changed.data["port"] == plain_database.port


# New credentials.


async def answer(hass: HomeAssistant, flow: Any, login: dict[str, str]) -> Any:
    return await hass.config_entries.flow.async_configure(flow["flow_id"], login)


async def test_a_refused_login_is_renewed(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: StoreSettings
) -> None:
    """The hub itself asks when the server refuses, and connects once it has the answer."""
    subentry = await add_store(hass, hub, guarded, password="old")
    flow = await flow_appears(hass, SOURCE_REAUTH)
    assert flow["step_id"] == "reauth_store"
    assert flow["context"]["title_placeholders"] == {"name": subentry.title}

    result = await answer(hass, flow, {"username": "stage", "password": "wrong"})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": "store_login_refused"}
    assert result["description_placeholders"]["service"] == subentry.title
    assert shown(result["data_schema"])["username"] == "stage"

    result = await answer(hass, flow, {"username": "stage", "password": "right"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    renewed = hub.subentries[subentry.subentry_id]
    assert renewed.data == {**subentry.data, "password": "right"}
    await connected(hass, hub, subentry.subentry_id)


async def test_a_database_may_be_removed_meanwhile(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: StoreSettings
) -> None:
    subentry = await add_store(hass, hub, guarded)
    data = {"subentry_id": subentry.subentry_id}
    form = await hub.start_reauth_flow(hass, data=data)
    hass.config_entries.async_remove_subentry(hub, subentry.subentry_id)
    await hass.async_block_till_done()

    result = await answer(hass, form, {"username": "stage", "password": "right"})
    assert result["reason"] == "subentry_removed"


async def test_a_change_answers_the_question_for_a_login(
    hass: HomeAssistant, hub: MockConfigEntry, guarded: StoreSettings
) -> None:
    subentry = await add_store(hass, hub, guarded, password="old")
    await flow_appears(hass, SOURCE_REAUTH)

    flow = await hub.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    form = form_from_data(subentry.data) | {"password": "right"}
    result = await fill_in(hass, flow["flow_id"], form)

    assert result["reason"] == "reconfigure_successful"
    assert hass.config_entries.flow.async_progress() == []
    await connected(hass, hub, subentry.subentry_id)
