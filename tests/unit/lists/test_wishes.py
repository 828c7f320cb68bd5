"""Which operations on a list make which earlier ones needless."""

from __future__ import annotations

from queueapp.models.list_operation import ListOperationType as Kind
from queueapp.services.lists.wishes import Earlier, Plan, Wish, plan

CLEAR, DELETE, CREATE = (
    Wish(Kind.CLEAR_LIST),
    Wish(Kind.DELETE_LIST),
    Wish(Kind.CREATE_LIST, data={"name": "A"}),
)


def add(movie: int) -> Wish:
    return Wish(Kind.ADD_ITEM, movie)


def remove(movie: int) -> Wish:
    return Wish(Kind.REMOVE_ITEM, movie)


def rename(**data: str) -> Wish:
    return Wish(Kind.UPDATE_LIST, data=dict(data))


def waiting(*wishes: Wish) -> list[Earlier]:
    return [Earlier(number, one) for number, one in enumerate(wishes, start=1)]


def started(first: Wish, *rest: Wish) -> list[Earlier]:
    return [Earlier(1, first, started=True), *waiting(first, *rest)[1:]]


def test_a_duplicate_collapses_into_the_one_that_waits() -> None:
    assert plan(add(1), waiting(CREATE, add(1), add(2))) == Plan(same_as=2)
    assert plan(CLEAR, waiting(CLEAR)) == Plan(same_as=1)
    assert plan(DELETE, waiting(DELETE)) == Plan(same_as=1)
    assert plan(CREATE, waiting(CREATE)) == Plan(same_as=1, data={"name": "A"})


def test_a_duplicate_of_what_tmdb_is_being_asked_for_is_the_same_unless_another_wish_came_between() -> None:
    assert plan(add(1), started(add(1))) == Plan(same_as=1)
    assert plan(add(1), started(add(1), CLEAR)) == Plan()
    assert plan(add(1), started(add(1), remove(1))) == Plan((2,), same_as=1)


def test_the_latest_wish_for_a_film_supersedes_the_earlier_one_that_waits() -> None:
    assert plan(remove(1), waiting(add(1), add(2))) == Plan((1,))
    assert plan(remove(1), started(add(1))) == Plan()


def test_a_clear_supersedes_what_waits_for_films_and_leaves_the_rest() -> None:
    assert plan(CLEAR, waiting(CREATE, add(1), rename(name="B"), remove(2))) == Plan((2, 4))
    assert plan(CLEAR, waiting(CLEAR, add(1))) == Plan((2,), same_as=1)
    assert plan(CLEAR, started(add(1), add(2))) == Plan((2,))


def test_a_deletion_supersedes_everything_that_waits() -> None:
    assert plan(DELETE, waiting(CREATE, add(1), CLEAR, rename(name="B"))) == Plan((1, 2, 3, 4))
    assert plan(DELETE, started(CREATE, add(1))) == Plan((2,))


def test_changes_of_a_list_are_gathered_until_one_starts() -> None:
    gathered = plan(rename(name="C"), waiting(rename(name="B", description="b"), add(1)))
    assert gathered == Plan(same_as=1, data={"name": "C", "description": "b"})
    assert plan(rename(name="C"), started(rename(name="B"))) == Plan()
    assert plan(rename(name="B"), started(rename(name="B"))) == Plan(same_as=1, data={"name": "B"})
