"""What the platform refuses, and what a developer's call to the simulator gets wrong."""


class ApiError(Exception):
    """An `errcode` of the platform's API; the answer is HTTP 200 all the same."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


class BadCall(Exception):
    """A call to the control half that cannot be done; `sentence` is for whoever made it."""

    def __init__(self, code: str, sentence: str, status: int = 400) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence
        self.status = status
