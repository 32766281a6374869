"""The numbers that stand for Home Assistant's entity ids in the database."""

from collections.abc import Iterable, Mapping

import asyncpg

from .statements import NUMBER_ENTITIES


class EntityNumbers:
    """Looks numbers up, and gives out new ones, inside the writer's transactions."""

    def __init__(self) -> None:
        """Know no numbers."""
        self._numbers: dict[str, int] = {}

    async def of(
        self, connection: asyncpg.Connection, entity_ids: Iterable[str]
    ) -> Mapping[str, int]:
        """Return the numbers of entities; new ones are valid once the transaction is committed."""
        wanted = set(entity_ids)
        if not (unknown := wanted - self._numbers.keys()):
            return self._numbers
        found = await connection.fetch(NUMBER_ENTITIES, sorted(unknown))
        return {**self._numbers, **{row["entity_id"]: row["id"] for row in found}}

    def keep(self, numbers: Mapping[str, int]) -> None:
        """Remember what `of` returned, now that it is committed."""
        self._numbers.update(numbers)

    def forget(self) -> None:
        """Forget everything: it may be another database, or entities have other ids."""
        self._numbers = {}
