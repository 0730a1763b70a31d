"""Everything that is to be read can be read, by day and by night: the contrasts of WCAG 2.2, level AA."""

import pytest

from reports.palette import day, night

READ_ON = (
    *((ink, paper) for ink in ("ink", "muted", "good", "bad", "doubt") for paper in ("paper", "raised")),
    *(
        (f"figure-{ink}", paper)
        for ink in ("ink", "muted", "bad", "good", "accent")
        for paper in ("paper", "figure-band")
    ),
    *(("state-ink", f"state-{state}") for state in ("moving", "paid", "unpaid")),
    ("muted", "figure-band"),
    ("hero-ink", "hero"),
)


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_the_measure_is_the_known_one():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", [day, night])
@pytest.mark.parametrize(("ink", "paper"), READ_ON)
def test_text_stands_out_from_what_it_is_on(palette, ink, paper):
    colours = palette()

    assert contrast(colours[ink], colours[paper]) >= 4.5


@pytest.mark.parametrize("palette", [day, night])
def test_the_verdicts_colours_carry_their_words(palette):
    sheet_colours = palette()

    assert contrast(sheet_colours["hero-ink"], sheet_colours["hero"]) >= 7
