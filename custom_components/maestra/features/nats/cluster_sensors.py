"""What is shown of a cluster and its workers."""

from collections.abc import Callable
from typing import Final

from homeassistant.components.sensor import SensorStateClass
from homeassistant.helpers.typing import StateType

from ...core.nats.cluster import ClusterState
from ...hub.link_sensors import LinkSensorDescription
from .cluster_link import ClusterLink


def _of_state(
    value_fn: Callable[[ClusterState], int],
) -> Callable[[ClusterLink], StateType]:
    def value(link: ClusterLink) -> StateType:
        return None if link.state is None else value_fn(link.state)

    return value


def _described(
    key: str, value_fn: Callable[[ClusterLink], StateType]
) -> LinkSensorDescription:
    return LinkSensorDescription(
        key=key, state_class=SensorStateClass.MEASUREMENT, value_fn=value_fn
    )


CLUSTER_SENSORS: Final = (
    _described("cluster_workers", lambda link: link.workers),
    _described("cluster_waiting", _of_state(lambda state: state.waiting)),
    _described("cluster_unacknowledged", _of_state(lambda state: state.unacknowledged)),
    _described("cluster_idle", _of_state(lambda state: state.idle)),
    _described("cluster_behind", _of_state(lambda state: state.behind)),
    _described("cluster_messages", _of_state(lambda state: state.messages)),
)
"""Workers, what waits for them and with them, partitions that none reads, copies that are behind, and all messages of the stream."""
