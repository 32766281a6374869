"""Loggers whose lines nobody can forge: what clients say may hold line ends, colours and letters that turn the text around."""

import logging
from traceback import format_exception


def get_logger(name: str) -> logging.Logger:
    """Return a module's logger. Each of its records is one line, whatever is in it; a traceback has its own lines only."""
    logger = logging.getLogger(name)
    logger.addFilter(_escape)
    return logger


def printable(text: str) -> str:
    """Return text with what can't be printed escaped as in Python: control characters, lone surrogates, invisible letters."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in text
    )


def _escape(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    if not message.isprintable():
        record.msg, record.args = printable(message), ()
    if record.exc_info and (error := record.exc_info[1]):
        record.exc_text = "\n".join(_traceback(error))
    return True


def _traceback(error: BaseException) -> list[str]:
    """Return the lines of a traceback; what the errors say of themselves is one line each."""
    return [
        part.rstrip("\n") if part.startswith(" ") else printable(part.strip("\n"))
        for part in format_exception(error)
    ]
