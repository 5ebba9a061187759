class Refused(Exception):
    """Nothing can be started. The text is one sentence for the person at the terminal."""


class Failed(Exception):
    """Something that was started did not come up. `tail` is what it said last."""

    def __init__(self, sentence: str, tail: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.tail = tail
