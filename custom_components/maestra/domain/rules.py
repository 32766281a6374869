"""What the user decides about entities."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class EntityRules:
    """What the user decides.

    `strict` refuses a value that does not fit its variable, else it is accepted with
    a warning as the protocol documents. `create_unknown` makes an entity of a state
    that comes for an unknown slug.
    """

    strict: bool = False
    create_unknown: bool = True
