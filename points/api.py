"""Where the provider of phone credit tells what became of an order, without being asked."""

import logging

from flask import Blueprint, Response, request

from accounts.access import signed_by_platform
from kernel.database import transaction

from . import provider, recharge
from .errors import RedemptionNotFound

log = logging.getLogger(__name__)

blueprint = Blueprint("points_api", __name__, url_prefix="/points/credit")


@blueprint.post("/heard")
@signed_by_platform
def hear() -> Response:
    """Take a message of the provider, signed with the secret that he and we share.

    204: it was taken, now or before. 403: it is not his. 404: no provider is set, or no such order.
    The words alone decide nothing twice: `points.recharge`.
    """
    connected = provider.connected()
    if connected is None:
        return Response(status=404)
    try:
        event_id, order_no, outcome = connected.read(request.get_data(), dict(request.headers))
    except ValueError:
        log.warning("a message about phone credit that is not the provider's")
        return Response(status=403)
    try:
        with transaction() as session:
            recharge.hear(session, event_id=event_id, order_no=order_no, outcome=outcome)
    except RedemptionNotFound:
        return Response(status=404)
    return Response(status=204)
