"""The form of the certificate authority: its fields, and what they become."""

from datetime import timedelta
from typing import Any, Final

import probatio

from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
)

from ..const import (
    CONF_ALLOWED_MACS,
    CONF_BROKER_DAYS,
    CONF_BROKER_NAMES,
    CONF_CRL_DAYS,
    CONF_DEVICE_DAYS,
    CONF_DEVICE_NAMES,
    CONF_KEY_TYPE,
    CONF_NEEDS_CODE,
    CONF_PASSPHRASE,
    CONF_WINDOW,
)
from ..pki.errors import InvalidMac, InvalidName
from ..pki.keys import KeyType
from ..pki.names import F2_PREFIX, bare_mac, general_name
from ..pki.service import IssuingRules
from .forms import PASSWORD, PEM, TEXT, TEXTS, FormData, Problem, whole_number

SECTION_ENROLMENT: Final = "enrolment"
SECTION_LIFETIMES: Final = "lifetimes"
CONF_CERTIFICATE: Final = "certificate"
CONF_PRIVATE_KEY: Final = "private_key"
CONF_YEARS: Final = "years"

# What stands before the MAC address in the names of certificates.
DEVICE_PREFIXES: Final = {"mac": "", "f2_mac": F2_PREFIX}
_DAYS: Final = whole_number(1, 7_300, UnitOfTime.DAYS)

_ENROLMENT: Final = probatio.Schema(
    {
        probatio.Required(CONF_WINDOW, default=10): whole_number(
            1, 1_440, UnitOfTime.MINUTES
        ),
        probatio.Required(CONF_NEEDS_CODE, default=False): BooleanSelector(),
        probatio.Optional(CONF_ALLOWED_MACS, default=list): TEXTS,
    }
)
_LIFETIMES: Final = probatio.Schema(
    {
        probatio.Required(CONF_DEVICE_DAYS, default=365): _DAYS,
        probatio.Required(CONF_BROKER_DAYS, default=825): _DAYS,
        probatio.Required(CONF_CRL_DAYS, default=365): _DAYS,
    }
)
SETTINGS: Final = {
    probatio.Required(CONF_BROKER_NAMES): TEXTS,
    probatio.Required(CONF_KEY_TYPE, default=KeyType.ECDSA_P256.value): SelectSelector(
        SelectSelectorConfig(
            options=[kind.value for kind in KeyType], translation_key=CONF_KEY_TYPE
        )
    ),
    probatio.Required(CONF_DEVICE_NAMES, default="mac"): SelectSelector(
        SelectSelectorConfig(
            options=list(DEVICE_PREFIXES), translation_key=CONF_DEVICE_NAMES
        )
    ),
    probatio.Required(SECTION_ENROLMENT): section(_ENROLMENT, {"collapsed": True}),
    probatio.Required(SECTION_LIFETIMES): section(_LIFETIMES, {"collapsed": True}),
}
CREATE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME, default="Maestra authority"): TEXT,
        probatio.Required(CONF_YEARS, default=10): whole_number(1, 30),
        **SETTINGS,
    }
)
IMPORT_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_CERTIFICATE): PEM,
        probatio.Required(CONF_PRIVATE_KEY): PEM,
        probatio.Optional(CONF_PASSPHRASE): PASSWORD,
        **SETTINGS,
    }
)
CHANGE_SCHEMA: Final = probatio.Schema(SETTINGS)
_KEPT: Final = (
    CONF_BROKER_NAMES,
    CONF_KEY_TYPE,
    CONF_DEVICE_NAMES,
    SECTION_ENROLMENT,
    SECTION_LIFETIMES,
)


def settings_from_form(form: FormData) -> dict[str, Any]:
    """Return what the subentry keeps, names and addresses in the one way to write them; raises InvalidMac."""
    kept = {key: form[key] for key in _KEPT}
    kept[CONF_BROKER_NAMES] = [
        name for text in form[CONF_BROKER_NAMES] if (name := text.strip())
    ]
    enrolment = dict(form[SECTION_ENROLMENT])
    enrolment[CONF_ALLOWED_MACS] = [
        bare_mac(text) for text in enrolment[CONF_ALLOWED_MACS] if text.strip()
    ]
    kept[SECTION_ENROLMENT] = enrolment
    return kept


def find_problem(form: FormData) -> Problem | None:
    """Return what is wrong with names and addresses, None when all is well."""
    names = [text for text in form[CONF_BROKER_NAMES] if text.strip()]
    if not names:
        return Problem(CONF_BROKER_NAMES, "incomplete")
    try:
        for name in names:
            general_name(name)
        settings_from_form(form)
    except InvalidName as error:
        return Problem(CONF_BROKER_NAMES, "invalid_broker_name", str(error))
    except InvalidMac as error:
        return Problem(SECTION_ENROLMENT, "invalid_mac", str(error))
    return None


def issuing_rules(data: FormData) -> IssuingRules:
    """Return what certificates are like."""
    lifetimes = data[SECTION_LIFETIMES]
    return IssuingRules(
        key_type=KeyType(data[CONF_KEY_TYPE]),
        prefix=DEVICE_PREFIXES[data[CONF_DEVICE_NAMES]],
        device_lifetime=timedelta(days=lifetimes[CONF_DEVICE_DAYS]),
        broker_lifetime=timedelta(days=lifetimes[CONF_BROKER_DAYS]),
        crl_lifetime=timedelta(days=lifetimes[CONF_CRL_DAYS]),
    )
