//! Texts that a comment cuts short (r41), and keys that were taken without an effect (r46).

use super::{checked, refused};
use crate::support::practice::{Practice, TO_FILES};

#[test]
fn r41_a_text_that_ends_at_a_hash_is_refused_wherever_the_value_is_text() {
    let definition = |name: &str, label: &str, subject: &str, body: &str, hint: &str| {
        format!(
            "format: 1\nid: a\nname: {name}\ntasks:\n  - id: t\n    type: form\n    name: {label}\n    recipient: primary_contact\n    template: m\n    fields:\n      - id: f\n        type: string\n        label: {hint}\ntemplates:\n  m:\n    subject: {subject}\n    body: {body}\n"
        )
    };
    assert_eq!(checked(&definition("A", "B", "C", "D", "E")).code, Some(0));
    let cut = "WF0119]: the text ends before ` #`";
    for bad in [
        "Unit #3",
        "Unit #3 Ltd",
        "Invoice #{{ client.name }} is ready",
        "Invoice # {{ client.name }}",
        "Rate #£5",
        "No. #(3)",
    ] {
        for at in 0..5 {
            let mut parts = ["A", "B", "C", "D", "E"];
            parts[at] = bad;
            let [name, label, subject, body, hint] = parts;
            refused(&definition(name, label, subject, body, hint), &[cut, "write the whole text in quotes"]);
        }
    }
    // Comments are comments, and quotes hold everything together.
    for good in [
        "Unit  # the third one",
        "Unit # the third one",
        "Unit # - - -",
        "Unit #",
        "Unit ##",
        "Unit #-----",
        "\"Unit #3\"",
        "'Unit #3' #three",
        "Unit#3",
    ] {
        let said = checked(&definition(good, good, good, good, good));
        assert_eq!(said.code, Some(0), "{good}: {said:#?}");
    }
    // A word that is no text loses nothing.
    let said = checked(
        "format: 1\nid: a\nname: A\ntasks:\n  - id: t #the first\n    type: manual #for staff\n    due: job.opened, +5 days #five\n",
    );
    assert!(!said.out.contains("WF0119") || said.code == Some(1), "{said:#?}");
    let said = checked("format: 1\nid: a\nname: Unit # 3 Ltd\ntasks: [{ id: t, type: manual }]\n");
    assert!(said.code == Some(0) && said.out.contains("warning[WF0119]"), "{said:#?}");
}

#[test]
fn r41_names_in_people_practice_and_calendar_files_are_never_cut() {
    let practice = Practice::with_people(TO_FILES);
    practice.write("p.yaml", "clients:\n  - id: newcomer\n    name: Unit #3 Ltd\n");
    practice.run(["import", "p.yaml"]).refuses(1, &["p.yaml:3", "the text ends before ` #`"]);
    practice.run(["client", "show", "newcomer"]).refuses(3, &["newcomer"]);
    practice.write("p.yaml", "clients:\n  - id: newcomer\n    name: \"Unit #3 Ltd\"  # in quotes\n");
    practice.done(["import", "p.yaml"]);
    assert!(practice.done(["client", "show", "newcomer"]).contains("Unit #3 Ltd"));
    std::fs::create_dir_all(practice.folder().join("calendars")).expect("made");
    practice.write("calendars/own.yaml", "format: 1\nid: own\nname: Own\nholidays:\n  2026-07-14: Fair #2\n");
    practice.run(["jobs"]).refuses(1, &["own.yaml:5", "the text ends before ` #`"]);
    std::fs::remove_dir_all(practice.folder().join("calendars")).expect("removed");
    let settings = std::fs::read_to_string(practice.folder().join("practice.yaml")).expect("settings");
    let name = settings.lines().find(|line| line.starts_with("name:")).expect("a name");
    practice.write("practice.yaml", settings.replacen(name, "name: Suite #4 Accounts", 1));
    practice.run(["jobs"]).refuses(1, &["practice.yaml", "the text ends before ` #`"]);
}

#[test]
fn r46_an_input_that_is_a_list_takes_several_values_or_says_how() {
    let practice = Practice::with_people(TO_FILES);
    practice.write(
        "a.job.yaml",
        "format: 1\nid: translation\nname: Translation\ninputs: { languages: { type: list, of: string } }\ntasks:\n  - id: work\n    type: manual\n    name: \"Translate into {{ lang }}\"\n    for_each: { in: inputs.languages, item: lang, key: lang }\n",
    );
    practice.done(["publish", "a.job.yaml"]);
    for (given, languages) in [
        ("languages=de;fr", &["de", "fr"][..]),
        ("languages=[\"de\", \"fr\"]", &["de", "fr"]),
        ("languages=de", &["de"]),
        ("languages=[\"one, two\"]", &["one, two"]),
    ] {
        let started = practice.json(&["start", "translation", "--client", "birchwood", "--input", given]);
        let job = started["job"].as_str().expect("a job");
        let shown = practice.json(&["show", job]);
        assert_eq!(shown["inputs"]["languages"], serde_json::json!(languages), "{given}");
        practice.done(["cancel", job, "--note", "another try"]);
    }
    let refused = practice.run(["start", "translation", "--client", "birchwood", "--input", "languages=de,fr"]);
    refused.refuses(2, &["several values stand with `;` between them", "languages=de;fr"]);
    let refused = practice.run(["start", "translation", "--client", "birchwood", "--input", "languages=[de,fr]"]);
    refused.refuses(2, &["is not a list"]);
    // The group of all has no language of its own.
    let started = practice.json(&["start", "translation", "--client", "birchwood", "--input", "languages=de;fr"]);
    let shown = practice.done(["show", started["job"].as_str().expect("a job")]);
    assert!(
        shown.contains("Translate into …") && shown.contains("Translate into de") && !shown.contains("{{"),
        "{shown}"
    );
}

#[test]
fn r46_merge_fields_in_the_name_of_a_definition_are_refused_by_name() {
    let definition = "format: 1\nid: a\nname: \"Translation of {{ inputs.title }}\"\ninputs: { title: { type: string, default: x } }\ntasks: [{ id: t, type: manual }]\n";
    refused(definition, &["WF0210]: merge fields in the name of a definition cannot run yet", "write a plain name"]);
}

#[test]
fn r46_an_empty_field_of_a_form_does_not_erase_what_is_known_of_the_client() {
    let practice = Practice::with_people(TO_FILES);
    let settings = std::fs::read_to_string(practice.folder().join("practice.yaml")).expect("settings");
    practice
        .write("practice.yaml", settings.replace("  client:\n", "  client:\n    nick: string\n    other: string\n"));
    practice.done(["client", "set", "birchwood", "nick=Birch", "other=Wood"]);
    practice.write(
        "a.job.yaml",
        "format: 1\nid: keep\nname: Keep\ntasks:\n  - { id: ask, type: manual, outputs: { nick: { type: string, optional: true } } }\n  - id: put\n    type: update_client\n    depends_on: [{ task: ask, is: completed }]\n    set: { nick: { expr: tasks.ask.outputs.nick }, other: { expr: \"()\" } }\n",
    );
    practice.done(["publish", "a.job.yaml"]);
    practice.done(["start", "keep", "--client", "birchwood"]);
    practice.done(["complete", "keep/birchwood", "ask"]);
    let client = practice.json(&["client", "show", "birchwood"]);
    assert_eq!(client["fields"]["nick"], "Birch", "{client}");
    assert!(client["fields"].get("other").is_none_or(serde_json::Value::is_null), "{client}");
}
