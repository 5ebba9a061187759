from collections.abc import Iterator

import pytest

from tests.journeys.town import Town, running


@pytest.fixture(scope="package")
def town() -> Iterator[Town]:
    with running() as started:
        yield started
