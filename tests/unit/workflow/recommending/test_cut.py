from __future__ import annotations

import numpy as np

from mlwright.data.read import read
from mlwright.testing.tastes import taste_log
from mlwright.workflow.recommending import cut
from mlwright.workflow.recommending.columns import recognize
from mlwright.workflow.recommending.events import read_events


def events_of(log):
    raw = read(log)
    return read_events(raw, recognize(raw.names, {}, raw.source))[0]


def sides(events, how):
    is_test = cut.cut(events, how, 0)
    return events.take(np.flatnonzero(~is_test)), events.take(np.flatnonzero(is_test))


def test_the_later_fifth_of_each_user_comes_after_what_is_learned():
    train, test = sides(events_of(taste_log()), cut.LATER_SHARE)
    latest = [train.times[train.users == user].max() for user in range(60)]
    assert (test.times > np.array(latest)[test.users]).all()
    assert np.bincount(test.users).tolist() == [2] * 60


def test_later_in_time_is_later_for_everybody():
    train, test = sides(events_of(taste_log()), cut.LATER_TIME)
    assert train.times.max() < test.times.min()


def test_the_last_of_each_user_is_one():
    _, test = sides(events_of(taste_log()), cut.LAST)
    assert np.bincount(test.users).tolist() == [1] * 60


def test_the_rule_of_rows_to_judge_by_shows_in_their_times():
    events = events_of(taste_log())
    for how in (cut.LATER_SHARE, cut.LATER_TIME, cut.LAST, cut.RANDOM):
        assert cut.rule_of(*sides(events, how)) == how


def test_without_times_the_cut_is_random_and_repeatable():
    log = taste_log()
    del log["time"]
    events = events_of(log)
    assert cut.usual(events) == cut.RANDOM
    assert np.array_equal(cut.cut(events, cut.RANDOM, 3), cut.cut(events, cut.RANDOM, 3))
    assert not np.array_equal(cut.cut(events, cut.RANDOM, 3), cut.cut(events, cut.RANDOM, 4))


def test_users_who_come_once_are_cut_one_by_one_and_users_who_come_back_in_time():
    log = taste_log()
    assert cut.usual(events_of(log)) == cut.LATER_SHARE
    place = np.argsort(np.argsort(np.random.default_rng(0).random(len(log["user"]))))
    assert cut.usual(events_of({**log, "time": (1e9 + 1e4 * place).tolist()})) == cut.LATER_TIME
