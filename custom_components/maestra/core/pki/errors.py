"""The errors of the certificate authority."""

from ..domain.errors import Busy, MaestraError, NotAllowed


class InvalidName(MaestraError):
    """A broker can't be reached by such a name or address."""

    code = "invalid_broker_name"
    message = "{name} is no host name and no IP address"


class InvalidCertificateRequest(MaestraError):
    """A certificate can't be given for this request."""

    code = "invalid_certificate_request"
    message = "The certificate request can't be used: {reason}"


class InvalidAuthority(MaestraError):
    """Certificate or private key can't be an authority's."""

    code = "invalid_authority"
    message = "The certificate authority can't be used: {reason}"


class EnrolmentRefused(NotAllowed):
    """This device may not have a certificate, or not now."""

    code = "enrolment_refused"
    message = "{reason}"


class EnrolmentBusy(Busy):
    """So many have asked that this one has to ask again later."""

    code = "enrolment_busy"
    message = "Too many certificates are asked for"


class UnknownCertificate(MaestraError):
    """No certificate that is still valid has this serial number, or is of this device."""

    code = "unknown_certificate"
    message = "No valid certificate of {name} is known"
