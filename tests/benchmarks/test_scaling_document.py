"""The figures of docs/scaling.md are written by a program, and say where they come from."""

from pathlib import Path

from benchmarks.capacity.document import BEGIN, END, with_figures

DOCUMENT = Path(__file__).parents[2] / "docs" / "scaling.md"
SEEN = {"rate": 100.0, "mean_ms": 5.0, "p95_ms": None}
POINT = {
    "services": 1,
    "offered": None,
    "was_fed": False,
    "formula_ms": None,
    "simulated": SEEN | {"rate": 110.0},
    "measured": SEEN,
    "rate_error": 10.0,
    "mean_error": -20.0,
}
RESULTS = {
    "python": "3.12",
    "processors": 2,
    "is_shared": False,
    "calibration": {
        "neighbours": 0.01,
        "demands": dict.fromkeys(("answer_s", "after_s", "database_s", "psp_s", "customer_s", "commit_s"), 0.00125),
    },
    "pgbench": {"connections": 10, "rate": 1_400.0},
    "limits": {"1": {"service processes": 260.0, "processors": 300.0}},
    "points": [
        POINT | {"offered": 80.0, "rate_error": 0.0},
        POINT | {"offered": 90.0, "rate_error": 0.0, "mean_error": 30.0},
        POINT,
        POINT | {"was_fed": True, "rate_error": 90.0},
    ],
    "other_machines": [{"processors": 4, "services": 3, "capacity": 700.0, "connections": 2.5}],
}


def test_the_figures_take_the_place_of_the_old_ones_and_the_rest_stays():
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    once = with_figures(text, RESULTS)

    assert once.startswith(f"before\n{BEGIN}\n")
    assert once.endswith(f"{END}\nafter\n")
    assert "old" not in once
    assert "| PostgreSQL | 1.25 |" in once
    assert "| 1 process, saturated | 100 | 110 | 5.0 ms | 5.0 ms |  |  |  |" in once
    assert "what 2 processes carry by 10 %" in once  # what the model was fed with is no prediction
    assert "by 25 % (median of 2 loads; at most 30 %)" in once
    assert with_figures(once, RESULTS) == once


def test_a_shared_machine_is_marked_at_each_table():
    text = f"{BEGIN}\n{END}\n"

    assert "shared machine" not in with_figures(text, RESULTS)
    assert with_figures(text, RESULTS | {"is_shared": True}).count("(*shared machine*)") == 5


def test_the_document_has_a_place_for_them():
    text = DOCUMENT.read_text()

    assert text.count(BEGIN) == text.count(END) == 1
    assert text.index(BEGIN) < text.index(END)
