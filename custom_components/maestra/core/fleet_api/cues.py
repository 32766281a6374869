"""Operations on cue lists: the reference has cues for DMX alone, in a part that is not of this API."""

from typing import Final

import probatio

from ..domain.json_values import JsonObject
from .request import Api, CueService, HttpError, Request
from .routing import Handler, Route
from .schemas import NAME, many, shape

TAG: Final = "Cue lists"
COMMANDS: Final = ("go", "back", "pause", "resume", "stop", "panic")
CUE_COMMANDS: Final = ("start", "load")

CUE_LIST: Final = shape(
    id=str,
    name=str,
    min_interval=probatio.Any(int, float),
    priority=int,
    safe=dict,
    cues=[dict],
    current=probatio.Maybe(str),
    next=probatio.Maybe(str),
    is_running=bool,
    is_paused=bool,
    started_at=probatio.Maybe(str),
    ends_at=probatio.Maybe(str),
)
# What is in it is read where cue lists are.
_PUT: Final = probatio.Schema(
    {probatio.Required("name"): NAME, probatio.Required("cues"): [dict]},
    extra=probatio.ALLOW_EXTRA,
)


def _service(api: Api) -> CueService:
    if (service := api.cues()) is None:
        raise HttpError(503, "There are no cue lists here", code="no_cue_lists")
    return service


def _list(api: Api, _request: Request) -> list[JsonObject]:
    return _service(api).all()


def _put(api: Api, request: Request) -> JsonObject:
    return _service(api).put(request.body)


def _get(api: Api, request: Request) -> JsonObject:
    return _service(api).get(request.path["cue_list"])


def _delete(api: Api, request: Request) -> JsonObject:
    name = request.path["cue_list"]
    _service(api).remove(name)
    return {"status": "deleted", "cue_list": name}


def _running(*words: str) -> Handler:
    def run(api: Api, request: Request) -> JsonObject:
        path = request.path
        said = [path["number"] if word == "{number}" else word for word in words]
        return _service(api).run(path["cue_list"], said, api.source(request))

    return run


def _command(summary: str, *words: str) -> Route:
    return Route(
        method="POST",
        path="/cue_lists/{cue_list}/" + "/".join(words),
        handler=_running(*words),
        summary=summary,
        tag=TAG,
        answer=CUE_LIST,
        errors=(403, 404, 429, 503),
    )


CUE_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/cue_lists",
        handler=_list,
        summary="List cue lists by name",
        tag=TAG,
        answer=many(CUE_LIST),
        errors=(503,),
    ),
    Route(
        method="PUT",
        path="/cue_lists",
        handler=_put,
        summary="Add a cue list, or take another version of the one of this name",
        tag=TAG,
        body=_PUT,
        answer=CUE_LIST,
        errors=(409, 503),
    ),
    Route(
        method="GET",
        path="/cue_lists/{cue_list}",
        handler=_get,
        summary="Get a cue list by its name or id, and where it stands",
        tag=TAG,
        answer=CUE_LIST,
        errors=(404, 503),
    ),
    Route(
        method="DELETE",
        path="/cue_lists/{cue_list}",
        handler=_delete,
        summary="Delete a cue list; what it moves stays where it is",
        tag=TAG,
        errors=(404, 503),
    ),
    *(_command(f"{word.capitalize()}, of a cue list", word) for word in COMMANDS),
    *(
        _command(f"{word.capitalize()} a cue of a cue list", "cue", "{number}", word)
        for word in CUE_COMMANDS
    ),
)
