from lookalike.terminal.listing import some_of


def test_few_names_are_all_there() -> None:
    assert some_of(["b", "a"]) == "'b', 'a'"


def test_of_many_the_first_five_and_the_number_of_the_others() -> None:
    assert some_of(list("abcdefg")) == "'a', 'b', 'c', 'd', 'e' and 2 more"
