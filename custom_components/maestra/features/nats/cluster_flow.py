"""The `stream_cluster` subentry: a cluster of NATS servers with JetStream, whose workers store what devices say."""

import re
from typing import Any, Final

import probatio

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section

from ...const import (
    CONF_BUCKET,
    CONF_PARTITIONS,
    CONF_SERVERS,
    CONF_STREAM,
    CONF_WORKERS,
    DEFAULT_STREAM,
)
from ...core.domain.errors import MaestraError
from ...core.nats.api import StreamUnusable, prove_jetstream
from ...core.nats.client import NatsSettings
from ...core.nats.errors import NatsError
from ...core.nats.partition import StreamSettings
from ...hub.flows import (
    SECTION_SECURITY,
    TEXT,
    TEXTS,
    FormData,
    Problem,
    ServiceForm,
    TriedServiceFlow,
    address,
    is_host,
    server_of,
    whole_number,
)
from .flow import (
    NATS_PROBLEMS,
    STANDARD_PORT,
    data_from_form,
    form_from_data,
    nats_settings,
    schema_of,
    typed_problem,
)

MAX_SERVERS: Final = 32
MAX_WORKERS: Final = 1_024
SECTION_WORKERS: Final = "workers_settings"
_BUCKET: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STREAM: Final = probatio.All(TEXT, probatio.Match(r"^[^\s.*>/\\]{1,255}$"))


def _schema(tls_open: bool) -> probatio.Schema:
    fields = schema_of(tls_open).schema
    security = {key: fields.pop(key) for key in list(fields) if key == SECTION_SECURITY}
    return probatio.Schema(
        {
            **fields,
            probatio.Optional(CONF_SERVERS): TEXTS,
            probatio.Required(CONF_STREAM, default=DEFAULT_STREAM): _STREAM,
            probatio.Required(SECTION_WORKERS): section(
                probatio.Schema(
                    {
                        probatio.Optional(CONF_BUCKET): TEXT,
                        probatio.Required(
                            CONF_PARTITIONS, default=StreamSettings().partitions
                        ): whole_number(1, MAX_WORKERS),
                        probatio.Required(
                            CONF_WORKERS, default=StreamSettings().workers
                        ): whole_number(1, MAX_WORKERS),
                    }
                ),
                {"collapsed": True},
            ),
            **security,
        }
    )


def _data_from_form(form: FormData, previous: FormData | None = None) -> dict[str, Any]:
    servers = []
    for text in form.get(CONF_SERVERS, []):
        host, port = server_of(text)
        if host:
            servers.append({CONF_HOST: host, CONF_PORT: port or STANDARD_PORT})
    return {
        **data_from_form(form, previous),
        CONF_SERVERS: servers,
        CONF_STREAM: form[CONF_STREAM],
        **form[SECTION_WORKERS],
        CONF_BUCKET: form[SECTION_WORKERS].get(CONF_BUCKET, "").strip(),
    }


def _form_from_data(data: FormData) -> dict[str, Any]:
    return {
        **form_from_data(data),
        CONF_SERVERS: [address(each) for each in data[CONF_SERVERS]],
        CONF_STREAM: data[CONF_STREAM],
        SECTION_WORKERS: {
            key: data[key] for key in (CONF_BUCKET, CONF_PARTITIONS, CONF_WORKERS)
        },
    }


def cluster_settings(data: FormData) -> NatsSettings:
    """Return how to reach the servers of a subentry."""
    others = tuple((each[CONF_HOST], each[CONF_PORT]) for each in data[CONF_SERVERS])
    return nats_settings(data, others)


async def async_find_cluster_problem(
    hass: HomeAssistant, data: FormData
) -> Problem | None:
    """Check what was typed, then connect to the first server, and look whether it has streams; None when all is well."""
    servers = data[CONF_SERVERS]
    if len(servers) > MAX_SERVERS or not all(
        is_host(each[CONF_HOST]) for each in servers
    ):
        return Problem(CONF_SERVERS, "invalid_host")
    if data[CONF_BUCKET] and not _BUCKET.fullmatch(data[CONF_BUCKET]):
        return Problem(SECTION_WORKERS, "invalid_bucket")
    if problem := await typed_problem(hass, data):
        return problem
    try:
        await prove_jetstream(cluster_settings(data))
    except NatsError as error:
        return NATS_PROBLEMS[type(error)]._replace(reason=error.reason)
    except (MaestraError, StreamUnusable) as error:
        return Problem(CONF_HOST, "no_jetstream", str(error))
    return None


class StreamClusterFlow(TriedServiceFlow):
    """Adds a cluster, or changes one."""

    form = ServiceForm(
        schema=_schema,
        uses_tls=lambda security: security["tls"],
        data=_data_from_form,
        shown=_form_from_data,
        find_problem=async_find_cluster_problem,
        unique_id=address,
    )
