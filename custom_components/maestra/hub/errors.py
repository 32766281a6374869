"""The one place where a core error becomes a translated Home Assistant error."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN
from ..core.domain.errors import MaestraError


def translate(error: MaestraError) -> HomeAssistantError:
    """Return the translated form of a core error: its code is the key, its facts are the placeholders."""
    kind = HomeAssistantError if error.is_failure else ServiceValidationError
    return kind(
        translation_domain=DOMAIN,
        translation_key=error.code,
        translation_placeholders={
            name: str(fact) for name, fact in error.facts.items()
        },
    )


def translated[**P, R](
    function: Callable[P, Awaitable[R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """Let an entity method or action raise core errors; the user sees them translated."""

    @wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await function(*args, **kwargs)
        except MaestraError as error:
            raise translate(error) from error

    return wrapper
