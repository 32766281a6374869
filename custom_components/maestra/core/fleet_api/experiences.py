"""Operations on experiences: the reference has tables for them (maestra.md §7), and no service."""

from typing import Any, Final

import probatio

from ..domain.json_values import JsonObject
from .request import Api, ExperienceService, HttpError, Request
from .routing import Route
from .schemas import (
    NAME,
    OPTIONAL_OBJECT,
    OPTIONAL_TEXT,
    Fields,
    body,
    integer,
    many,
    optional_body,
    shape,
)

TAG: Final = "Experiences"
MAX_NAMES: Final = 5_000
LONGEST_TIMEOUT: Final = 3_600

_DESCRIPTION: Final[Fields] = {
    probatio.Optional("description"): OPTIONAL_TEXT,
    probatio.Optional("flow_definition"): OPTIONAL_OBJECT,
}
_NAMES: Final = probatio.All([NAME], probatio.Length(max=MAX_NAMES))
_DEPLOY: Final[Fields] = {
    probatio.Optional("version"): probatio.Maybe(integer(1, 2**31 - 1)),
    probatio.Optional("devices", default=list): _NAMES,
    probatio.Optional("groups", default=list): _NAMES,
    probatio.Optional("timeout"): probatio.Maybe(integer(1, LONGEST_TIMEOUT)),
}
EXPERIENCE: Final = shape(
    id=str,
    name=str,
    description=probatio.Maybe(str),
    flow_definition=dict,
    version=int,
    status=probatio.In(["draft", "published", "archived"]),
    versions=[int],
    created_at=str,
    updated_at=str,
    created_by=probatio.Maybe(str),
)
DEPLOYMENT: Final = shape(
    id=str,
    experience_id=str,
    version=int,
    status=probatio.In(["pending", "deployed", "failed", "rolled_back"]),
    deployed_at=str,
    deployed_by=probatio.Maybe(str),
    rolled_back_at=probatio.Maybe(str),
    devices=[dict],
    failures=[dict],
)


def _service(api: Api) -> ExperienceService:
    if (service := api.experiences()) is None:
        raise HttpError(503, "There are no experiences here", code="no_experiences")
    return service


def _key(request: Request) -> str:
    return request.path["experience_id"]


def _list(api: Api, _request: Request) -> list[JsonObject]:
    return _service(api).all()


def _create(api: Api, request: Request) -> JsonObject:
    return _service(api).create(request.body, api.source(request).gateway)


def _get(api: Api, request: Request) -> JsonObject:
    return _service(api).get(_key(request))


def _update(api: Api, request: Request) -> JsonObject:
    return _service(api).update(_key(request), request.body)


def _delete(api: Api, request: Request) -> JsonObject:
    _service(api).remove(_key(request))
    return {"status": "deleted", "experience_id": _key(request)}


def _publish(api: Api, request: Request) -> JsonObject:
    return _service(api).publish(_key(request), api.source(request).gateway)


def _archive(api: Api, request: Request) -> JsonObject:
    return _service(api).archive(_key(request))


def _deploy(api: Api, request: Request) -> JsonObject:
    options: dict[str, Any] = request.body or {}
    return _service(api).deploy(
        _key(request), **options, deployed_by=api.source(request).gateway
    )


def _roll_back(api: Api, request: Request) -> JsonObject:
    return _service(api).roll_back(_key(request))


def _deployments(api: Api, request: Request) -> list[JsonObject]:
    return _service(api).deployments(_key(request))


EXPERIENCE_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/experiences",
        handler=_list,
        summary="List experiences by name",
        tag=TAG,
        answer=many(EXPERIENCE),
        errors=(503,),
    ),
    Route(
        method="POST",
        path="/experiences",
        handler=_create,
        summary="Create an experience",
        tag=TAG,
        status=201,
        body=body({probatio.Required("name"): NAME, **_DESCRIPTION}),
        answer=EXPERIENCE,
        errors=(409, 503),
    ),
    Route(
        method="GET",
        path="/experiences/{experience_id}",
        handler=_get,
        summary="Get an experience",
        tag=TAG,
        answer=EXPERIENCE,
        errors=(404, 503),
    ),
    Route(
        method="PUT",
        path="/experiences/{experience_id}",
        handler=_update,
        summary="Change what is sent of an experience; what is published of it stays",
        tag=TAG,
        body=body({probatio.Optional("name"): NAME, **_DESCRIPTION}),
        answer=EXPERIENCE,
        errors=(404, 409, 503),
    ),
    Route(
        method="DELETE",
        path="/experiences/{experience_id}",
        handler=_delete,
        summary="Delete an experience; what is deployed of it stays",
        tag=TAG,
        errors=(404, 503),
    ),
    Route(
        method="POST",
        path="/experiences/{experience_id}/publish",
        handler=_publish,
        summary="Make a version of an experience",
        tag=TAG,
        answer=EXPERIENCE,
        errors=(404, 503),
    ),
    Route(
        method="POST",
        path="/experiences/{experience_id}/archive",
        handler=_archive,
        summary="Keep an experience, and let nobody deploy it any more",
        tag=TAG,
        answer=EXPERIENCE,
        errors=(404, 503),
    ),
    Route(
        method="POST",
        path="/experiences/{experience_id}/deploy",
        handler=_deploy,
        summary="Deploy a version of an experience, to all of its devices or to some",
        tag=TAG,
        body=optional_body(_DEPLOY),
        answer=DEPLOYMENT,
        errors=(404, 409, 503),
    ),
    Route(
        method="POST",
        path="/experiences/{experience_id}/rollback",
        handler=_roll_back,
        summary="Take the last deployment of an experience back",
        tag=TAG,
        answer=DEPLOYMENT,
        errors=(404, 409, 503),
    ),
    Route(
        method="GET",
        path="/experiences/{experience_id}/deployments",
        handler=_deployments,
        summary="List the deployments of an experience, the newest first",
        tag=TAG,
        answer=many(DEPLOYMENT),
        errors=(404, 503),
    ),
)
