"""The archive on disk: what is committed is there for the next process, in its order, and nothing else."""

import sqlite3
from contextlib import ExitStack, closing

import pytest

from psp_chaos.agenda import Entry
from psp_chaos.errors import ArchiveUnusable
from psp_chaos.keeping.archive import MemoryArchive
from psp_chaos.keeping.on_disk import ArchiveOnDisk


def entry(number):
    return Entry(id=f"ag_{number}", kind="charge", due_at_us=number, what={"payment": f"pi_{number}"})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.db"


@pytest.fixture
def open_archive():
    """Open archives that are closed when the test is over, as the system does with those of a process."""
    with ExitStack() as closing_all:

        def opened(path):
            archive = ArchiveOnDisk(path)
            closing_all.callback(archive._connection.close)
            return archive

        yield opened


def test_what_is_committed_is_there_for_the_next_process_in_its_order(path, open_archive):
    archive = open_archive(path)
    shelf = archive.within("acct/test").shelf("agenda", Entry)
    for number in (3, 1, 2):
        shelf[f"ag_{number}"] = entry(number)
    archive.commit()
    shelf["ag_3"] = entry(30)
    del shelf["ag_1"]
    shelf["ag_1"] = entry(10)
    archive.close()

    again = open_archive(path).within("acct/test").shelf("agenda", Entry)

    assert list(again.items()) == [("ag_3", entry(30)), ("ag_2", entry(2)), ("ag_1", entry(10))]


def test_what_was_not_committed_is_gone_with_its_process(path, open_archive):
    archive = open_archive(path)
    shelf = archive.shelf("agenda", Entry)
    shelf["ag_1"] = entry(1)
    archive.commit()
    shelf["ag_2"] = entry(2)
    shelf.pop("ag_1")
    archive._connection.close()  # as a process does that is killed

    assert list(open_archive(path).shelf("agenda", Entry)) == ["ag_1"]


def test_shelves_of_two_parts_do_not_know_each_other(path, open_archive):
    archive = open_archive(path)

    archive.within("one").shelf("agenda", Entry)["ag_1"] = entry(1)

    assert archive.within("two").shelf("agenda", Entry) == {}


@pytest.mark.parametrize("is_on_disk", [False, True], ids=["memory", "disk"])
def test_a_log_is_read_from_behind_a_number_and_shows_what_became_of_a_row(is_on_disk, path, open_archive):
    log = (open_archive(path) if is_on_disk else MemoryArchive()).log("entries", Entry)
    for number in range(5):
        log.append(entry(number))
    log.amend(2, entry(20))

    assert log.read(after=1, limit=2) == [(2, entry(20)), (3, entry(3))]
    assert len(log) == 5


def test_a_log_goes_on_where_an_earlier_process_stopped(path, open_archive):
    archive = open_archive(path)
    archive.log("entries", Entry).append(entry(0))
    archive.close()

    log = open_archive(path).log("entries", Entry)

    assert log.append(entry(1)) == 1
    assert [row.id for _, row in log.read()] == ["ag_0", "ag_1"]


def test_a_file_is_used_by_one_process_at_a_time(path, open_archive):
    archive = open_archive(path)

    with pytest.raises(ArchiveUnusable, match="another process uses it"):
        open_archive(path)
    archive.close()
    open_archive(path).close()


def test_a_file_of_something_else_is_refused(path, open_archive):
    path.write_text("these are my notes, and they are longer than a header of a hundred bytes" * 3)
    foreign = path.with_name("foreign.db")
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE notes (text)")

    for file in (path, foreign):
        with pytest.raises(ArchiveUnusable, match=r"not a state file"):
            open_archive(file)
    with pytest.raises(ArchiveUnusable, match="cannot be opened"):
        open_archive(path / "nowhere" / "state.db")


def test_clearing_leaves_nothing(path, open_archive):
    archive = open_archive(path)
    archive.shelf("agenda", Entry)["ag_1"] = entry(1)
    archive.log("entries", Entry).append(entry(1))
    archive.commit()

    archive.clear()

    assert archive.shelf("agenda", Entry) == {}
    assert len(archive.log("entries", Entry)) == 0


def test_who_still_writes_about_what_was_thrown_away_changes_nothing(path, open_archive):
    archive = open_archive(path)
    old = archive.log("entries", Entry)
    number = old.append(entry(1))
    archive.clear()
    new = archive.log("entries", Entry)
    new.append(entry(2))

    old.amend(number, entry(10))
    old.append(entry(11))

    assert new.read() == [(0, entry(2))]


def test_every_way_to_change_a_shelf_is_kept(path, open_archive):
    archive = open_archive(path)
    shelf = archive.shelf("agenda", Entry)
    shelf.update({"ag_1": entry(1)}, ag_2=entry(2))
    shelf |= {"ag_3": entry(3), "ag_4": entry(4)}
    shelf.setdefault("ag_5", entry(5))
    shelf.setdefault("ag_1", entry(10))
    archive.commit()
    last, popped = shelf.popitem(), shelf.pop("ag_2")
    archive.close()

    kept = open_archive(path).shelf("agenda", Entry)

    assert (last, popped) == (("ag_5", entry(5)), entry(2))
    assert kept == {"ag_1": entry(1), "ag_3": entry(3), "ag_4": entry(4)}
