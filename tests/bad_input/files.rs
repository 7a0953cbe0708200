//! Files that cannot be what they say they are: definitions, people, settings, the store's own.

use std::fs::{self, File};

use crate::support::practice::{Practice, TO_FILES};

/// A definition that may be published, to put one fault into.
const SOUND: &str =
    "format: 1\nid: sound\nname: Sound\ntasks:\n  - { id: a, type: manual, assign: { staff: primary } }\n";

#[test]
fn twenty_faults_are_told_at_once_each_with_its_place() {
    let practice = Practice::with_people(TO_FILES);
    let faults = include_str!("../definitions/invalid/twenty-faults.yaml");
    practice.write("faults.job.yaml", faults);
    let said = practice.run(["check", "faults.job.yaml", "--json"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    let told: serde_json::Value = serde_json::from_str(&said.out).expect("one list");
    let told = told.as_array().expect("a list");
    let errors: Vec<_> = told.iter().filter(|one| one["severity"] == "error").collect();
    assert!(errors.len() >= 20, "{} faults:\n{told:#?}", errors.len());
    let lines = faults.lines().count() as u64;
    for one in errors {
        let line = one["line"].as_u64().expect("a line");
        assert!(
            (1..=lines).contains(&line) && one["code"].as_str().is_some_and(|code| code.starts_with("WF")),
            "{one}"
        );
    }
    // Publishing tells the same, and publishes nothing.
    practice.run(["publish", "faults.job.yaml"]).refuses(1, &["faults.job.yaml cannot be used", "error[WF"]);
    practice.run(["start", "sample", "--client", "birchwood"]).refuses(3, &["sample"]);
}

#[test]
fn a_file_that_is_no_text_of_ours_is_told_and_nothing_of_it_is_kept() {
    let practice = Practice::with_people(TO_FILES);
    let bomb = (1..12).fold("a0: &a0 [x]\n".to_owned(), |text, n| {
        format!("{text}a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "))
    });
    let deep = format!("{SOUND}x: {}{}\n", "[".repeat(5_000), "]".repeat(5_000));
    for (name, text, words) in [
        ("nul", [SOUND.as_bytes(), b"note: a\0b\n"].concat(), &["nul.yaml:6", "invisible character U+0000"][..]),
        ("latin", [SOUND.as_bytes(), b"note: caf\xe9\n"].concat(), &["latin.yaml:6", "UTF-8"]),
        ("bomb", bomb.into_bytes(), &["bomb.yaml", "alias"]),
        ("deep", deep.into_bytes(), &["deep.yaml", "nested too deeply"]),
        ("empty", vec![], &["empty.yaml", "empty"]),
        ("tabs", b"format: 1\n\tid: x\n".to_vec(), &["tabs.yaml:2", "tab"]),
        ("utf16", b"\xff\xfef\0o\0r\0m\0".to_vec(), &["utf16.yaml", "UTF-16"]),
    ] {
        let file = format!("{name}.yaml");
        practice.write(&file, text);
        practice.run(["publish", &file]).refuses(1, words);
        practice.run(["import", &file]).refuses(1, words);
    }
    assert_eq!(
        practice.done(["client", "list", "--json"]),
        Practice::with_people(TO_FILES).done(["client", "list", "--json"])
    );
}

#[test]
fn a_hundred_megabytes_are_refused_before_they_are_read() {
    let practice = Practice::with_people(TO_FILES);
    let path = practice.write("huge.yaml", SOUND);
    File::options().write(true).open(&path).and_then(|file| file.set_len(100 << 20)).expect("a long file");
    for verb in ["check", "publish", "import"] {
        let said = practice.run([verb, "huge.yaml"]);
        assert!(said.code == Some(1) && format!("{}{}", said.out, said.errors).contains("1 MiB"), "{verb}: {said:#?}");
    }
}

#[test]
fn a_table_with_a_column_that_nobody_knows_says_which_are_possible() {
    let practice = Practice::with_people(TO_FILES);
    practice.write("people.csv", "client_id,client_nmae,contact_id,email\nnewcomer,New Ltd,a,a@new.example\n");
    practice.run(["import", "people.csv"]).refuses(1, &["client_nmae", "client_name"]);
    practice.run(["client", "show", "newcomer"]).refuses(3, &["newcomer"]);
}

#[test]
fn a_contact_whose_address_is_none_is_taken_without_it_and_the_task_that_writes_to_them_waits() {
    let practice = Practice::open_for_business(TO_FILES);
    let people = "clients:\n- id: newcomer\n  name: New Ltd\n  services: [payroll]\n  staff: { primary: pat }\n  \
                  contacts: [{ id: ann, name: Ann, email: ann at new.example, roles: [payroll] }]\n";
    practice.write("new.yaml", people);
    let said = practice.run(["import", "new.yaml"]);
    assert!(said.code == Some(0) && said.errors.contains("ann at new.example"), "{said:#?}");
    practice.done(["start", "monthly-payroll", "--client", "newcomer", "--period", "2026-05"]);
    practice.done(["work"]);
    let shown = practice.done(["show", "monthly-payroll/newcomer/2026-05", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("one object");
    let ask = shown["tasks"].as_array().and_then(|tasks| tasks.iter().find(|task| task["id"] == "ask_changes"));
    let ask = ask.expect("the task");
    assert_eq!((&ask["state"], &ask["reason"]["code"]), (&"uncompletable".into(), &"no_email".into()));
    let why = practice.done(["why", "monthly-payroll/newcomer/2026-05", "ask_changes"]);
    assert!(why.contains("Ann") && why.contains("e-mail address"), "{why}");
}

#[test]
fn a_store_of_a_newer_program_is_left_alone() {
    let practice = Practice::with_people(TO_FILES);
    let format = practice.folder().join(".jobwright/FORMAT");
    let ours = fs::read_to_string(&format).expect("a format");
    fs::write(&format, ours.replace("format 2", "format 3")).expect("edited");
    let words = ["cannot use the store", "has format 3", "knows formats up to 2", "use a newer program"];
    practice.run(["jobs"]).refuses(4, &words);
    fs::write(&format, "a shopping list\n").expect("edited");
    practice.run(["jobs"]).refuses(4, &["is not a jobwright store", "FORMAT is not ours"]);
    fs::write(&format, ours).expect("edited");
    practice.done(["jobs"]);
}

#[test]
fn a_store_that_lost_its_rows_makes_them_again_from_its_journal_and_says_so() {
    let practice = Practice::with_people(TO_FILES);
    let people = practice.done(["client", "list"]);
    let store = practice.folder().join(".jobwright");
    let rows = store.join("sled");
    fs::remove_dir_all(&rows).expect("removed");
    let said = practice.run(["client", "list"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), people.as_str()), "{said:?}");
    assert!(
        said.errors.contains("made again from the journal") && said.errors.contains("sled is gone"),
        "{}",
        said.errors
    );
    let file = File::options().write(true).open(rows.join("db")).expect("its file");
    file.set_len(100).expect("cut");
    assert_eq!(practice.done(["client", "list"]), people);
    fs::rename(store.join("journal"), practice.folder().join("elsewhere")).expect("moved");
    practice.run(["client", "list"]).refuses(4, &["the store is damaged", "journal is gone", "jobwright restore"]);
    fs::rename(practice.folder().join("elsewhere"), store.join("journal")).expect("moved back");
    assert_eq!(practice.done(["client", "list"]), people);
}
