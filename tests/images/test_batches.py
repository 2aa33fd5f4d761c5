from hypothesis import given
from hypothesis import strategies as st

from lookalike.images.batches import SequentialBatches, SharedBatches, ShuffledBatches

Batches = list[list[tuple[int, int]]]

lengths = st.integers(1, 300)
batch_sizes = st.integers(1, 70)
seeds = st.integers(0, 2**31)
epochs = st.integers(0, 1000)


def shuffled(length: int, batch_size: int, seed: int = 0, epoch: int = 0) -> Batches:
    batches = ShuffledBatches(length, batch_size, seed)
    batches.set_epoch(epoch)
    return list(batches)


def positions(batches: Batches) -> list[int]:
    return [position for batch in batches for _, position in batch]


@given(lengths, batch_sizes, seeds, epochs)
def test_every_position_comes_at_most_once_an_epoch(
    length: int, batch_size: int, seed: int, epoch: int
) -> None:
    found = positions(shuffled(length, batch_size, seed, epoch))
    assert len(set(found)) == len(found)
    assert set(found) <= set(range(length))


@given(lengths, batch_sizes)
def test_only_positions_that_fill_no_batch_are_left_out(length: int, batch_size: int) -> None:
    batches = shuffled(length, batch_size)
    assert {len(batch) for batch in batches} == {min(batch_size, length)}
    assert length - len(positions(batches)) < batch_size


@given(st.integers(1, 70))
def test_a_batch_that_is_not_full_is_kept_where_it_is_the_only_one(length: int) -> None:
    assert sorted(positions(shuffled(length, length + 1))) == list(range(length))


@given(lengths, batch_sizes, epochs)
def test_items_carry_their_epoch(length: int, batch_size: int, epoch: int) -> None:
    assert {item[0] for batch in shuffled(length, batch_size, 0, epoch) for item in batch} == {
        epoch
    }


@given(lengths, batch_sizes, seeds, epochs, epochs)
def test_batches_are_a_function_of_seed_and_epoch_whatever_came_before(
    length: int, batch_size: int, seed: int, epoch: int, earlier: int
) -> None:
    resumed = ShuffledBatches(length, batch_size, seed)
    for number in (earlier, epoch):
        resumed.set_epoch(number)
        found = list(resumed)
    assert found == shuffled(length, batch_size, seed, epoch)


def test_another_epoch_and_another_seed_give_another_order() -> None:
    orders = [positions(shuffled(100, 10, *for_)) for for_ in [(0, 0), (0, 1), (1, 0), (1, 1)]]
    assert len(set(map(tuple, orders))) == 4


def test_every_position_comes_sooner_or_later() -> None:
    seen = {position for epoch in range(20) for position in positions(shuffled(10, 4, 0, epoch))}
    assert seen == set(range(10))


@given(lengths, batch_sizes)
def test_the_length_is_the_number_of_batches(length: int, batch_size: int) -> None:
    for batches in (ShuffledBatches(length, batch_size, 0), SequentialBatches(length, batch_size)):
        assert len(batches) == len(list(batches))


@given(st.integers(0, 300), batch_sizes)
def test_sequential_batches_hold_every_position_once_in_order(length: int, batch_size: int) -> None:
    batches = list(SequentialBatches(length, batch_size))
    assert positions(batches) == list(range(length))
    assert all(len(batch) == batch_size for batch in batches[:-1])
    assert all(0 < len(batch) <= batch_size for batch in batches)


@given(st.integers(0, 300), batch_sizes, st.integers(1, 5))
def test_sequential_batches_may_be_taken_in_turns(
    length: int, batch_size: int, takers: int
) -> None:
    turns = [list(SequentialBatches(length, batch_size, n, takers)) for n in range(takers)]
    whole = list(SequentialBatches(length, batch_size))
    assert [turns[n % takers][n // takers] for n in range(len(whole))] == whole
    assert sum(map(len, turns)) == len(whole)


def shares(
    accumulation: int, processes: int, epoch: int = 1, first: int = 0
) -> tuple[Batches, list[Batches]]:
    """Three batches of 24 positions, and what each process does of them."""
    found = []
    for rank in range(processes):
        share = SharedBatches(ShuffledBatches(72, 24, seed=0), accumulation, processes, rank)
        share.set_epoch(epoch, first)
        assert len(share) == len(list(share))
        found.append(list(share))
    return shuffled(72, 24, epoch=epoch), found


@given(st.sampled_from([1, 2, 3]), st.sampled_from([1, 2, 4]), epochs)
def test_the_micro_batches_of_all_processes_together_are_the_batches(
    accumulation: int, processes: int, epoch: int
) -> None:
    whole, parts = shares(accumulation, processes, epoch)
    together = [item for piece in zip(*parts, strict=True) for share in piece for item in share]
    assert together == [item for batch in whole for item in batch]
    assert {len(micro_batch) for part in parts for micro_batch in part} == {
        24 // (accumulation * processes)
    }


@given(st.sampled_from([1, 2]), st.integers(0, 3))
def test_an_epoch_goes_on_with_the_batch_that_is_next(accumulation: int, first: int) -> None:
    assert shares(accumulation, 2, first=first)[1] == [
        part[first * accumulation :] for part in shares(accumulation, 2)[1]
    ]


def test_the_whole_batch_of_a_step_can_be_asked_for() -> None:
    share = SharedBatches(ShuffledBatches(72, 24, seed=0), 2, 2, rank=1)
    share.set_epoch(5, first=1)
    assert [share.batch(step) for step in (1, 2, 3)] == shuffled(72, 24, epoch=5)
    assert (share.steps, share.micro_batch_size) == (3, 12)
