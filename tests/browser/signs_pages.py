"""Where residents' pages of signs are, for the tests that look at every page."""

from tests.browser.conftest import House


def residents_pages(house: House) -> dict[str, list[str]]:
    """Return the addresses of the pages of signs."""
    made, code = house.at_a_sign, house.signs["hanging"].code
    assert made
    return {
        "signs.show": [f"/s/{sign.code}" for sign in house.signs.values()] + ["/s/WRONGCODE"],
        "signs.find": ["/s", "/s?code=zzz"],
        "signs.report": [f"/s/{code}/report"],
        "signs.report_plate": [f"/s/{code}/plate", f"/s/{code}/plate?thanks=1"],
        "signs.receipt": [
            f"/s/{code}/receipt?no={made.report_no}&k={made.access_key}",
            f"/s/{code}/receipt",
        ],
    }
