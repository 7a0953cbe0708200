//! Staff and clients: who works for whom, and whom work goes to because of it. Through the program, as it is typed.

use serde_json::Value as Json;

use crate::support::practice::{Practice, TO_FILES};

/// A practice with four members of staff and a client that pat looks after.
fn practice() -> Practice {
    let practice = Practice::empty(TO_FILES);
    for (id, name) in [("pat", "Pat Quill"), ("kim", "Kim Lowe"), ("lee", "Lee Marsh"), ("ida", "Ida Rowe")] {
        practice.done(["staff", "add", id, name, &format!("email={id}@larkfield.example")]);
    }
    practice.done(["client", "add", "birch", "Birch Ltd", "staff.primary=pat"]);
    practice
}

/// A to-do for whom this rule finds, started for birch; gives its state with its reason, and who has it.
fn given(practice: &Practice, id: &str, rule: &str) -> (String, Vec<String>) {
    let file = format!("{id}.job.yaml");
    practice.write(
        &file,
        format!("format: 1\nid: {id}\nname: To do\ntasks:\n  - {{ id: todo, type: manual, assign: {rule} }}\n"),
    );
    practice.done(["publish", &file]);
    practice.done(["start", id, "--client", "birch"]);
    let shown = practice.json(&["show", &format!("{id}/birch")]);
    let task = shown["tasks"].as_array().expect("tasks")[0].clone();
    let words = task.to_string();
    let people = ["pat", "kim", "lee", "ida"].into_iter().filter(|id| words.contains(&format!("\"{id}\"")));
    (task["state"].as_str().expect("a state").to_owned(), people.map(str::to_owned).collect())
}

fn one(people: (String, Vec<String>)) -> String {
    assert_eq!(people.1.len(), 1, "{people:?}");
    people.1[0].clone()
}

fn additional(practice: &Practice) -> Vec<(String, String)> {
    let card = practice.json(&["client", "show", "birch"]);
    let text = |one: &Json, key: &str| one[key].as_str().expect("a text").to_owned();
    let all = card["staff"]["additional"].as_array().expect("a list").iter();
    all.map(|one| (text(one, "staff"), text(one, "what"))).collect()
}

#[test]
fn b024_several_staff_work_for_one_client_at_the_same_time_and_its_card_shows_them() {
    let practice = practice();
    practice.done(["client", "set", "birch", "staff.payroll_clerk=kim;lee"]);
    practice.done(["client", "dealing", "birch", "ida", "appointment 7"]);
    let card = practice.done(["client", "show", "birch"]);
    for words in ["primary staff  pat", "kim, lee", "ida, since"] {
        assert!(card.contains(words), "{words}: {card}");
    }
}

#[test]
fn b027_additional_staff_are_those_who_dealt_with_the_client_and_the_card_says_since_when_and_by_what() {
    let practice = practice();
    assert_eq!(given(&practice, "before", "{ staff: additional }").0, "uncompletable");
    practice.done(["client", "dealing", "birch", "kim", "appointment 7", "--at", "2026-05-04"]);
    practice.done(["client", "dealing", "birch", "lee", "invoice 118", "--at", "2026-03-02"]);
    let card = practice.done(["client", "show", "birch"]);
    for words in ["lee, since 2 Mar 2026: invoice 118", "kim, since 4 May 2026: appointment 7"] {
        assert!(card.contains(words), "{words}: {card}");
    }
    // Whoever dealt with it first comes first, and the task that waited has healed.
    assert_eq!(one(given(&practice, "after", "{ staff: additional }")), "lee");
    assert_eq!(practice.json(&["show", "before/birch"])["tasks"][0]["state"], "active");
}

#[test]
fn b028_a_dealing_adds_its_staff_by_itself_and_the_same_one_twice_adds_nobody() {
    let practice = practice();
    for _ in 0..2 {
        practice.done(["client", "dealing", "birch", "kim", "invoice 118", "--at", "2026-05-04"]);
    }
    practice.done(["client", "dealing", "birch", "pat", "a call", "--at", "2026-05-05"]);
    assert_eq!(
        additional(&practice),
        [("kim".to_owned(), "invoice 118".to_owned())],
        "the primary is no additional one"
    );
    let history = practice.done(["client", "history", "birch"]);
    assert_eq!(history.matches("`client dealing`").count(), 2, "{history}");
}

#[test]
fn b033_a_primary_chosen_by_hand_stays_whatever_the_rules_of_assignment_say_later() {
    let practice = practice();
    practice.done(["client", "add", "oak", "Oak Ltd"]);
    let primary = |id: &str| practice.json(&["client", "show", id])["staff"]["primary"].clone();
    assert_eq!(primary("oak"), "pat", "the default of practice.yaml");
    practice.done(["client", "set", "oak", "staff.primary=kim"]);
    let settings = std::fs::read_to_string(practice.folder().join("practice.yaml")).unwrap();
    practice.write("practice.yaml", settings.replace("assignment: { default: pat }", "assignment: { default: lee }"));
    practice.write("more.csv", "client_id,client_name\noak,Oak Ltd\nelm,Elm Ltd\n");
    practice.done(["import", "more.csv"]);
    assert_eq!((primary("oak"), primary("elm")), ("kim".into(), "lee".into()));
}

#[test]
fn b037_work_goes_by_rule_to_the_default_or_to_the_last_who_dealt_with_the_client_and_neither_stands_in_for_the_other()
{
    let practice = practice();
    assert_eq!(one(given(&practice, "default", "{ staff: default }")), "pat");
    assert_eq!(given(&practice, "nobody", "{ staff: last_interaction }").0, "uncompletable", "pat does not stand in");
    practice.done(["client", "dealing", "birch", "kim", "a call"]);
    assert_eq!(one(given(&practice, "last", "{ staff: last_interaction }")), "kim");
}

#[test]
fn b038_a_returning_client_goes_to_whoever_dealt_with_it_last_also_when_that_is_entered_late() {
    let practice = practice();
    practice.done(["client", "dealing", "birch", "kim", "a call", "--at", "2026-05-06"]);
    practice.done(["client", "dealing", "birch", "lee", "an older call", "--at", "2026-05-01"]);
    assert_eq!(one(given(&practice, "last", "{ staff: last_interaction }")), "kim");
    practice.done(["client", "dealing", "birch", "ida", "a visit", "--at", "2026-05-07"]);
    assert_eq!(one(given(&practice, "later", "{ staff: last_interaction }")), "ida");
}

#[test]
fn b040_when_the_last_who_dealt_with_the_client_has_left_the_next_rule_takes_over_and_why_says_so() {
    let practice = practice();
    practice.done(["client", "dealing", "birch", "kim", "a call"]);
    practice.done(["staff", "leave", "kim", "--yes"]);
    let rule = "{ first_of: [{ staff: last_interaction }, { staff: primary }, { staff: default }] }";
    assert_eq!(one(given(&practice, "next", rule)), "pat");
    let why = practice.done(["why", "next/birch", "todo"]);
    assert!(why.contains("kim") && why.contains("pat"), "{why}");
}
