"""What NATS brings to Home Assistant: servers that clients are heard on."""

from typing import Final

from homeassistant.const import CONF_HOST, CONF_PORT

from ...const import SUBENTRY_NATS_SERVER, SUBENTRY_STREAM_CLUSTER
from ...core.domain.json_values import JsonObject
from ...hub.feature import Feature
from ...hub.flows import FindProblem, Reauth
from ...hub.hub import Hub
from ...hub.link_sensors import (
    BYTES_IN,
    CONNECTIVITY,
    MESSAGES_ACCEPTED,
    MESSAGES_IN,
    TRAFFIC,
    link_sensors,
)
from ...hub.listeners import seen_from_outside, service_url
from .cluster_flow import StreamClusterFlow, async_find_cluster_problem
from .cluster_link import ClusterLink
from .cluster_sensors import CLUSTER_SENSORS
from .flow import (
    ACCOUNT_SCHEMA,
    NatsServerFlow,
    async_find_problem,
    renewed_account,
    shown_account,
)
from .link import NatsLink


def _endpoints(hub: Hub, host: str) -> JsonObject:
    """Return where clients reach the first server."""
    for subentry in hub.entry.get_subentries_of_type(SUBENTRY_NATS_SERVER):
        server = seen_from_outside(subentry.data[CONF_HOST], host)
        return {"nats_url": service_url("nats", server, subentry.data[CONF_PORT])}
    return {"nats_url": None}


def _reauth(find_problem: FindProblem) -> Reauth:
    return Reauth(
        step_id="reauth_nats",
        schema=ACCOUNT_SCHEMA,
        find_problem=find_problem,
        shown=shown_account,
        renewed=renewed_account,
    )


FEATURE: Final = Feature(
    key="nats",
    subentries={
        SUBENTRY_NATS_SERVER: NatsServerFlow,
        SUBENTRY_STREAM_CLUSTER: StreamClusterFlow,
    },
    links={SUBENTRY_NATS_SERVER: NatsLink, SUBENTRY_STREAM_CLUSTER: ClusterLink},
    link_entities={
        SUBENTRY_NATS_SERVER: (
            CONNECTIVITY,
            *link_sensors(MESSAGES_ACCEPTED, *TRAFFIC),
        ),
        SUBENTRY_STREAM_CLUSTER: (
            CONNECTIVITY,
            *link_sensors(*CLUSTER_SENSORS, MESSAGES_IN, BYTES_IN),
        ),
    },
    reauth={
        SUBENTRY_NATS_SERVER: _reauth(async_find_problem),
        SUBENTRY_STREAM_CLUSTER: _reauth(async_find_cluster_problem),
    },
    endpoints=_endpoints,
)
