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
