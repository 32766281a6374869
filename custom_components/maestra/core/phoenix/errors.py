"""What clients of channels and REST are refused."""

from ..domain.errors import NotFound


class NotAvailable(NotFound):
    """What is asked for is not set up here."""

    code = "not_available"
    message = "There is no {what} here"
