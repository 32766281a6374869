"""Actions on transcriptions: transcripts of others, files, sessions, search, captions."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote

import probatio

from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...core.domain.json_values import JsonObject
from ...core.domain.transcript import Transcript
from ...core.transcription.captions import web_vtt
from ...core.transcription.rows import MAX_FOUND
from ...core.transcription.submission import read_submission
from ...hub.actions import (
    JSON_OBJECT,
    Action,
    moment,
    only,
    refusal,
    targeted_ids,
    touched_owners,
)
from ...hub.files import FILENAME, export_folder
from ...hub.hub import Hub
from ...hub.permissions import Needs, Touched
from .channels import async_find
from .manager import Transcription, TranscriptionManager

LOCAL_MEDIA: Final = "media-source://media_source/"
"""What ids of files in the media folders begin with; the name of the folder follows."""
ATTR_CONFIDENCE: Final = "confidence"
ATTR_DURATION: Final = "duration"
ATTR_END: Final = "end"
ATTR_FILENAME: Final = "filename"
ATTR_LIMIT: Final = "limit"
ATTR_METADATA: Final = "metadata"
ATTR_PATH: Final = "path"
ATTR_QUERY: Final = "query"
ATTR_SESSION: Final = "session"
ATTR_SOURCE_ID: Final = "source_id"
ATTR_START: Final = "start"
ATTR_STREAM_SESSION_ID: Final = "stream_session_id"
ATTR_TEXT: Final = "text"
ATTR_TIMESTAMP: Final = "timestamp"
ATTR_TRANSCRIPTION: Final = "transcription"

_TARGET: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Optional(ATTR_TRANSCRIPTION): cv.string,
}
_SUBMIT: Final[VolDictType] = {
    **_TARGET,
    probatio.Required(ATTR_TIMESTAMP): moment,
    probatio.Required(ATTR_DURATION): probatio.Coerce(float),
    probatio.Required(ATTR_TEXT): cv.string,
    probatio.Optional(ATTR_SOURCE_ID): cv.string,
    probatio.Optional(ATTR_STREAM_SESSION_ID): cv.string,
    probatio.Optional(ATTR_CONFIDENCE): probatio.Any(None, probatio.Coerce(float)),
    probatio.Optional(ATTR_METADATA, default=dict): JSON_OBJECT,
}
_FILE: Final[VolDictType] = {
    **_TARGET,
    probatio.Required(ATTR_PATH): cv.string,
    probatio.Optional(ATTR_START): moment,
}
_START: Final[VolDictType] = {**_TARGET, probatio.Optional(ATTR_SESSION): cv.string}
_SPAN: Final[VolDictType] = {
    **_TARGET,
    probatio.Optional(ATTR_SESSION): cv.string,
    probatio.Optional(ATTR_START): moment,
    probatio.Optional(ATTR_END): moment,
}
_SEARCH: Final[VolDictType] = {
    **_SPAN,
    probatio.Optional(ATTR_QUERY, default=""): cv.string,
    probatio.Optional(ATTR_LIMIT, default=100): probatio.All(
        probatio.Coerce(int), probatio.Range(1, MAX_FOUND)
    ),
}
_EXPORT: Final[VolDictType] = {**_SPAN, probatio.Optional(ATTR_FILENAME): FILENAME}


def _meant(hub: Hub, call: ServiceCall) -> list[Transcription]:
    """Return the transcriptions that a call targets or names; without either, all. Raises ServiceValidationError."""
    manager = hub.manager(TranscriptionManager)
    ids = targeted_ids(call, manager.get)
    name = call.data.get(ATTR_TRANSCRIPTION)
    is_any = not ids and name is None
    return [
        each
        for each in manager
        if is_any or each.id in ids or name in (each.id, each.name)
    ]


def _transcription(hub: Hub, call: ServiceCall) -> Transcription:
    """Return the one transcription that is meant: the only one needs no name. Raises ServiceValidationError."""
    return only(_meant(hub, call), "one_transcription")


def _touched(hub: Hub, call: ServiceCall) -> Touched:
    return touched_owners(hub, [each.id for each in _meant(hub, call)])


def _submit(hub: Hub, call: ServiceCall) -> JsonObject:
    """Take a transcript that somebody else has made; returns its id."""
    transcriber = _transcription(hub, call).transcriber
    transcript = read_submission(
        call.data, transcriber.id, transcriber.session, call.context.id
    )
    transcriber.publish(transcript)
    return {"transcription_id": transcript.id}


async def _transcribe_file(hub: Hub, call: ServiceCall) -> JsonObject:
    """Put what is said in a file in words; returns it."""
    transcription = _transcription(hub, call)
    path = _path(hub.hass, call.data[ATTR_PATH])
    if not await hub.hass.async_add_executor_job(_is_readable, hub.hass, path):
        raise refusal("path_not_allowed", path=str(path))
    found = await hub.manager(TranscriptionManager).async_transcribe_file(
        transcription, path, call.data.get(ATTR_START)
    )
    return {"transcripts": [transcript.to_wire() for transcript in found]}


def _path(hass: HomeAssistant, text: str) -> Path:
    """Return the path of a file, also of one that is named as the media browser names it."""
    if not text.startswith(LOCAL_MEDIA):
        return Path(text)
    folder, _, place = text.removeprefix(LOCAL_MEDIA).partition("/")
    return Path(hass.config.media_dirs.get(folder, "")) / unquote(place)


def _is_readable(hass: HomeAssistant, path: Path) -> bool:
    """Whether this is a file, in a folder that Home Assistant lets integrations read, or with its media."""
    folders = [Path(folder) for folder in hass.config.media_dirs.values()]
    try:
        real = path.resolve()
    except ValueError, OSError:
        # No name of a file: NUL in it, links in a circle.
        return False
    return real.is_file() and (
        hass.config.is_allowed_path(str(path))
        or any(real.is_relative_to(folder.resolve()) for folder in folders)
    )


def _start_session(hub: Hub, call: ServiceCall) -> JsonObject:
    """Begin a session; returns its name."""
    transcriber = _transcription(hub, call).transcriber
    return {"session": transcriber.start_session(call.data.get(ATTR_SESSION))}


def _end_session(hub: Hub, call: ServiceCall) -> JsonObject:
    """End the session that was started; returns its name, null where none was."""
    return {"session": _transcription(hub, call).transcriber.end_session()}


async def _search(hub: Hub, call: ServiceCall) -> JsonObject:
    """Look for what was said; returns it, the newest first."""
    data = call.data
    found = await _find(hub, call, data[ATTR_QUERY], data[ATTR_LIMIT])
    return {"transcripts": [transcript.to_wire() for transcript in found]}


async def _export(hub: Hub, call: ServiceCall) -> JsonObject:
    """Return what was said as a caption file, and write it where a name for it is given."""
    found = await _find(hub, call, "", MAX_FOUND)
    text = web_vtt(found, call.data.get(ATTR_START))
    answer: JsonObject = {"captions": text, "count": len(found), "path": None}
    if (name := call.data.get(ATTR_FILENAME)) is not None:
        path = export_folder(hub.hass) / f"{name}.vtt"
        await hub.hass.async_add_executor_job(_write, path, text)
        answer["path"] = str(path)
    return answer


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


async def _find(
    hub: Hub, call: ServiceCall, query: str, limit: int
) -> list[Transcript]:
    """Return what was said: of the database, or, where there is none, of what is remembered. Raises StoreError."""
    meant = _meant(hub, call)
    if not meant:
        raise refusal("one_transcription", count="0")
    return await async_find(
        hub,
        meant,
        query,
        session=call.data.get(ATTR_SESSION),
        start=call.data.get(ATTR_START),
        end=call.data.get(ATTR_END),
        limit=limit,
    )


TRANSCRIPTION_ACTIONS: Final = tuple(
    Action(
        name=name,
        handler=handler,
        fields=fields,
        needs=needs,
        touches=_touched,
        response=response,
    )
    for name, handler, fields, needs, response in (
        (
            "submit_transcription",
            _submit,
            _SUBMIT,
            Needs.CONTROL,
            SupportsResponse.OPTIONAL,
        ),
        (
            "transcribe_file",
            _transcribe_file,
            _FILE,
            Needs.CONTROL,
            SupportsResponse.OPTIONAL,
        ),
        (
            "start_session",
            _start_session,
            _START,
            Needs.CONTROL,
            SupportsResponse.OPTIONAL,
        ),
        (
            "end_session",
            _end_session,
            _TARGET,
            Needs.CONTROL,
            SupportsResponse.OPTIONAL,
        ),
        ("search_transcripts", _search, _SEARCH, Needs.READ, SupportsResponse.ONLY),
        ("export_captions", _export, _EXPORT, Needs.ADMIN, SupportsResponse.OPTIONAL),
    )
)
