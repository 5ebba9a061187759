"""Two families of access tokens."""

import pytest

from simulator.errors import ApiError
from simulator.tokens import Tokens
from simulator.world import World


@pytest.fixture
def tokens(world: World) -> Tokens:
    return world.tokens


def refusal(tokens: Tokens, token: str | None) -> int:
    with pytest.raises(ApiError) as error:
        tokens.check(token)
    return error.value.code


def test_every_call_for_a_token_makes_a_new_one(tokens: Tokens) -> None:
    first, expires_in = tokens.fresh()
    second, _ = tokens.fresh()
    assert expires_in == 7200
    assert first != second
    assert 120 < len(first) <= 512


def test_the_token_before_the_latest_works_for_five_more_minutes(
    world: World, tokens: Tokens
) -> None:
    first, _ = tokens.fresh()
    second, _ = tokens.fresh()
    tokens.check(first)
    world.clock.set(offset_s=301)
    assert refusal(tokens, first) == 40001
    tokens.check(second)


def test_a_token_of_its_full_age_has_expired(world: World, tokens: Tokens) -> None:
    token, _ = tokens.fresh()
    world.clock.set(offset_s=7201)
    assert refusal(tokens, token) == 42001


def test_a_stable_token_stays_the_same_and_its_rest_shrinks(world: World, tokens: Tokens) -> None:
    first, _ = tokens.stable(force=False)
    world.clock.set(offset_s=6000)
    again, rest = tokens.stable(force=False)
    assert again == first
    assert 1190 <= rest <= 1200


def test_a_stable_token_is_renewed_five_minutes_before_its_end(
    world: World, tokens: Tokens
) -> None:
    first, _ = tokens.stable(force=False)
    world.clock.set(offset_s=6901)
    second, rest = tokens.stable(force=False)
    assert second != first
    assert rest == 7200
    tokens.check(first)
    world.clock.set(offset_s=7201)
    assert refusal(tokens, first) == 40001


def test_forcing_ends_the_old_token_at_once(world: World, tokens: Tokens) -> None:
    first, _ = tokens.stable(force=False)
    second, _ = tokens.stable(force=True)
    assert refusal(tokens, first) == 40001
    tokens.check(second)


def test_forcing_twice_within_thirty_seconds_gives_the_same_token(
    world: World, tokens: Tokens
) -> None:
    first, _ = tokens.stable(force=True)
    assert tokens.stable(force=True)[0] == first
    world.clock.set(offset_s=31)
    assert tokens.stable(force=True)[0] != first


def test_forcing_has_a_quota_of_twenty_a_day(world: World, tokens: Tokens) -> None:
    start = world.clock.now()
    midnight_s = (16 * 3600 - start) % 86400  # 00:00 in China
    for turn in range(20):
        world.clock.set(offset_s=midnight_s + 60 * turn)
        tokens.stable(force=True)
    world.clock.set(offset_s=midnight_s + 60 * 20)
    with pytest.raises(ApiError) as error:
        tokens.stable(force=True)
    assert error.value.code == 45009


def test_the_families_do_not_disturb_each_other(tokens: Tokens) -> None:
    stable, _ = tokens.stable(force=False)
    tokens.fresh()
    tokens.fresh()
    tokens.check(stable)
    fresh, _ = tokens.fresh()
    tokens.stable(force=True)
    tokens.check(fresh)


def test_what_is_no_token_is_told_apart_from_a_wrong_one(tokens: Tokens) -> None:
    token, _ = tokens.fresh()
    assert refusal(tokens, None) == 41001
    assert refusal(tokens, "") == 41001
    assert refusal(tokens, "garbage 垃圾") == 40014
    assert refusal(tokens, token[:-1] + ("A" if token[-1] != "A" else "B")) == 40001


def test_revoking_makes_every_token_invalid(tokens: Tokens) -> None:
    fresh, stable = tokens.fresh()[0], tokens.stable(force=False)[0]
    tokens.revoke_all()
    assert refusal(tokens, fresh) == 40001
    assert refusal(tokens, stable) == 40001
    assert tokens.stable(force=False)[0] != stable
