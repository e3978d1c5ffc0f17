from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from infra.places import Gazetteer, Place, apart
from infra.postal import EXACT, compact, locate_codes, middle

NORTH, SOUTH = Place(54.0, 10.0, 9000), Place(47.0, 10.0, 800)


def _gazetteer(**names: list[Place]) -> Gazetteer:
    gazetteer = Gazetteer()
    for name, places in names.items():
        for place in places:
            gazetteer.add(place, name, ())
    return gazetteer


def _around(place: Place, prefix: str) -> dict[str, list[tuple[str, Place | None]]]:
    return {f"{prefix}{n}": [("", Place(place.latitude + n / 50, place.longitude))] for n in range(4)}


def test_a_code_with_a_place_of_its_own_keeps_it() -> None:
    assert locate_codes({"1": [("Neustadt", SOUTH)]}, _gazetteer(Neustadt=[NORTH])) == {"1": SOUTH}


def test_of_two_places_of_one_name_the_one_among_the_neighbours_is_meant() -> None:
    codes = _around(NORTH, "20") | _around(SOUTH, "80") | {"809": [("Neustadt", None)], "209": [("Neustadt", None)]}
    found = locate_codes(codes, _gazetteer(Neustadt=[NORTH, SOUTH]))
    assert found["809"] == SOUTH
    assert found["209"] == NORTH


def test_a_place_far_from_all_neighbours_is_not_believed() -> None:
    codes = _around(NORTH, "20") | {"209": [("Bad Somewhere", None)]}
    assert "209" not in locate_codes(codes, _gazetteer(**{"Bad Somewhere": [SOUTH]}))


def test_a_village_is_not_mistaken_for_the_city_of_its_name_unless_the_city_is_much_larger() -> None:
    city = Place(54.0, 10.0, 500_000)
    gazetteer = _gazetteer(Olsztyn=[city, SOUTH])
    assert locate_codes({f"10{n}": [("Olsztyn", None)] for n in range(5)}, gazetteer)["103"] == city


def test_what_stands_before_a_comma_lies_in_what_stands_behind_it() -> None:
    town, elsewhere, inside = Place(54.0, 10.0, 9000), Place(47.0, 10.0, 90_000), Place(54.1, 10.0, 0)
    gazetteer = _gazetteer(Centro=[elsewhere, inside], Otter=[town], Ottawa=[elsewhere])
    assert gazetteer.search("Centro, Otter") == [inside]
    assert gazetteer.search("Nothing Known, Otter") == [town]
    assert gazetteer.search("Ottawa, Otter") == [town]


def test_a_locality_is_found_by_a_part_or_the_beginning_of_its_name() -> None:
    gazetteer = _gazetteer(Kappel=[SOUTH], 京都市=[NORTH])
    gazetteer.add(NORTH, "Saint-Denis", ())
    assert gazetteer.search("Kappel SO") == [SOUTH]
    assert gazetteer.search("Postamt (Kappel)") == [SOUTH]
    assert gazetteer.search("ST DENIS CEDEX") == [NORTH]
    assert gazetteer.search("京都市左京区下鴨") == [NORTH]
    assert gazetteer.search("Nowhere") == []


places = st.builds(Place, st.floats(40, 50), st.floats(5, 15))
codes = st.dictionaries(st.text("0123", min_size=1, max_size=4), places, max_size=40)


@given(codes)
def test_compacted_codes_are_still_within_a_few_kilometres_of_their_place(known: dict[str, Place]) -> None:
    prefixes = compact(known)
    assert len(prefixes) <= sum(len(code) for code in known)
    for code, place in known.items():
        longest = next(code[:length] for length in range(len(code), 0, -1) if code[:length] in prefixes)
        assert apart(prefixes[longest][0], place) <= EXACT + 1e-6


def test_codes_of_one_place_become_one_prefix() -> None:
    assert compact({f"80{n:03}": SOUTH for n in range(100)}) == {"8": (Place(47.0, 10.0), 25)}


def test_a_code_that_is_the_beginning_of_others_keeps_its_own_place() -> None:
    prefixes = compact({"M": NORTH, "MK": SOUTH, "ML": SOUTH})
    assert prefixes["M"][0] == NORTH
    assert prefixes["MK"][0] == SOUTH


def test_codes_are_not_looked_at_beyond_the_signs_that_are_right() -> None:
    spread = {f"28{n}": Place(40.0 + n / 5, -4.0) for n in range(5)}
    prefixes = compact(spread, longest=2)
    assert set(prefixes) == {"2"}
    assert prefixes["2"][0] == middle(spread.values())
    assert prefixes["2"][1] > 40, "its reach tells that the middle is not where everything is"
