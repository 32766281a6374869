"""The one place where a core error becomes a translated Home Assistant error."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Final

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN
from ..core.domain.errors import MaestraError

REASON: Final = "reason"


def phrase(text: str) -> str:
    """Return what another program says as a part of our sentence, which has its own full stop."""
    return text.strip().rstrip(".;, ")


def told(name: str, fact: object) -> str:
    """Return a fact as a text tells it: reasons are the words of others."""
    return phrase(str(fact)) if name == REASON else str(fact)


def translate(error: MaestraError) -> HomeAssistantError:
    """Return the translated form of a core error: its code is the key, its facts are the placeholders."""
    kind = HomeAssistantError if error.is_failure else ServiceValidationError
    return kind(
        translation_domain=DOMAIN,
        translation_key=error.code,
        translation_placeholders={
            name: told(name, fact) for name, fact in error.facts.items()
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
