from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.orders.contact import Address
from oms.sourcing.distance import Coordinates, metres
from oms.sourcing.geography import DATA, address_problem, country_data, locate, plain_code, plain_name

KNOWN = {
    "AT 6020 Innsbruck": (47.27, 11.39),
    "AU 3000 Melbourne": (-37.81, 144.96),
    "BE 9000 Gent": (51.05, 3.72),
    "BR 20010-000 Rio de Janeiro": (-22.91, -43.18),
    "CA H2X 1Y4 Montréal": (45.51, -73.57),
    "CH 6900 Lugano": (46.01, 8.96),
    "CZ 602 00 Brno": (49.20, 16.61),
    "DE 01067 Dresden": (51.05, 13.74),
    "DK 8000 Aarhus": (56.16, 10.21),
    "ES 41001 Sevilla": (37.38, -5.97),
    "FI 33100 Tampere": (61.50, 23.79),
    "FR 33000 Bordeaux": (44.84, -0.58),
    "GB EH1 1YZ Edinburgh": (55.95, -3.19),
    "GB M1 1AE Manchester": (53.48, -2.24),
    "GR 105 57 Αθήνα": (37.98, 23.73),
    "HU 6720 Szeged": (46.25, 20.15),
    "IN 400001 Mumbai": (18.94, 72.83),
    "IT 39100 Bolzano": (46.50, 11.35),
    "IT 80133 Napoli": (40.84, 14.25),
    "JP 810-0001 福岡市": (33.59, 130.40),
    "MX 64000 Monterrey": (25.67, -100.31),
    "NL 9711 AB Groningen": (53.22, 6.57),
    "NO 5003 Bergen": (60.39, 5.32),
    "NZ 8011 Christchurch": (-43.53, 172.63),
    "PL 30-001 Kraków": (50.06, 19.94),
    "PT 4000-001 Porto": (41.15, -8.61),
    "RO 400001 Cluj-Napoca": (46.77, 23.59),
    "SE 211 20 Malmö": (55.61, 13.00),
    "SK 040 01 Košice": (48.72, 21.26),
    "TH 50000 เชียงใหม่": (18.79, 98.98),
    "TR 35210 İzmir": (38.42, 27.14),
    "UA 79000 Львів": (49.84, 24.03),
    "US 60601 Chicago": (41.88, -87.63),
    "US 96813-1234 Honolulu": (21.31, -157.86),
    "ZA 4001 Durban": (-29.86, 31.03),
}
"""Cities with a code of theirs, and where they are: figures of general knowledge, not of the sources."""

WITHOUT_CODES = {
    "AE - دبي": (25.20, 55.27),
    "AE - Abu Dhabi": (24.45, 54.38),
    "HK - Kowloon": (22.32, 114.17),
    "IE D02 X285 Dublin": (53.35, -6.26),
    "KW - Kuwait City": (29.38, 47.99),
    "KR 48060 부산": (35.18, 129.08),
    "RU 630007 Новосибирск": (55.03, 82.92),
    "SG 018989 Singapore": (1.29, 103.85),
}
"""Places in countries that have no postal codes, or none in the sources: the city's name must do."""


def _kilometres(place: Coordinates | None, known: tuple[float, float]) -> float:
    assert place is not None
    return metres(place, Coordinates(*known)) / 1000


@pytest.mark.parametrize("where", [*KNOWN, *WITHOUT_CODES])
def test_an_address_in_a_city_is_found_within_30_kilometres(geo_data: Path, where: str) -> None:
    country, rest = where.split(" ", 1)
    code, city = rest.rsplit(" ", 1) if rest.count(" ") and where not in _NAMES_OF_WORDS else _NAMES_OF_WORDS[where]
    assert _kilometres(locate(country, code, city, data=geo_data), (KNOWN | WITHOUT_CODES)[where]) < 30


_NAMES_OF_WORDS = {
    "AE - Abu Dhabi": ("-", "Abu Dhabi"),
    "BR 20010-000 Rio de Janeiro": ("20010-000", "Rio de Janeiro"),
    "KW - Kuwait City": ("-", "Kuwait City"),
}


@pytest.mark.parametrize("where", [where for where in KNOWN if not where.startswith("ES")])
def test_a_postal_code_alone_is_enough(geo_data: Path, where: str) -> None:
    country, rest = where.split(" ", 1)
    code = rest.removesuffix("Rio de Janeiro").rsplit(" ", 1)[0]
    assert _kilometres(locate(country, code, data=geo_data), KNOWN[where]) < 40


def test_every_american_zip_code_is_found_within_six_kilometres(geo_data: Path) -> None:
    from infra.geo import localities

    for code, [(_, place)] in localities("US").items():
        assert place is not None
        assert _kilometres(locate("US", code, data=geo_data), (place.latitude, place.longitude)) < 6


def test_every_country_has_its_file_and_all_are_small(geo_data: Path) -> None:
    files = sorted(geo_data.glob("??.json"))
    assert len(files) == 250
    assert sum(file.stat().st_size for file in files) < 12_000_000
    deserted = {file.stem for file in files if not json.loads(file.read_bytes())["middle"]}
    assert deserted == {"AQ", "BV", "HM", "UM"}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A country of two areas, and two places of one name."""
    content = {
        "middle": [5000, 1000],
        "only_digits": True,
        "prefixes": {"1": [5200, 1300, 40], "12": [5250, 1340], "8": [4800, 1100, 60]},
        "cities": {"neustadt": [[4920, 1100], [4830, 1150], [5210, 1310]], "berlin": [[5252, 1341]]},
        "required": "ACZ",
        "code_pattern": r"\d{5}",
        "code_example": "26133",
    }
    (tmp_path / "XA.json").write_text(json.dumps(content))
    return tmp_path


def test_the_longest_known_prefix_of_a_code_counts(small: Path) -> None:
    assert locate("XA", "12999", data=small) == Coordinates(52.5, 13.4)
    assert locate("XA", "19999", data=small) == Coordinates(52, 13)


def test_of_places_of_one_name_the_one_in_the_area_of_the_code_is_meant(small: Path) -> None:
    assert locate("XA", "80331", "Neustadt", data=small) == Coordinates(48.3, 11.5)
    assert locate("xa", "19999", "NEUSTADT", data=small) == Coordinates(52.1, 13.1)


def test_a_city_far_from_the_area_of_its_code_is_not_believed(small: Path) -> None:
    assert locate("XA", "80331", "Berlin", data=small) == Coordinates(48, 11)


def test_without_a_code_the_first_place_of_the_name_is_meant_and_else_the_middle_of_the_country(small: Path) -> None:
    assert locate("XA", "", "Neustadt", data=small) == Coordinates(49.2, 11)
    assert locate("XA", "", "Nowhere", data=small) == Coordinates(50, 10)
    assert locate("XB", "12345", "Berlin", data=small) is None
    assert locate("", "12345", "Berlin", data=small) is None


def test_what_people_write_around_a_code_says_nothing(small: Path) -> None:
    written = ["D-12999", "12 999", "１２９９９", "12999 ", "XA-12999", "12-999"]
    assert {locate("XA", code, data=small) for code in written} == {Coordinates(52.5, 13.4)}


def test_names_are_compared_without_marks_case_and_signs() -> None:
    assert plain_name("L'Haÿ-les-Roses") == "l hay les roses"
    assert plain_name("ŁÓDŹ") == plain_name("lodz")
    assert plain_name("Straße") == "strasse"
    assert plain_name("서울") == "서울"


@given(st.text())
def test_a_plain_code_is_letters_and_digits_and_stays_as_it_is(code: str) -> None:
    plain, digits = plain_code(code, only_digits=False), plain_code(code, only_digits=True)
    assert plain == plain_code(plain, only_digits=False)
    assert digits == plain_code(plain, only_digits=True)
    assert not plain or (plain.isascii() and plain.isalnum())


@given(st.text())
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    assert plain_name(plain_name(name)) == plain_name(name)


def test_without_a_data_set_the_error_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA, raising=False)
    with pytest.raises(RuntimeError, match=DATA):
        locate("DE", "10115")


def test_the_environment_names_the_data_set(monkeypatch: pytest.MonkeyPatch, small: Path) -> None:
    monkeypatch.setenv(DATA, str(small))
    assert country_data("XA") is not None


GOOD = Address(line1="Marienplatz 1", city="München", postal_code="80331", country="DE")


@pytest.mark.parametrize(
    "address",
    [
        GOOD,
        replace(GOOD, postal_code="D-80331", country="de"),
        replace(GOOD, line1="", line2="Postfach 12"),
        replace(GOOD, postal_code="94105-1234", country="US"),
        replace(GOOD, postal_code="941051234", country="US"),
        replace(GOOD, postal_code="sw1a1aa", country="GB"),
        replace(GOOD, postal_code="BFPO 61", country="GB"),
        replace(GOOD, postal_code="1012AB", country="NL"),
        replace(GOOD, postal_code="SE-114 55", country="SE"),
        replace(GOOD, postal_code="11455", country="SE"),
        replace(GOOD, postal_code="1250096", country="PT"),
        replace(GOOD, postal_code="1500002", city="", country="JP"),
        replace(GOOD, postal_code="1050", country="LV"),
        replace(GOOD, postal_code="L-1234", country="LU"),
        replace(GOOD, postal_code="018989", city="", country="SG"),
        replace(GOOD, postal_code="", city="", country="HK"),
        replace(GOOD, postal_code="", city="", country="AE"),
        replace(GOOD, postal_code="", city="Kuwait City", country="KW"),
        replace(GOOD, postal_code="", city="Dublin", country="IE"),
        replace(GOOD, postal_code="m5v2t6", country="CA"),
        replace(GOOD, postal_code="00-001", country="PL"),
        replace(GOOD, postal_code="00001", country="PL"),
    ],
    ids=lambda address: f"{address.country} {address.postal_code}",
)
def test_an_address_that_a_carrier_takes_has_no_problem(geo_data: Path, address: Address) -> None:
    assert address_problem(address, data=geo_data) is None


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        (replace(GOOD, line1=" "), "the address has no street"),
        (replace(GOOD, city=""), "the address has no city"),
        (replace(GOOD, postal_code=""), "the address has no postal code"),
        (replace(GOOD, country=""), "the address has no country"),
        (replace(GOOD, country="ZZ"), "'ZZ' is no country: ISO 3166-1 alpha-2 is expected, such as DE"),
        (replace(GOOD, country="../../etc/passwd"), "'../../etc/passwd' is no country"),
        (replace(GOOD, postal_code="8033"), "'8033' is no postal code of DE: it looks like 26133"),
        (replace(GOOD, postal_code="80331", country="GB"), "'80331' is no postal code of GB"),
        (replace(GOOD, postal_code="1234", country="US"), "'1234' is no postal code of US"),
        (replace(GOOD, postal_code="M5V", country="CA"), "'M5V' is no postal code of CA"),
        (Address(), "the address has no country"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_address_that_no_carrier_takes_is_told_what_is_wrong(geo_data: Path, address: Address, problem: str) -> None:
    told = address_problem(address, data=geo_data)
    assert told is not None
    assert told.startswith(problem)


def test_no_postal_code_of_the_sources_is_called_impossible(geo_data: Path) -> None:
    """The patterns and the codes come from different sources: where both speak they must agree on nearly all."""
    from infra.geo import localities

    for country in ("AT", "AU", "BE", "CH", "CZ", "DE", "DK", "FI", "FR", "HU", "IT", "NO", "NZ", "PL", "SE", "US"):
        codes = list(localities(country))[:: 1 if os.environ.get("OMS_FULL") else 10]
        wrong = [
            code for code in codes if address_problem(replace(GOOD, postal_code=code, country=country), data=geo_data)
        ]
        assert len(wrong) <= len(codes) / 1000, (country, wrong[:5])
