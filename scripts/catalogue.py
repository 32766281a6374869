"""All that the core can keep in the database, for tests and measurements without Home Assistant.

Home Assistant's side puts the same together from the features that it has (`FeatureRegistry.records`).
"""

from collections.abc import Iterator
import importlib
import pkgutil
from typing import Final

import custom_components.maestra.core
from custom_components.maestra.core.store.topic import Catalogue, StoreTopic


def _topics() -> Iterator[StoreTopic]:
    core = custom_components.maestra.core
    for info in pkgutil.walk_packages(core.__path__, f"{core.__name__}."):
        if info.name.endswith("rows"):
            module = importlib.import_module(info.name)
            yield from (
                found
                for found in vars(module).values()
                if isinstance(found, StoreTopic)
            )


STORE_CATALOGUE: Final = Catalogue(_topics())
