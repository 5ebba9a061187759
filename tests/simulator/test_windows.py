"""When and how often the account may write first."""

import pytest

from simulator.errors import ApiError
from simulator.windows import Trigger
from simulator.world import World

RESIDENT = "oResident"


def sent(world: World) -> int:
    """Send until the platform refuses; return how many went through."""
    for count in range(20):
        try:
            world.windows.spend(RESIDENT)
        except ApiError:
            return count
    raise AssertionError("no end")


def refusal(world: World) -> int:
    with pytest.raises(ApiError) as error:
        world.windows.spend(RESIDENT)
    return error.value.code


def test_nobody_is_written_to_who_has_not_been_in_touch(world: World) -> None:
    assert refusal(world) == 45015


@pytest.mark.parametrize(
    ("trigger", "messages", "seconds"),
    [("message", 5, 48 * 3600), ("click", 3, 60), ("follow", 3, 60), ("scan", 3, 60)],
)
def test_each_trigger_has_its_count_and_its_time(
    world: World, trigger: Trigger, messages: int, seconds: int
) -> None:
    world.windows.open(RESIDENT, trigger)
    assert sent(world) == messages
    assert refusal(world) == 45047

    world.windows.open(RESIDENT, trigger)
    world.clock.set(offset_s=seconds - 2)
    world.windows.spend(RESIDENT)
    world.clock.set(offset_s=seconds + 1)
    assert refusal(world) == 45015


def test_a_new_message_gives_a_new_count(world: World) -> None:
    world.windows.open(RESIDENT, "message")
    assert sent(world) == 5
    world.windows.open(RESIDENT, "message")
    assert sent(world) == 5


def test_counts_of_two_triggers_do_not_add_up(world: World) -> None:
    world.windows.open(RESIDENT, "message")
    world.windows.open(RESIDENT, "click")
    assert sent(world) == 5


def test_a_click_after_the_messages_are_used_up_gives_three_more(world: World) -> None:
    world.windows.open(RESIDENT, "message")
    assert sent(world) == 5
    world.windows.open(RESIDENT, "click")
    assert sent(world) == 3


def test_unfollowing_closes_the_windows(world: World) -> None:
    world.windows.open(RESIDENT, "message")
    world.windows.close(RESIDENT)
    assert refusal(world) == 45015
