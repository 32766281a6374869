"""Letting devices ask for certificates."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory, Platform

from ...core.pki.enrolment import Enrolment
from ...core.pki.errors import InvalidAuthority
from ...entity import MaestraLinkEntity
from ...hub.errors import translated
from ...hub.permissions import needs_admin
from .link import AuthorityLink


class EnrolmentSwitch(MaestraLinkEntity, SwitchEntity):
    """Whether any device may ask for a certificate now. It goes off by itself."""

    platform_domain = Platform.SWITCH
    _attr_entity_category = EntityCategory.CONFIG

    @property
    @override
    def available(self) -> bool:
        """Whether there is an authority that can sign."""
        return self._enrolment is not None

    @property
    @override
    def is_on(self) -> bool:
        """Whether the window is open."""
        return self._enrolment is not None and self._enrolment.is_open

    @override
    @needs_admin
    @translated
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Open the window for as long as the authority's settings say."""
        link = self._authority
        if link is None or (enrolment := self._enrolment) is None:
            raise InvalidAuthority(reason="it is not loaded")
        enrolment.open(link.window)
        self._hub.writer.write_now(self)

    @override
    @needs_admin
    @translated
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Close it."""
        if (enrolment := self._enrolment) is not None:
            enrolment.close()
        self._hub.writer.write_now(self)

    @property
    def _authority(self) -> AuthorityLink | None:
        link = self._link
        return link if isinstance(link, AuthorityLink) else None

    @property
    def _enrolment(self) -> Enrolment | None:
        link = self._authority
        return link.service.enrolment if link and link.service else None
