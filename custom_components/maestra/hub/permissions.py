"""Who may do what: each action, command, route and entity says what it needs, and it is checked here.

The table of all of them is in `docs/security.md`. What no user has asked for, as an automation, may do everything.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
import enum
from functools import wraps
from typing import Any, Final, cast

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers.entity import Entity

from .presenter import PresentedEntity, Presenter


class Needs(enum.StrEnum):
    """What a user must be allowed."""

    ADMIN = "admin"
    """To administer Home Assistant."""
    CONTROL = "control"
    """To control what is touched, by Home Assistant's own policy."""
    READ = "read"
    """To read what is touched, by the same policy."""


type Touched = Iterable[str] | None
"""The entity ids of what is touched; None where Home Assistant has no entity for it: then all of them count."""

_POLICIES: Final = {Needs.CONTROL: POLICY_CONTROL, Needs.READ: POLICY_READ}


async def async_user(hass: HomeAssistant, context: Context) -> User | None:
    """Return who asks, None where nobody does; raises UnknownUser."""
    if context.user_id is None:
        return None
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context)
    return user


def check_user(
    user: User | None,
    needs: Needs,
    touched: Callable[[], Touched] = lambda: None,
    *,
    context: Context | None = None,
) -> None:
    """Raise Unauthorized where a user lacks what is needed; `touched` is only asked for where it matters."""
    if user is None or user.is_admin:
        return
    policy = _POLICIES.get(needs)
    if policy is None:
        raise Unauthorized(context=context)
    if user.permissions.access_all_entities(policy):
        return
    entity_ids = touched()
    if entity_ids is None:
        raise Unauthorized(context=context, permission=policy)
    for entity_id in entity_ids:
        if not user.permissions.check_entity(entity_id, policy):
            raise Unauthorized(context=context, entity_id=entity_id, permission=policy)


def may(
    user: User | None, needs: Needs, touched: Callable[[], Touched] = lambda: None
) -> bool:
    """Tell whether a user has what is needed."""
    try:
        check_user(user, needs, touched)
    except Unauthorized:
        return False
    return True


def entity_ids(
    presenter: Presenter, shown: Iterable[Iterable[PresentedEntity]]
) -> Touched:
    """Return the ids of entities; `shown` has those of each thing that is touched, and one that shows nothing means everything."""
    found: list[str] = []
    for entities in shown:
        ids = list(filter(None, map(presenter.entity_id, entities)))
        if not ids:
            return None
        found += ids
    return found


def needs_admin[**P, R](
    service: Callable[P, Awaitable[R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """Let only administrators and automations call a service of an entity, whoever may control it."""

    @wraps(service)
    async def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        entity = cast(Entity, args[0])
        # Home Assistant has set it for this very call.
        if (context := entity._context) is not None:  # noqa: SLF001
            user = await async_user(entity.hass, context)
            check_user(user, Needs.ADMIN, context=context)
        return await service(*args, **kwargs)

    return checked
