"""The archive on disk: what is committed is there for the next process, in its order, and nothing else."""

import sqlite3

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


def test_what_is_committed_is_there_for_the_next_process_in_its_order(path):
    archive = ArchiveOnDisk(path)
    shelf = archive.within("acct/test").shelf("agenda", Entry)
    for number in (3, 1, 2):
        shelf[f"ag_{number}"] = entry(number)
    archive.commit()
    shelf["ag_3"] = entry(30)
    del shelf["ag_1"]
    shelf["ag_1"] = entry(10)
    archive.close()

    again = ArchiveOnDisk(path).within("acct/test").shelf("agenda", Entry)

    assert list(again.items()) == [("ag_3", entry(30)), ("ag_2", entry(2)), ("ag_1", entry(10))]


def test_what_was_not_committed_is_gone_with_its_process(path):
    archive = ArchiveOnDisk(path)
    shelf = archive.shelf("agenda", Entry)
    shelf["ag_1"] = entry(1)
    archive.commit()
    shelf["ag_2"] = entry(2)
    shelf.pop("ag_1")
    archive._connection.close()  # as a process does that is killed

    assert list(ArchiveOnDisk(path).shelf("agenda", Entry)) == ["ag_1"]


def test_shelves_of_two_parts_do_not_know_each_other(path):
    archive = ArchiveOnDisk(path)

    archive.within("one").shelf("agenda", Entry)["ag_1"] = entry(1)

    assert archive.within("two").shelf("agenda", Entry) == {}


@pytest.mark.parametrize("make", [lambda _: MemoryArchive(), ArchiveOnDisk], ids=["memory", "disk"])
def test_a_log_is_read_from_behind_a_number_and_shows_what_became_of_a_row(make, path):
    log = make(path).log("entries", Entry)
    for number in range(5):
        log.append(entry(number))
    log.amend(2, entry(20))

    assert log.read(after=1, limit=2) == [(2, entry(20)), (3, entry(3))]
    assert len(log) == 5


def test_a_log_goes_on_where_an_earlier_process_stopped(path):
    archive = ArchiveOnDisk(path)
    archive.log("entries", Entry).append(entry(0))
    archive.close()

    log = ArchiveOnDisk(path).log("entries", Entry)

    assert log.append(entry(1)) == 1
    assert [row.id for _, row in log.read()] == ["ag_0", "ag_1"]


def test_a_file_is_used_by_one_process_at_a_time(path):
    archive = ArchiveOnDisk(path)

    with pytest.raises(ArchiveUnusable, match="another process uses it"):
        ArchiveOnDisk(path)
    archive.close()
    ArchiveOnDisk(path).close()


def test_a_file_of_something_else_is_refused(path):
    path.write_text("these are my notes, and they are longer than a header of a hundred bytes" * 3)
    foreign = path.with_name("foreign.db")
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE notes (text)")

    for file in (path, foreign):
        with pytest.raises(ArchiveUnusable, match=r"not a state file"):
            ArchiveOnDisk(file)
    with pytest.raises(ArchiveUnusable, match="cannot be opened"):
        ArchiveOnDisk(path / "nowhere" / "state.db")


def test_clearing_leaves_nothing(path):
    archive = ArchiveOnDisk(path)
    archive.shelf("agenda", Entry)["ag_1"] = entry(1)
    archive.log("entries", Entry).append(entry(1))
    archive.commit()

    archive.clear()

    assert archive.shelf("agenda", Entry) == {}
    assert len(archive.log("entries", Entry)) == 0
