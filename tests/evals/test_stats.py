from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.stats import Interval, bootstrap_mean, bootstrap_ratio, interval, paired, wilson

VALUES = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=30)


def test_wilson_by_hand() -> None:
    # z = 1.95996, z^2 = 3.84146. 8 of 10: centre (.8 + .19207) / 1.38415 = .71674;
    # half 1.95996 * sqrt(.016 + .00960) / 1.38415 = .22659.
    found = wilson(8, 10)
    assert found.low == pytest.approx(0.49016, abs=1e-4)
    assert found.high == pytest.approx(0.94332, abs=1e-4)
    # 0 of n: the bound is z^2 / (n + z^2).
    assert wilson(0, 10) == Interval(0.0, pytest.approx(3.84146 / 13.84146, abs=1e-5))


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_proportion_and_mirrors(told: tuple[int, int]) -> None:
    hits, n = told
    found, mirrored = wilson(hits, n), wilson(n - hits, n)
    assert 0 <= found.low <= hits / n <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-12)


def test_more_cases_make_a_narrower_interval() -> None:
    assert wilson(80, 100).high - wilson(80, 100).low < wilson(8, 10).high - wilson(8, 10).low


@settings(max_examples=30)
@given(VALUES)
def test_the_bootstrap_stays_within_the_values_and_repeats_itself(values: list[float]) -> None:
    found = bootstrap_mean(values, resamples=200)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert found == bootstrap_mean(values, resamples=200)


def test_the_bootstrap_is_near_the_normal_interval() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.1, 400).tolist()
    half = 1.96 * float(np.std(values)) / 20
    found = bootstrap_mean(values)
    assert found.low == pytest.approx(np.mean(values) - half, abs=0.002)
    assert found.high == pytest.approx(np.mean(values) + half, abs=0.002)


def test_a_ratio_leaves_out_resamples_without_a_denominator() -> None:
    # Each case with a denominator has ratio 1/2, so every resample that has one does.
    assert bootstrap_ratio([1.0, 0.0], [2.0, 0.0]) == Interval(0.5, 0.5)


def test_flags_get_wilson_and_other_values_the_bootstrap() -> None:
    assert interval([1.0, 0.0]) == wilson(1, 2)
    assert interval([0.5, 0.5]) == Interval(0.5, 0.5)


def test_paired_by_hand() -> None:
    a, b = [0.0, 0.5, 1.0, 1.0], [1.0, 1.0, 1.0, 0.5]
    found = paired(a, b)
    # Differences 1, .5, 0, -.5: mean .25; B is higher in two and lower in one.
    assert (found.n, found.mean_a, found.mean_b, found.difference) == (4, 0.625, 0.875, 0.25)
    assert (found.wins, found.losses) == (2, 1)
    flips = [abs(x + y + z) for x, y, z in product([1, -1], [0.5, -0.5], [0.5, -0.5])]
    exact = sum(total >= 1.0 for total in flips) / len(flips)
    assert found.p == pytest.approx(exact, abs=0.02)


def test_equal_systems_differ_by_nothing() -> None:
    found = paired([0.2, 0.7], [0.2, 0.7])
    assert (found.difference, found.interval, found.p, found.wins, found.losses) == (0.0, Interval(0, 0), 1.0, 0, 0)


def test_a_difference_in_every_case_is_significant() -> None:
    # 20 cases, all won: the exact p is 2 / 2^20, below what 10,000 flips can show, so 1 / 10,001 plus chance.
    found = paired([0.0] * 20, [1.0] * 20)
    assert found.p < 0.001
    assert found.interval.low > 0


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="got 1 and 2"):
        paired([1.0], [1.0, 2.0])


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=15))
def test_swapping_the_systems_turns_the_difference_round(pairs: list[tuple[float, float]]) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    forth, back = paired(a, b, resamples=200), paired(b, a, resamples=200)
    assert forth.difference == pytest.approx(-back.difference)
    assert (forth.wins, forth.losses) == (back.losses, back.wins)
    assert forth.p == back.p
    assert forth.interval.low == pytest.approx(-back.interval.high)
