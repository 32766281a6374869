"""All that the core can keep in the database, for tests and measurements without Home Assistant.

Home Assistant's side puts the same together from the features that it has (`FeatureRegistry.records`).
"""

from collections.abc import Iterator
import importlib
from pathlib import Path
from typing import Final

import custom_components.maestra.core
from custom_components.maestra.core.store.topic import Catalogue, StoreTopic


def _topics() -> Iterator[StoreTopic]:
    core = custom_components.maestra.core
    for path in sorted(Path(core.__path__[0]).glob("*/*rows.py")):
        module = importlib.import_module(
            f"{core.__name__}.{path.parent.name}.{path.stem}"
        )
        yield from (
            found for found in vars(module).values() if isinstance(found, StoreTopic)
        )


STORE_CATALOGUE: Final = Catalogue(_topics())
