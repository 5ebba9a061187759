"""What the door says no to. Nobody reads these but the log: the platform only sees a status."""


class _NotAccepted(Exception):
    """A delivery that goes no further.

    `reason` is a short slug, safe to log: it holds nothing of the delivery and no secret.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Malformed(_NotAccepted):
    """Not a delivery at all, or one that cannot be read: HTTP 400."""


class Forged(_NotAccepted):
    """Not shown to come from the platform, now, to this account: HTTP 403."""


class BadConfiguration(ValueError):
    """A setting that would leave the door open, or shut for good; found before the first request.

    The text is one sentence for whoever deploys the service and never quotes the setting's value.
    """
