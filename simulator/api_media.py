"""Temporary media."""

from flask import Response

from .api import Body, Call, endpoint
from .errors import ApiError
from .media import format_of

KB = 1024
# type: (error number when it is too large, bytes, how its formats begin)
_RULES = {
    "image": (40009, 10 * KB * KB, "image/"),
    "voice": (40010, 2 * KB * KB, "audio/"),
    "video": (40011, 10 * KB * KB, "video/"),
    "thumb": (40012, 64 * KB, "image/jpeg"),
}


@endpoint("GET", "cgi-bin/media/get/jssdk", daily=200_000)
def voice_get(call: Call) -> Body | Response:
    """Give a recording of the JS-SDK; other kinds are not there."""
    medium = call.world.media.get(call.query("media_id"))
    if medium is None or medium.type != "voice":
        raise ApiError(40007, "invalid media_id")
    return media_get(call)


@endpoint("POST", "cgi-bin/media/uploadimg", daily=100_000)
def upload_picture(call: Call) -> Body:
    """Take a picture for articles: JPEG or PNG under 1 MB, for good."""
    file = call.file("media")
    if file is None:
        raise ApiError(41005, "media data missing")
    data = file.read()
    if len(data) > KB * KB:
        raise ApiError(40009, "invalid image size")
    found = format_of(data)
    if found is None or found.mime not in ("image/jpeg", "image/png"):
        raise ApiError(40137, "invalid image format")
    medium = call.world.media.put(data, type_="image")
    return {"url": f"http://127.0.0.1:{call.world.config.port}/mmbiz/{medium.media_id}/0"}


@endpoint("GET", "cgi-bin/media/get", daily=200_000)
def media_get(call: Call) -> Body | Response:
    medium = call.world.media.get(call.query("media_id"))
    if medium is None:
        raise ApiError(40007, "invalid media_id")
    if medium.type == "video":
        base = f"http://127.0.0.1:{call.world.config.port}"
        return {"video_url": f"{base}/mmbiz/{medium.media_id}/0"}
    name = f'attachment; filename="{medium.media_id}{medium.suffix}"'
    return Response(medium.data, content_type=medium.mime, headers={"Content-disposition": name})


@endpoint("POST", "cgi-bin/media/upload", daily=100_000)
def media_upload(call: Call) -> Body:
    type_ = call.query("type")
    if type_ not in _RULES:
        raise ApiError(40004, "invalid media type")
    file = call.file("media")
    if file is None:
        raise ApiError(41005, "media data missing")
    data = file.read()
    code, limit, prefix = _RULES[type_]
    if not data:
        raise ApiError(44001, "empty media data")
    if len(data) > limit:
        raise ApiError(code, f"invalid {type_} size")
    found = format_of(data)
    if found is None or not found.mime.startswith(prefix):
        raise ApiError(40005, "invalid file type")
    medium = call.world.media.put(data, type_=type_)
    name = "thumb_media_id" if type_ == "thumb" else "media_id"
    return {"type": type_, name: medium.media_id, "created_at": medium.created_at}
