"""The report of a recommender says whom it serves, what hits do not tell, and shows lists."""

from __future__ import annotations

import re

import pytest
import yaml

from mlwright.report import judged
from mlwright.report.build import build_report
from mlwright.report.card import brief_card, model_card
from mlwright.report.commands import Names, commands
from mlwright.report.derive import complete
from mlwright.report.first import answer, watch
from mlwright.report.forms import Wishes, make
from mlwright.report.language import spoken
from mlwright.report.lists import history_line, lists, served
from mlwright.report.page import page
from mlwright.report.verdict import verdict
from mlwright.report.words import headline
from mlwright.workflow.recommending import cut


def visible(html):
    """Return the words of a page, one space between them."""
    bare = re.sub(r"<style.*?</style>|<svg.*?</svg>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+([.,:;)])", r"\1", " ".join(re.sub(r"<[^>]+>", " ", bare).split())).replace("( ", "(")


def estimate(value, half=0.01):
    return {"value": value, "low": value - half, "high": value + half, "direction": "max"}


def test_the_answer_is_told_in_users_out_of_a_hundred(films):
    told = str(answer(films()))
    assert told.startswith("It ships: for 60 of 100 users at least one")
    assert "they liked later; the best naive ranking manages that for 40." in told
    assert "they took later" in str(answer(films(liked_from=None)))


def test_groups_of_users_stand_where_drivers_of_columns_would(films):
    html = build_report(films())
    shown = visible(html)
    assert "Whom it serves" in shown
    assert "400 users of whom it knew 1 to 9 items: nDCG@10 0.100 (0.090 to 0.110)." in shown
    assert "What drives it" not in shown
    assert 'id="explanations"' not in html
    assert 'id="leaks"' not in html
    assert len(served(films())) == 2


@pytest.mark.parametrize(
    ("first", "last", "says"), [(0.1, 0.2, "better"), (0.2, 0.1, "worse"), (0.2, 0.207, "no difference")]
)
def test_a_longer_history_is_said_to_matter_beyond_chance_alone(first, last, says, films):
    groups = [{"what": "a", "n_users": 90, "ndcg_at_10": estimate(value)} for value in (first, last)]
    assert says in str(history_line(films(users=groups)))


def test_lists_show_names_and_mark_hits(films):
    html = build_report(films())
    assert "Seven &lt;b&gt;" in html
    assert "<strong>Nine ✓</strong>" in html
    assert "20 of 1,000 hits there could have been" in visible(html)


def test_lists_of_what_everybody_takes_and_a_new_catalog_are_to_be_watched(films):
    assert "lists" not in [one.place for one in watch(films())]
    beside = {**films()["ranking"]["beside"], "popularity_lift": 2.0, "n_relevant_new_items": 300}
    told = [str(one.says) for one in watch(films(beside=beside)) if one.place == "lists"]
    assert told[0].startswith("300 of 1,000")
    assert told[1].startswith("What it offers is 2.0 times as popular")


def test_the_commands_name_what_makes_the_question(films):
    typed = dict(commands(films(), Names("films.mlw")))
    assert typed["Train it again"].startswith(
        "mlwright train log.csv --item film --metric ndcg_at_10 --kind recommendation --user person "
    )
    assert typed["Use it"] == "mlwright predict films.mlw --top 10 -o answers.csv"


def test_limits_say_how_it_was_judged_and_evidence_without_rankings_has_no_such_section(films):
    shown = page(complete(films()), Names())
    assert "(later in time)" in str(shown["limits"]["lines"][1])
    assert lists({"task": {"classes": ["a", "b"]}}) == {}


def test_groups_of_few_users_stand_in_the_table_and_in_no_sentence(films):
    small = {"what": "users who took nothing before", "n_users": 3, "ndcg_at_10": estimate(0.9)}
    found = films(users=[small, *films()["ranking"]["users"][:1]])
    assert [str(one)[:9] for one in served(found)] == ["400 users"]
    assert history_line(found) == ""
    other = {**small, "what": "users who took two things before", "n_users": 30}
    assert str(served(films(users=[other]))[0]).startswith("30 users who took two things before: nDCG@10")
    shown = visible(build_report(found))
    assert "of whom it knew nothing 3 0.900" in shown
    assert "Too few users could be judged to say whom it serves." in visible(
        build_report(films(users=[small]))
    )


def test_one_is_told_as_one(films):
    found = films(beside={"n_relevant": 9, "n_relevant_new_items": 1})
    found["split"]["n_test"] = 1
    shown = visible(build_report(found))
    assert "On 1 sealed test user it beats" in shown
    assert "on 1 user, by what they did after all" in shown
    assert "Only 1 user judged it" in shown
    assert "1 of 9 hits there could have been was of an item" in shown
    assert "1 users" not in shown
    assert "Nur 1 Nutzer hat es beurteilt" in visible(build_report(found, language="de"))


def test_nobody_is_judged_and_nothing_false_is_said(films):
    found = films()
    found |= {"test": {}, "baseline": {}, "gain": None, "ranking": {}}
    found["split"]["n_test"] = 0
    shown = visible(build_report(found))
    assert "Not judged" in build_report(found)
    assert "Too few users could be judged to say whom it serves." in shown
    for never in (
        "What drives it",
        "no time was left",
        "test rows",
        "Leaks",
        "--target",
        "nDCG@10 \N{EN DASH}",
    ):
        assert never not in shown, never
    assert "--top 10" in shown
    assert (
        shown.count("The evidence holds no comparison with a baseline.") == 2
    )  # under "How good it is", too
    assert "Only 0 users" not in shown
    assert "Which film will a person take next?" in model_card(found)


def test_users_without_times_are_not_judged_by_what_they_did_later(films):
    found = films()
    found["split"]["how"] = "a random fifth of each user"
    shown = visible(build_report(found))
    assert "later" not in shown.replace("tell it later", "")
    assert "Took last" not in shown
    assert "Which other film will a person take?" in shown
    assert "one that they liked in the part that was set aside" in shown
    assert "at whatever time (a random fifth of each user)" in shown


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("later in time", "by what they did after all that it learned from"),
        ("the later fifth of each user", "by the later part of what each of them did"),
        ("the later fifth of each user, as the file to judge by is", "by the later part of what each of"),
        ("the last of each user, as the file to judge by is", "by what each of them did last"),
        ("a random fifth of each user, as the file to judge by is", "by what was set aside of what they did"),
        (None, "by what was set aside of what they did"),
    ],
)
def test_it_is_told_by_what_users_are_judged(films, how, says):
    found = films()
    found["split"]["how"] = how
    assert says in str(headline(found))


def test_columns_of_a_log_are_told_as_such(films):
    found = films()
    found["data"]["n_rows_used"] = 4_900
    shown = visible(build_report(found))
    assert "Of them 4,900 could be used: the others have no user or no item." in shown
    assert "person identifier names the user" in shown
    assert "from resampling its users" in shown
    assert "A dull model that ignores every column" not in shown


def test_the_card_of_a_recommender_holds_what_there_is_and_nothing_else(films):
    beside = {**films()["ranking"]["beside"], "popularity_lift": 2.0}
    card = model_card(films(beside=beside))
    front = yaml.safe_load(card.split("---\n")[1])
    assert "pipeline_tag" not in front
    assert "recommendation" in front["tags"]
    assert front["model-index"][0]["results"][0]["task"] == {"type": "recommendation"}
    titles = re.findall(r"^## (.*)$", card, re.MULTILINE)
    assert "Who gets what" in titles
    assert not {"How sure a single answer is", "What drives it", "Leaks"} & set(titles)
    assert "Nothing." not in card
    assert "2.0 times as popular" in card
    assert "| person | identifier | names the user |" in card
    brief = brief_card(films())
    assert "## Whom it serves" in brief
    assert "What drives it" not in brief
    assert "Whom it serves" in make(films(), "pptx-outline", Wishes())


@pytest.mark.parametrize(
    ("naive", "english", "german"),
    [
        (
            "popularity",
            "the best naive ranking (by popularity).",
            "die beste naive Rangfolge (nach Beliebtheit).",
        ),
        ("last_item", "(by what goes with the last item).", "(nach dem, was zum zuletzt Genommenen passt)."),
        ("my_own", "the best naive ranking (my own).", "die beste naive Rangfolge (my own)."),
        (None, "than the best naive ranking.", "als die beste naive Rangfolge."),
    ],
)
def test_what_it_is_compared_with_is_named_in_the_language(films, naive, english, german):
    found = films()
    found["task"] |= {"naive": naive, "baseline": "the best of the naive ones, popularity"}
    found["gain"] = {"value": 0.0, "low": -0.1, "high": 0.1, "direction": "max"}
    for code, says in (("en", english), ("de", german)):
        with spoken(code):
            assert str(verdict(found).reason).endswith(says)


def test_a_german_report_asks_in_german(films):
    found = films()
    found["task"]["question"] = "Which film will a person take next?"
    shown = visible(build_report(found, language="de"))
    assert "film: was nimmt person als Nächstes?" in shown
    assert "Which" not in shown
    assert "bei 700 Nutzern, gemessen an dem, was sie nach dem Ende der Lerndaten taten" in shown
    assert "(später in der Zeit)" in shown


def test_groups_and_the_worth_of_what_is_known_of_users_stand_in_the_report(films):
    worth = {"n_users": 700, "known": estimate(0.3), "unknown": estimate(0.2), "gain": estimate(0.1)}
    groups = [{"what": "sex=<f>", "n_users": 90, "ndcg_at_10": estimate(0.25)}]
    html = build_report(films(groups=groups, new_users=worth))
    shown = visible(html)
    assert "nDCG@10 0.300 (0.290 to 0.310), where what is popular has 0.200" in shown
    assert "sex=&lt;f&gt;" in html
    assert "Users by what else is known of them" in shown
    german = visible(build_report(films(groups=groups, new_users=worth), language="de"))
    assert "Nutzer nach dem, was sonst von ihnen bekannt ist" in german
    assert "Users by" not in visible(build_report(films()))


def test_few_users_have_no_interval(films):
    few = {"what": "users who took 1 to 9 items before", "n_users": 3, "ndcg_at_10": estimate(0.0, 0.0)}
    many = {"what": "users who took 10 to 99 items before", "n_users": 400, "ndcg_at_10": estimate(0.25)}
    shown = visible(build_report(films(users=[few, many])))
    assert "of whom it knew 1 to 9 items 3 0 \N{EN DASH} of whom" in shown
    assert "0.250 0.240 to 0.260" in shown


@pytest.mark.parametrize(("gain", "says"), [(0.05, "are likely to help"), (0.005, "Do not expect much")])
def test_what_more_users_may_bring_is_told_by_half_of_them(gain, says, films):
    tried = {"all": estimate(0.2), "fewer": estimate(0.2 - gain), "gain": estimate(gain)}
    shown = visible(build_report(films(more_users=tried)))
    assert "nDCG@10 0.200 in the search, and" in shown
    assert says in shown
    assert "half of the users" not in visible(build_report(films(more_users=None)))
    assert "Hälfte der Nutzer" in visible(build_report(films(more_users=tried), language="de"))


def test_where_some_users_judge_for_all_the_report_says_so_and_by_what_command_all_do(films):
    found = films()
    found["split"] |= {"n_test_users": 906}
    found["options"] = {"test": ["later.csv"]}
    shown = visible(build_report(found))
    assert "those that judge 700 users of 906, drawn at random, were sealed" in shown
    assert "The scores by all 906 users of the sealed test; those above are of 700 at random" in shown
    assert "mlwright evaluate MODEL.mlw events.csv" in shown
    found["split"] |= {"n_test_users": 700}
    assert "at random" not in visible(build_report(found))
    assert "The scores of the sealed test, once more" in visible(build_report(found))


def test_where_what_was_taken_counts_the_report_says_so(films):
    beside = films()["ranking"]["beside"] | {
        "n_relevant_seen": 800,
        "n_offered": 7000,
        "n_offered_seen": 3500,
    }
    found = films(beside=beside)
    found["options"] = {"allow-seen": ["yes"], "item": ["film"], "user": ["person"]}
    shown = visible(build_report(found))
    assert "80 % of the hits there could have been were repeats, and 50 % of what it offers are" in shown
    assert "is not offered" not in shown
    again = dict(commands(found, Names("m.mlw", "log.csv")))
    assert any("--allow-seen --item film" in line for line in again.values())


def test_every_rule_of_splitting_a_log_has_its_words():
    rules = (cut.LATER_TIME, cut.LATER_SHARE, cut.LAST, cut.RANDOM)
    with spoken("de"):
        told = [judged.how(rule) for rule in rules]
        assert (
            judged.how(f"{cut.LAST}, as the file to judge by is")
            == f"{told[2]}, wie in der Datei zum Beurteilen"
        )
    assert not set(told) & set(rules)
    found = [judged.rule({"split": {"unit": "users", "how": rule}}) for rule in rules]
    assert found == ["time", "share", "last", "aside"]


def test_what_ships_learned_from_pairs(films):
    found = films()
    found["refit"] = {"done": True, "why": "", "n_rows": 4_321}
    assert "refitted on all 4,321 pairs of user and item;" in visible(build_report(found))


def test_a_split_of_a_log_is_told_by_its_times(films):
    found = films()
    found["split"]["proof"] = {"first_train_time": "1997-09-20T03:05:10"}
    flattery = {"value": 0.1, "low": 0.05, "high": 0.15, "direction": "max"}
    price = {"metric": "ndcg_at_10", "random": estimate(0.3), "proper": estimate(0.2), "last": estimate(0.25)}
    found["split"]["price"] = {**price, "flattery": flattery}
    shown = visible(build_report(found))
    assert "When the events of both sides took place: first event to learn from 1997-09-20T03:05:10" in shown
    assert "judged by a random fifth of each user it would have looked better than it is" in shown
    assert "by random rows" not in shown
