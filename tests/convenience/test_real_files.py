"""Other cities' real files come in as they are, by the mappings that are shipped."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from convenience import importing, mapping_toml
from convenience.importing import Applied
from convenience.models import Facility
from kernel.documents import open_document
from kernel.readers import COMMAND, Document
from tests.convenience.files import real_file


def bring_in(session: Session, file: str, name: str) -> Applied:
    how = mapping_toml.load(mapping_toml.shipped_toml(name))
    document = Document(file, real_file(file))
    source = open_document(document, how.file, COMMAND)
    return importing.apply(session, document, source, how)


@pytest.mark.parametrize(
    ("file", "name", "added", "skipped"),
    [
        ("singapore_hdb-carpark-information.csv", "singapore_hdb", 2111, 0),
        ("parkapi_lots_merged.geojson", "parkapi", 509, 0),
        ("london_osm_toilets_overpass_20211114.json", "osm_toilets", 844, 15),
        ("london_osm_toilets_overpass_mixed.json", "osm_toilets", 1464, 13),
    ],
)
def test_a_real_file_comes_in_as_it_is(
    session: Session, file: str, name: str, added: int, skipped: int
) -> None:
    tally = bring_in(session, file, name).report.tally
    assert (tally.added, tally.skipped, tally.refused) == (added, skipped, 0)
    assert bring_in(session, file, name).import_id is None, "twice is once"


def test_singapores_grid_leads_to_singapore(session: Session) -> None:
    bring_in(session, "singapore_hdb-carpark-information.csv", "singapore_hdb")
    facility = session.scalars(select(Facility).where(Facility.code == "sg-hdb-ACB")).one()
    # Albert Centre, 270 Queen Street.
    assert facility.latitude == pytest.approx(1.30106, abs=1e-4)
    assert facility.longitude == pytest.approx(103.85411, abs=1e-4)
    assert (facility.hours, facility.is_free, facility.is_indoor) == ("24/7", False, True)


def test_the_second_file_of_london_updates_what_the_first_brought(session: Session) -> None:
    bring_in(session, "london_osm_toilets_overpass_20211114.json", "osm_toilets")
    tally = bring_in(session, "london_osm_toilets_overpass_mixed.json", "osm_toilets").report.tally
    assert tally.added == 672
    assert tally.changed + tally.same == 1464 - 672
    assert session.scalar(select(func.count()).select_from(Facility)) == 844 + 672
