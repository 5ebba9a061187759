"""/open311/v2/: GeoReport v2 for programs of other systems, in XML and JSON (docs/open311.md)."""

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

import cases
from accounts.access import for_programs, public
from kernel import blobs
from kernel.bursts import Limiter
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import MIB, SENTENCES, body_limit, settings, status_of

from . import addresses, catalogue, documents, filing, keys, reading, updates
from .errors import Malformed, TooFast, UnknownJurisdiction, UnknownRequest
from .keys import NOBODY, Caller
from .rules import PER_MINUTE_WITHOUT_KEY, Scope

blueprint = Blueprint("open311", __name__, url_prefix="/open311")

_LARGEST_BODY = 24 * MIB
_MOST_FILES = 9
_STRANGERS = Limiter(PER_MINUTE_WITHOUT_KEY, 60)
_FORM = "<any(xml, json):form>"

View = Callable[..., Response]


def _answer(form: str, root: str, body: documents.Body, status: int = 200) -> Response:
    made = Response(documents.render(form, root, body), status)
    made.content_type = documents.TYPES[form]
    return made


def _refusing(view: View) -> View:
    """Say refusals as GeoReport does, in the form of the answer."""

    @wraps(view)
    def guarded(form: str, **more: str) -> Response:
        try:
            _check_jurisdiction()
            return view(form, **more)
        except Refusal as refusal:
            # The specification's word for what cannot be read is 400.
            status = 400 if status_of(refusal) == 422 else status_of(refusal)
            said = refusal.sentence
        except HTTPException as error:
            status = error.code or 500
            said = SENTENCES.get(status, SENTENCES[400])
        made = Response(documents.errors(form, [(status, said)]), status)
        made.content_type = documents.TYPES[form]
        if status == 429:
            made.headers["Retry-After"] = "60"
        return made

    return guarded


def _asked() -> dict[str, str]:
    """Return the parameters of a question; an empty one is as none."""
    return {name: value.strip() for name, value in request.args.items() if value.strip()}


def _check_jurisdiction() -> None:
    given = request.values.get("jurisdiction_id", "").strip()
    if given and given != settings().open311_jurisdiction:
        raise UnknownJurisdiction


def _caller() -> Caller:
    """Return who asks, counted; the key stands in a header, the form or the address."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    key = (
        request.headers.get("X-API-Key")
        or (token if scheme.lower() == "bearer" else "")
        or request.form.get("api_key")
        or request.args.get("api_key")
        or ""
    )
    if not key.strip():
        if not _STRANGERS.take(request.remote_addr or ""):
            raise TooFast
        return NOBODY
    with transaction() as session:
        return keys.caller(session, key.strip())


@blueprint.get(f"/discovery.{_FORM}")
@blueprint.get(f"/v2/discovery.{_FORM}")
@public
@_refusing
def discover(form: str) -> Response:
    """Tell where the door is and what it speaks."""
    changed = "2026-11-22T00:00:00Z"
    body = {
        "changeset": changed,
        "contact": f"{settings().district_name} {settings().hotline}",
        "key_service": f"{settings().district_name} {settings().hotline}",
        "endpoints": [
            {
                "specification": "http://wiki.open311.org/GeoReport_v2",
                "url": f"{settings().public_url}/open311/v2/",
                "changeset": changed,
                "type": "production" if not settings().is_demo else "test",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }
    return _answer(form, "discovery", body)


@blueprint.get(f"/v2/services.{_FORM}")
@public
@_refusing
def list_services(form: str) -> Response:
    """List what can be reported."""
    made = _answer(form, "services", catalogue.services())
    made.headers["Cache-Control"] = "public, max-age=300"
    return made


@blueprint.get(f"/v2/services/<code>.{_FORM}")
@public
@_refusing
def define_service(form: str, code: str) -> Response:
    """Tell a service's attributes."""
    return _answer(form, "service_definition", catalogue.definition(code))


@blueprint.get(f"/v2/requests.{_FORM}")
@for_programs
@_refusing
def list_requests(form: str) -> Response:
    """List requests by number or by filters."""
    caller = _caller()
    with transaction() as session:
        rows = reading.requests(session, caller, _asked(), photo_url)
    return _answer(form, "service_requests", rows)


@blueprint.get(f"/v2/requests/<number>.{_FORM}")
@for_programs
@_refusing
def show_request(form: str, number: str) -> Response:
    """Show one request."""
    caller = _caller()
    with transaction() as session:
        rows = reading.request(session, caller, number, photo_url)
    return _answer(form, "service_requests", rows)


@blueprint.get(f"/v2/tokens/<token>.{_FORM}")
@for_programs
@_refusing
def redeem_token(form: str, token: str) -> Response:
    """Return the request of a token. Our tokens are the numbers: nothing is handed in by halves."""
    caller = _caller()
    with transaction() as session:
        number = reading.request(session, caller, token, photo_url)[0]["service_request_id"]
    row = {"service_request_id": number, "token": token}
    return _answer(form, "service_requests", [row])


@blueprint.post(f"/v2/requests.{_FORM}")
@body_limit(_LARGEST_BODY)
@for_programs
@_refusing
def hand_in(form: str) -> Response:
    """Take a request, with photos as files or addresses."""
    caller = _caller()
    caller.must(Scope.REPORT)  # before pictures are opened for nobody
    sent = filing.read(_fields(), request.headers.get("Idempotency-Key", "").strip() or None)
    pictures = _pictures()
    with transaction() as session:
        number = filing.file(
            session, caller, sent, prefix=settings().report_prefix, pictures=pictures
        )
    row = {"service_request_id": number, "service_notice": None, "account_id": None}
    return _answer(form, "service_requests", [row], 201)


def _fields() -> dict[str, list[str]]:
    """Return the fields of the form; those of the address count where the form has none."""
    return {name: request.values.getlist(name) for name in request.values}


def _pictures() -> list[cases.Picture]:
    files = [each for each in request.files.values() if each.filename]
    if len(files) > _MOST_FILES:
        raise Malformed("照片最多 9 张。")
    return [cases.prepare(each.read()) for each in files]


@blueprint.get(f"/v2/servicerequestupdates.{_FORM}")
@blueprint.get(f"/v2/service_request_updates.{_FORM}", endpoint="list_updates_too")
@for_programs
@_refusing
def list_updates(form: str) -> Response:
    """List the steps of cases within a span."""
    caller = _caller()
    with transaction() as session:
        rows = reading.updates(session, caller, _asked(), photo_url)
    return _answer(form, "service_request_updates", rows)


@blueprint.post(f"/v2/servicerequestupdates.{_FORM}")
@blueprint.post(f"/v2/service_request_updates.{_FORM}", endpoint="say_too")
@for_programs
@_refusing
def say(form: str) -> Response:
    """Take what a client says of a case."""
    caller = _caller()
    with transaction() as session:
        made = updates.say(session, caller, {name: request.values[name] for name in request.values})
    return _answer(form, "service_request_updates", [{"update_id": made}])


def photo_url(photo_id: int) -> str:
    """Return an address that shows this photo for a week to whoever was told it."""
    return addresses.photo_url(settings().public_url, _secret(), photo_id)


def _secret() -> str:
    return settings().secret_key.get_secret_value()


@blueprint.get("/v2/photos/<token>.jpg")
@public
def show_photo(token: str) -> Response:
    """Show a photo to whoever has its address."""
    photo_id = addresses.photo_of(_secret(), token)
    if photo_id is None:
        raise UnknownRequest
    with transaction() as session:
        key = cases.photo_blob(session, photo_id)
    try:
        made = Response(blobs.store().get(key), mimetype="image/jpeg")
    except blobs.BlobMissing:
        raise UnknownRequest from None
    made.headers["Cache-Control"] = "private, max-age=3600"
    return made
