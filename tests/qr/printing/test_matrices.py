"""Many codes at once are the same codes as one by one."""

import numpy as np
import pytest
import qrcode.util
from hypothesis import given, settings
from hypothesis import strategies as st

from qr.printing.matrices import masked, matrices, penalties
from qr.printing.spec import CAPACITY, MODULES, Level
from tests.qr.scanner import scanned

texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=24)
levels = st.sampled_from(["H", "Q", "M"])


@settings(max_examples=15, deadline=None)
@given(texts, levels)
def test_a_code_is_the_librarys_with_the_mask_that_the_standard_prefers(text: str, level: Level):
    all_masks = [masked(text, level, mask) for mask in range(8)]
    made = matrices([text], level)[0]
    found = [mask for mask in range(8) if np.array_equal(all_masks[mask], made)]
    judged = [qrcode.util.lost_point(matrix.tolist()) for matrix in all_masks]

    assert len(found) == 1
    assert judged[found[0]] == min(judged)
    assert penalties(np.array(all_masks)).tolist() == judged


def test_each_text_of_many_gets_its_own_code():
    said = [f"https://q.example.cn/s/{number:08d}" for number in range(130)]
    made = matrices(said, "M")

    assert made.shape == (130, MODULES, MODULES)
    assert [scanned(one.tolist()) for one in made] == said


@pytest.mark.parametrize(("level", "most"), CAPACITY.items())
def test_the_longest_address_fits_and_one_letter_more_does_not(level: Level, most: int):
    assert matrices(["a" * most], level).shape == (1, MODULES, MODULES)
    with pytest.raises(qrcode.exceptions.DataOverflowError):
        matrices(["a" * (most + 1)], level)
