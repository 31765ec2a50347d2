from __future__ import annotations

import copy
import re
from html.parser import HTMLParser

import pytest

from mlwright.report import build
from mlwright.report.build import build_report, write_report
from mlwright.report.card import model_card
from mlwright.report.commands import Names, commands
from mlwright.report.compare_page import build_comparison
from mlwright.report.data_page import build_data_report
from mlwright.report.derive import complete
from mlwright.report.language import spoken
from mlwright.report.page import page

NASTY = "<script>alert('x')</script>\"&|`[a](b)"
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Checks that tags are balanced and collects what matters."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(params=["income", "bikes"])
def evidence(request):
    return request.getfixturevalue(request.param)


def test_a_report_is_one_page_that_loads_nothing(evidence):
    html = build_report(evidence)
    page = Page(html)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "img", "iframe", "object"}
    for forbidden in ("http://", "https://", "@import", "url("):
        assert forbidden not in html
    assert len(html) < 300_000


def test_a_drawing_can_be_heard(evidence):
    page = Page(build_report(evidence))
    drawings = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(drawings) >= 4
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in drawings)


def test_no_markup_ends_up_in_an_attribute_or_the_title(evidence):
    evidence["task"]["classes"] = [f"class {i}" for i in range(9)]
    html = build_report(evidence)
    assert not re.search(r'="[^"]*<', html)
    assert "<data" not in html[html.index("<title>") : html.index("</title>")]


def test_links_within_the_page_lead_somewhere(evidence):
    page = Page(build_report(evidence))
    places = {attributes.get("id") for _, attributes in page.tags}
    links = {attributes["href"] for tag, attributes in page.tags if tag == "a"}
    assert {link.removeprefix("#") for link in links} <= places


def test_the_first_screen_answers_the_question(income, read):
    text = read(build_report(income))
    first = text[: text.index("All scores are of the sealed test")]
    said = (
        "It ships: it is right in 85 of 100 cases; always giving the most usual answer would be right in 76."
    )
    for words in ("Is income <=50K or >50K?", said, "0.907", "marital_status", "native_country"):
        assert words in first


def nasty(value):
    """Replace every string, keys of the evidence's own shape apart."""
    kept = {"severity", "direction", "state", "kind", "role", "created", "metric"}
    if isinstance(value, dict):
        return {k: v if k in kept else nasty(v) for k, v in value.items()}
    if isinstance(value, list):
        return [nasty(item) for item in value]
    return NASTY if isinstance(value, str) else value


def test_strings_of_strangers_are_shown_and_never_run(evidence):
    html = build_report(nasty(evidence))
    assert "<script" not in html
    assert "alert(&#39;x&#39;)" in html
    Page(html)
    assert not re.search(r"(?<!\\)<script", model_card(nasty(evidence)))


def holes(value, path=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from holes(item, (*path, key)) if len(path) < 2 else ()


def test_whatever_is_absent_is_left_out(evidence):
    for path in holes(evidence):
        mended = copy.deepcopy(evidence)
        home = mended
        for key in path[:-1]:
            home = home[key]
        home[path[-1]] = None
        Page(build_report(mended))
        assert model_card(mended)
    Page(build_report({}))
    assert model_card({})


def test_estimates_without_interval_do_not_break_the_page(income):
    for part in (income["test"], income["baseline"], {"gain": income["gain"]}):
        for estimate in part.values():
            estimate.update(low=None, high=None)
    for item in income["importance"]:
        item["drop"].update(low=None, high=None)
    income["leaderboard"][0]["score"] = {"value": 0.3, "low": 0.2, "high": 0.4, "direction": "min"}
    Page(build_report(income))


def test_a_wide_table_stays_a_small_page(income):
    column = income["data"]["columns"][1]
    income["data"]["columns"] = [{**column, "name": f"{i} " + "x" * 500} for i in range(5_000)]
    income["findings"] = income["findings"] * 1_000
    income["leaderboard"] = income["leaderboard"] * 100
    html = build_report(income)
    assert len(html) < 1_000_000
    assert html.index("The other") < html.index("4,000 more")
    assert html.count("<details>") == 3


def test_many_classes_show_the_most_frequent_mistakes(income, read):
    labels = [f"class {i}" for i in range(26)]
    counts = [[90 if i == j else (i * j) % 7 for j in range(26)] for i in range(26)]
    income["task"]["classes"] = labels
    income["confusion"] = {"classes": labels, "counts": counts}
    income["calibration"] = income["roc"] = None
    html = read(build_report(income))
    assert "The ten most frequent mistakes." in html
    assert "Which of 26 classes is income?" in html


def test_fewer_sorts_of_mistakes_are_not_called_ten(income, read):
    labels = [f"class {i}" for i in range(26)]
    counts = [[9 if i == j else 0 for j in range(26)] for i in range(26)]
    counts[3][4] = counts[4][3] = 2
    income["task"]["classes"] = labels
    income["confusion"] = {"classes": labels, "counts": counts}
    income["calibration"] = income["roc"] = None
    html = read(build_report(income))
    assert "The ten most frequent mistakes." not in html
    assert "Every sort of mistake that it made, the most frequent first." in html


SPLITS = [
    ("stratified", "drawn at random from the same time"),
    ("random", "drawn at random from the same time"),
    ("forward in time", "The test rows are the latest."),
    ("grouped", "of groups that it learned nothing of, drawn at random"),
    ("grouped, forward in time", "The test rows are later, and of groups that it learned nothing of."),
    ("given", "how they were chosen is not known here"),
    ("as the moon stood", ""),
]


@pytest.mark.parametrize(("how", "says"), SPLITS)
def test_limits_say_how_the_test_rows_were_chosen(income, how, says):
    income["split"]["how"] = how
    income["options"] = {}
    shown = [str(line) for line in page(complete(income), Names())["limits"]["lines"]]
    told = [says for _, says in SPLITS if says and any(says in line for line in shown)]
    assert set(told) == ({says} if says else set())


def test_one_test_row_is_told_as_one(income, read):
    income["split"]["n_test"] = 1
    shown = read(build_report(income))
    assert "1 test row judged it" in shown
    assert "On 1 sealed test row " in shown
    assert "1 rows" not in shown.replace("1,", "")


def test_the_card_says_nothing_where_there_is_nothing_to_say(income):
    income["importance"], income["importance_left_out"] = [], 0
    income["findings"] = []
    card = model_card(income)
    assert "Nothing." not in card
    assert "## What drives it" not in card
    assert "## Leaks" not in card  # nobody looked
    assert "It knows the world of the rows it learned from." in card
    income["importance_left_out"], income["leaks"] = 5, []
    assert "## What drives it\n\n- Not measured: no time was left." in model_card(income)
    assert "## Leaks\n\n- No column was found that gives the answer away." in model_card(income)


def test_a_report_is_written_whole_or_not_at_all(income, tmp_path, monkeypatch):
    place = tmp_path / "r.html"
    assert write_report(income, place) == place
    assert place.read_text(encoding="utf-8") == build_report(income)

    def fail(*_):
        raise RuntimeError("half way")

    monkeypatch.setattr(build, "build_report", fail)
    with pytest.raises(RuntimeError):
        write_report(income, place)
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]
    assert place.read_text(encoding="utf-8").endswith("</html>")


def test_commands_can_be_typed_as_they_stand(income):
    income["name"], income["task"]["target"] = "my data.csv", "the target"
    train = commands(income)[0][1]
    assert train == (
        "mlwright train 'my data.csv' --target 'the target' --metric roc_auc --time-limit 30s --seed 0 "
        "-o MODEL.mlw"
    )
    named = commands(income, Names("out/my.mlw", "in/my data.csv"))
    assert named[0][1].startswith("mlwright train 'in/my data.csv' ")
    assert named[0][1].endswith(" -o out/my.mlw")
    assert all("out/my.mlw" in command for _, command in named)
    income["budget"]["max_trials"] = 9
    assert "--max-trials 9" in commands(income)[0][1]


def test_the_card_has_one_line_per_row_and_every_section(income):
    income["task"]["target"] = "two\nlines"
    card = model_card(income)
    assert "\n# Is two lines \\<=50K or \\>50K?\n" in card
    for section in ("What it means", "Scores on the sealed test", "What drives it", "Provenance"):
        assert f"## {section}" in card


LEAK = {
    "column": NASTY,
    "charge": "one_outcome",
    "charges": ["one_outcome"],
    "title": "is filled with one outcome only",
    "says": "It was filled because of it, afterwards.",
    "message": "It is filled in 96.0% of the rows that are '1'.",
    "evidence": {"metric": "roc_auc", "with": {"value": 0.99, "low": 0.98, "high": 1.0, "direction": "max"}},
    "verdict": "drop",
    "why": "the other columns tell far less",
    "action": "dropped",
    "honest": {"value": 0.81, "low": 0.79, "high": 0.83, "direction": "max"},
}


def test_leaks_are_told_in_words_with_the_honest_score(income, read):
    assert 'id="leaks"' not in build_report(income)
    income["leaks"] = [LEAK, {**LEAK, "column": "cleared", "verdict": "keep"}]
    text = read(build_report(income))
    assert "would not be known when a prediction is made, so the model does not read it" in text
    assert "0.81" in text
    assert "--vouch" in text
    assert "cleared" not in text
    assert "would not be known" in model_card(income)
    assert "<script>alert" not in build_report(income)


@pytest.mark.parametrize(
    ("verdict", "action", "says"),
    [("drop", "kept", "as asked for"), ("warn", "kept", "Ask someone who knows the data")],
)
def test_a_leak_that_is_kept_asks_for_someone_who_knows(income, verdict, action, says, read):
    income["leaks"] = [{**LEAK, "column": "paid", "verdict": verdict, "action": action}]
    assert says in read(build_report(income))
    assert "--exclude paid" in read(build_report(income))


def test_what_decisions_cost_and_the_rule_behind_them_are_told(income, read):
    saved = {"value": 3.0, "low": 1.0, "high": 5.0, "direction": "max"}
    income["decision"] = {
        "costs": [[0.0, 20.0], [500.0, 0.0]],
        "classes": ["<=50K", ">50K"],
        "stakes": "price",
        "why": "no more rows may be acted on",
        "n_rows": 10,
        "counts": [{"decision": "<=50K", "n": 6}, {"decision": ">50K", "n": 4}],
        "against": [{"what": "doing nothing", "per_row": saved, "total": saved}],
    }
    page = read(build_report(income))
    assert "The rule behind it: no more rows may be acted on." in page
    assert "What each decision costs It is decided <=50K decided >50K <=50K 0 20 >50K 500 0" in page
    assert "Missing one costs so many times the cell in price." in page
    assert 'data-at="/decision/costs/1/0"' in build_report(income)
    german = read(build_report(income, language="de"))
    assert "Die Regel dahinter: bei mehr Zeilen darf nicht gehandelt werden." in german


def test_memory_and_averages_are_told_where_they_are_known(income, read):
    assert "All processes together" not in read(build_report(income))
    income["budget"] |= {"memory_peak_bytes": 812e6, "memory_limit_bytes": 4e9}
    income["refit"]["n_seeds"] = 3
    page = read(build_report(income))
    assert "All processes together held 812 MB at most, of 4.0 GB allowed." in page
    assert "What chance plays a part in was fitted 3 times and averaged." in page


def test_an_interval_without_a_width_is_not_told(income, read):
    same = {"value": 0.5, "low": 0.5, "high": 0.5, "direction": "max"}
    income["test"]["accuracy"] = same
    assert "gets 50 right" in read(build_report(income))


def test_a_matrix_of_many_classes_has_the_whole_width(income):
    assert 'class="broad"' not in build_report(income)
    labels = list("abcdef")
    income["task"]["classes"] = labels
    income["confusion"] = {"classes": labels, "counts": [[int(i == j) for i in range(6)] for j in range(6)]}
    assert '<figure class="broad">' in build_report(income)


def test_many_findings_are_folded_behind_the_first(income, read):
    note = {
        "rule": "constant",
        "severity": "note",
        "message": "Every cell is 1.",
        "remedy": "",
        "action": "dropped",
    }
    income["findings"] = [{**note, "column": f"c{n}", "evidence": {}} for n in range(46)]
    page = build_report(income)
    assert "The other 31 findings" in read(page)
    assert page.index("<td>c14</td>") < page.index("The other") < page.index("<td>c45</td>")


def test_commands_are_quoted_as_a_shell_reads_them(read):
    profile = {
        "name": "my $(x).csv", "target": "the price", "n_rows": 9, "columns": [], "findings": [], "leaks": [],
    }  # fmt: skip
    page = read(build_data_report(profile, "my $(x).csv"))
    assert "mlwright profile 'my $(x).csv' --target 'the price' --json" in page


def test_drivers_that_were_not_measured_have_no_picture_to_explain(income, read):
    income["importance"], income["importance_left_out"] = [], 3
    page = read(build_report(income))
    assert "Not measured: no time was left." in page
    assert "the bars show" not in page


def test_scores_of_candidates_say_what_they_are(income, bikes, read):
    assert "They are the log loss: less is better." in read(build_report(income))
    assert "as a share of that of always giving the same answer" in read(build_report(bikes))


def test_a_rule_to_split_by_is_told_in_words(income, read):
    income["split"]["how"] = "stratified"
    assert "(random, each class in its share)" in read(build_report(income))


def test_what_an_older_comparison_holds_is_marked_in_its_own_language(read):
    score = {"value": 0.8, "low": 0.79, "high": 0.83, "direction": "max"}
    found = {
        "verdict": "ship", "why": "the difference is beyond chance", "metric": "roc_auc", "n_rows": 900,
        "n_needed": None, "old": score, "new": score, "difference": score, "changes": {},
    }  # fmt: skip
    told = build_comparison(found, ("in place.mlw", "new.mlw", "rows.csv"), "de")
    assert '<p class="lede">' in told
    assert "mlwright compare 'in place.mlw' new.mlw rows.csv --json" in read(told)


def test_commands_speak_the_language(income):
    income["intervals"] = {"mode": "certified", "level": 0.9, "answers": "sets"}
    with spoken("de"):
        assert "Mengen, die die Wahrheit enthalten" in [str(what) for what, _ in commands(income)]


@pytest.mark.parametrize(("why", "is_named"), [("the usual one; see --metric", False), ("asked for", True)])
def test_training_again_asks_for_what_was_asked_for(income, why, is_named):
    income["decisions"] = [{"what": "metric", "choice": "ROC AUC", "why": why}]
    assert ("--metric roc_auc" in commands(income)[0][1]) == is_named


def test_a_comparison_is_told_in_figures_that_people_write(read):
    score = {"value": 0.8, "low": 0.79, "high": 0.83, "direction": "max"}
    why = [
        {"column": "age", "amount": 0.1, "value": "2.0"},
        {"column": "code", "amount": 0.1, "value": "007"},
    ]
    moved = {"row": 7, "truth": "yes", "old": "no", "new": "yes", "distance": 0.4, "why": why}
    found = {
        "verdict": "not_enough_data", "why": "too few", "metric": "roc_auc", "n_rows": 900, "n_needed": 1613,
        "old": score, "new": score, "difference": score,
        "changes": {
            "n_rows": 900, "is_value": False, "n_changed": 3, "n_better": 2, "n_worse": 1, "middle": 0.02,
            "where": [], "rows": [moved], "inputs": {"old": [], "new": []},
        },
    }  # fmt: skip
    page = read(build_comparison(found, ("old.mlw", "new.mlw", "rows.csv")))
    assert "age = 2: +10.0 points; code = 007: +10.0 points" in page
    assert "About 1,600 rows would tell." in page
    assert "ROC AUC: higher is better" in page
