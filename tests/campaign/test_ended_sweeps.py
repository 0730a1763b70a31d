"""Sweeps that are ended in every way there is: what was found is kept, nobody is left behind, and they go on."""

import signal
import time

import psutil
import pytest

pytestmark = pytest.mark.slow


def assert_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def named(words: str, processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if words in command_of(process)]


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""  # it has just ended


def test_ctrl_c_keeps_what_was_found_and_says_how_to_go_on(long_sweep):
    sweep = long_sweep("--jobs", "2")
    sweep.wait_for_results()
    processes = sweep.descendants()
    assert len(named("playhouse_main", processes)) == 2

    sweep.process.send_signal(signal.SIGINT)
    code, stdout, stderr = sweep.end()

    assert code == 130
    assert stderr == "stopping: runs under way are finished; Ctrl-C again gives them up\n"
    assert f"{sweep.lines} of 500 runs: {sweep.lines} valid" in stdout
    assert "go on   paystorm sweep lost-webhooks --seeds 1..500" in stdout
    assert "Nothing was found so far." in (sweep.out / "campaign.html").read_text()
    assert_gone(processes)


@pytest.mark.campaign
def test_a_second_ctrl_c_gives_up_what_is_under_way(long_sweep):
    sweep = long_sweep("--jobs", "2", "--customers", "400")
    while len(named("postgres -D", sweep.descendants())) < 2:
        time.sleep(0.05)
    processes = sweep.descendants()

    for _ in range(2):
        sweep.process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    code, stdout, _ = sweep.end()

    assert code == 130
    assert "0 of 500 runs" in stdout
    assert_gone(processes)


@pytest.mark.campaign
def test_sigkill_leaves_no_process_behind_and_every_line_is_whole(long_sweep):
    sweep = long_sweep("--jobs", "2")
    sweep.wait_for_results(2)
    processes = sweep.descendants()
    assert any("postgres" in process.name() for process in processes)

    sweep.process.kill()
    sweep.end()

    assert_gone(processes)
    assert sweep.lines >= 2


@pytest.mark.campaign
def test_whoever_is_killed_is_replaced(long_sweep):
    sweep = long_sweep("--jobs", "2")
    sweep.wait_for_results()

    for victim in ("postgres -D", "playhouse_main", "LokyProcess"):
        named(victim, sweep.descendants())[0].kill()
        sweep.wait_for_results(sweep.lines + 5)
    processes = sweep.descendants()
    sweep.process.terminate()
    code, stdout, _ = sweep.end()

    assert code == 130
    assert f"{sweep.lines} valid" in stdout
    assert_gone(processes)
