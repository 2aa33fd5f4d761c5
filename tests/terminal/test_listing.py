from lookalike.terminal.listing import all_of, some_of


def test_few_names_are_all_there() -> None:
    assert some_of(["b", "a"]) == "'b', 'a'"


def test_of_many_the_first_five_and_the_number_of_the_others() -> None:
    assert some_of(list("abcdefg")) == "'a', 'b', 'c', 'd', 'e' and 2 more"


def test_all_names_are_listed_as_people_write_them() -> None:
    assert [all_of(list(names)) for names in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
