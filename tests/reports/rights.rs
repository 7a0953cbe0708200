//! Who may do what, and what is kept of it.

use serde_json::Value as Json;

use crate::support::practice::{Practice, TO_FILES};

/// A practice with two members of staff, one of whom has left, and a client with two contacts.
fn practice() -> Practice {
    let practice = Practice::empty(TO_FILES);
    practice.write(
        "people.yaml",
        "
roles: { payroll: Payroll contact }
staff:
  - { id: pat, name: Pat Quill, email: pat@larkfield.example, roles: [partner] }
  - { id: tom, name: Tom Grice, active: false }
clients:
  - id: birch
    name: Birch Ltd
    staff: { primary: pat }
    contacts:
      - { id: dan, name: Dan Holroyd, email: dan@birch.example, roles: [payroll] }
      - { id: ann, name: Ann Sykes, email: ann@birch.example }
",
    );
    practice.done(["import", "people.yaml"]);
    practice.write("letter.job.yaml", LETTER);
    practice
}

const LETTER: &str = "
format: 1
id: letter
name: A letter
tasks:
  - { id: ask, type: email, recipient: { role: payroll }, template: ask }
roles: { payroll: Payroll contact }
templates:
  ask: { subject: Changes, body: Hello }
";

/// Everything that changes something, as it is typed.
const CHANGES: &[&[&str]] = &[
    &["import", "people.yaml"],
    &["client", "add", "oak", "Oak Ltd"],
    &["client", "set", "birch", "status=former"],
    &["client", "dealing", "birch", "pat", "a call"],
    &["client", "remove", "birch", "--yes"],
    &["contact", "add", "birch/eve", "Eve"],
    &["contact", "set", "birch/ann", "position=Director"],
    &["contact", "tick", "birch/ann", "payroll"],
    &["contact", "untick", "birch/dan", "payroll"],
    &["contact", "move", "birch/ann", "1"],
    &["contact", "remove", "birch/ann", "--yes"],
    &["staff", "add", "kim", "Kim Lowe"],
    &["staff", "set", "pat", "roles=reviewer"],
    &["role", "add", "vat", "VAT contact"],
    &["role", "remove", "payroll", "--yes"],
    &["publish", "letter.job.yaml"],
    &["start", "letter", "--client", "birch"],
    &["work"],
    &["export", "copy"],
    &["backup", "copy.backup"],
];

/// All that stands in the store, as an export writes it, without what differs by time.
fn state(practice: &Practice) -> [Json; 3] {
    let listed = |arguments: &[&str]| Json::String(practice.done([arguments, &["--json"]].concat()));
    [listed(&["client", "list"]), listed(&["contact", "list"]), listed(&["staff", "list"])]
}

#[test]
fn r11_who_acts_exists_is_active_and_may_at_every_door_and_a_refused_one_changes_nothing() {
    let practice = practice();
    let before = state(&practice);
    let refused = [
        ("nosuch", 3, "there is no member of staff `nosuch`"),
        ("tom", 1, "staff tom is no longer active"),
        ("contact:dan", 1, "contact dan may not"),
        ("contact:birch/dan", 1, "contact dan may not"),
        ("contact:ghost", 1, "contact ghost may not"),
    ];
    for (who, code, words) in refused {
        for typed in CHANGES {
            let said = practice.run([typed, &["--as", who][..]].concat());
            assert_eq!(said.code, Some(code), "{typed:?} as {who}: {said:?}");
            assert!(
                said.errors.contains(words) && said.errors.contains("next:"),
                "{typed:?} as {who}: {}",
                said.errors
            );
        }
    }
    assert_eq!(state(&practice), before);
    assert!(practice.done(["jobs"]).contains("No such jobs."));
    for name in ["copy", "copy.backup"] {
        assert!(!practice.folder().join(name).exists(), "{name}");
    }
}

#[test]
fn r11_looking_asks_too_and_a_contact_sees_nothing_of_the_practice_by_a_command() {
    let practice = practice();
    let looks: &[&[&str]] = &[
        &["client", "list"],
        &["client", "show", "birch"],
        &["client", "history", "birch"],
        &["contact", "list", "birch"],
        &["contact", "list"],
        &["staff", "list"],
        &["role", "list"],
        &["jobs"],
        &["verify"],
    ];
    for (who, code) in [("nosuch", 3), ("contact:dan", 1)] {
        for typed in looks {
            let said = practice.run([typed, &["--as", who][..]].concat());
            assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{typed:?} as {who}: {said:?}");
        }
    }
}

#[test]
fn r11_an_operator_who_is_not_on_the_staff_is_refused_and_told_where_it_stands() {
    let practice = practice();
    let settings = std::fs::read_to_string(practice.folder().join("practice.yaml")).unwrap();
    practice.write("practice.yaml", settings.replace("operator: pat", "operator: nobody"));
    let said = practice.run(["client", "set", "birch", "status=former"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.errors.contains("`nobody`") && said.errors.contains("practice.yaml"), "{}", said.errors);
    practice.done(["client", "set", "birch", "status=former", "--as", "pat"]);
}

#[test]
fn r11_the_first_member_of_staff_is_added_by_whoever_owns_the_folder() {
    let practice = Practice::empty(TO_FILES);
    practice.done(["staff", "add", "pat", "Pat Quill"]);
    practice.done(["role", "add", "payroll", "Payroll contact"]);
    assert_eq!(practice.run(["staff", "add", "eve", "Eve", "--as", "eve"]).code, Some(3), "no more from then on");
}

#[test]
fn r11_a_removal_shows_what_hangs_on_it_and_wants_yes() {
    let practice = practice();
    practice.done(["publish", "letter.job.yaml"]);
    practice.write(
        "wait.job.yaml",
        LETTER
            .replace("id: letter", "id: wait")
            .replace("type: email", "type: form, fields: [{ id: a, label: A, type: string }]"),
    );
    practice.done(["publish", "wait.job.yaml"]);
    practice.done(["start", "wait", "--client", "birch"]);
    let removals: [(&[&str], &[&str]); 3] = [
        (
            &["client", "remove", "birch"],
            &["Birch Ltd", "2 contacts: Dan Holroyd, Ann Sykes", "1 job stay", "status=former"],
        ),
        (
            &["contact", "remove", "birch/dan"],
            &[
                "Dan Holroyd",
                "primary contact; Ann Sykes is",
                "no other contact has the role payroll",
                "1 task",
                "active=false",
            ],
        ),
        (&["role", "remove", "payroll"], &["ticked on 1 contact", "letter, wait"]),
    ];
    for (typed, words) in removals {
        let before = state(&practice);
        let asked = practice.run(typed);
        assert_eq!(asked.code, Some(1), "{typed:?}: {asked:?}");
        for word in words {
            assert!(asked.errors.contains(word), "{typed:?}, {word}: {}", asked.errors);
        }
        assert!(asked.errors.contains("nothing was changed") && asked.errors.contains("--yes"), "{}", asked.errors);
        assert_eq!(state(&practice), before, "{typed:?}");
    }
    practice.done(["role", "remove", "payroll", "--yes"]);
    practice.done(["contact", "remove", "birch/dan", "--yes"]);
    practice.done(["client", "remove", "birch", "--yes"]);
    assert_eq!(practice.run(["client", "show", "birch"]).code, Some(3));
    // What was removed can still be found out.
    let history = practice.done(["client", "history", "birch"]);
    assert!(history.contains("`client remove`") && history.contains("Birch Ltd is taken away"), "{history}");
}

#[test]
fn r60_every_change_of_people_leaves_who_when_how_and_each_field_before_and_after() {
    let practice = practice();
    practice.done(["contact", "untick", "birch/dan", "payroll", "--note", "Dan rang: Ann does it now"]);
    practice.done(["client", "set", "birch", "office=Leeds"]);
    practice.done(["staff", "set", "pat", "roles=partner;reviewer"]);
    practice.done(["role", "add", "payroll", "Payroll and pensions"]);
    let history = practice.done(["client", "history", "birch"]);
    let office = history.find("office: Leeds").expect("the newest");
    let untick = history.find("contact.dan.roles: payroll is taken away").expect("who unticked it can be found out");
    let import = history.find("by `import people.yaml`").expect("the oldest");
    assert!(office < untick && untick < import, "{history}");
    for words in ["staff pat, by `contact untick`", "\"Dan rang: Ann does it now\"", "contact.ann.name: Ann Sykes"] {
        assert!(history.contains(words), "{words}: {history}");
    }
    assert!(practice.done(["staff", "history", "pat"]).contains("roles: partner → partner, reviewer"));
    let json: Vec<Json> = practice
        .done(["client", "history", "birch", "--json"])
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    assert_eq!(json.len(), 3);
    assert_eq!(json[1]["door"], "contact untick");
    assert_eq!(json[1]["changes"][0]["before"], "payroll");
    practice.done(["export", "copy"]);
    let exported = std::fs::read_to_string(practice.folder().join("copy/changes.jsonl")).unwrap();
    for words in ["client birch", "staff pat", "contact role payroll", "Payroll and pensions"] {
        assert!(exported.contains(words), "{words}: {exported}");
    }
}

#[test]
fn r60_what_changes_nothing_leaves_nothing() {
    let practice = practice();
    let before = practice.done(["client", "history", "birch", "--json"]);
    practice.done(["contact", "tick", "birch/dan", "payroll"]);
    practice.done(["client", "set", "birch", "status=active"]);
    assert_eq!(practice.done(["client", "history", "birch", "--json"]), before);
}

#[test]
fn r60_a_client_that_a_job_changes_says_which_job_it_was() {
    let practice = practice();
    practice.write(
        "move.job.yaml",
        "format: 1\nid: move\nname: Move\ntasks:\n  - { id: live, type: update_client, set: { office: Harrogate } }\n",
    );
    practice.done(["publish", "move.job.yaml"]);
    practice.done(["start", "move", "--client", "birch"]);
    let history = practice.done(["client", "history", "birch"]);
    assert!(history.contains("office: Harrogate") && history.contains("the engine, by `job "), "{history}");
}

/// A to-do that goes to whoever dealt with the client last, and one to who did so first.
const DEALT: &str = "
format: 1
id: dealt
name: Dealt
tasks:
  - { id: last, type: manual, assign: { staff: last_interaction, or: { staff: default } } }
  - { id: first, type: manual, assign: { staff: additional, or: { staff: primary } } }
";

/// Who was given a task, by the job's JSON.
fn given(practice: &Practice, task: &str) -> Vec<String> {
    let shown = practice.json(&["show", "dealt/birch"]);
    let tasks = shown["tasks"].as_array().expect("tasks");
    let task = tasks.iter().find(|one| one["task"] == task || one["id"] == task).expect("the task").to_string();
    ["pat", "kim", "lee"].into_iter().filter(|id| task.contains(&format!("\"{id}\""))).map(str::to_owned).collect()
}

#[test]
fn r60_a_dealing_is_noted_once_and_decides_who_is_asked() {
    let practice = practice();
    for (id, name) in [("kim", "Kim Lowe"), ("lee", "Lee Marsh")] {
        practice.done(["staff", "add", id, name]);
    }
    practice.done(["client", "dealing", "birch", "kim", "invoice 118", "--at", "2026-05-04"]);
    practice.done(["client", "dealing", "birch", "lee", "a call", "--at", "2026-05-06"]);
    practice.done(["client", "dealing", "birch", "kim", "invoice 118", "--at", "2026-05-04"]);
    let card = practice.json(&["client", "show", "birch"]);
    let dealt: Vec<_> = card["staff"]["additional"].as_array().expect("dealings").iter().collect();
    assert_eq!(
        (dealt.len(), &dealt[0]["staff"], &dealt[0]["what"]),
        (2, &"kim".into(), &"invoice 118".into()),
        "{card}"
    );
    let card = practice.done(["client", "show", "birch"]);
    assert!(card.contains("kim, since 4 May 2026: invoice 118") && card.contains("lee, 6 May 2026: a call"), "{card}");
    practice.write("dealt.job.yaml", DEALT);
    practice.done(["publish", "dealt.job.yaml"]);
    practice.done(["start", "dealt", "--client", "birch"]);
    assert_eq!(given(&practice, "last"), ["lee"]);
    assert_eq!(given(&practice, "first"), ["kim"], "of those who dealt with it the one who did first");
    let said = practice.run(["client", "dealing", "birch", "tom", "a call"]);
    assert_eq!(said.code, Some(3), "who has left deals with no client: {said:?}");
    assert_eq!(practice.run(["client", "dealing", "birch", "kim", "next year", "--at", "2099-01-01"]).code, Some(1));
}

#[test]
fn b029_r60_the_default_assignee_becomes_the_primary_staff_of_a_new_client_by_hand_and_by_import() {
    let practice = practice();
    practice.done(["client", "add", "oak", "Oak Ltd"]);
    practice.write("more.csv", "client_id,client_name,contact_name,email\nelm,Elm Ltd,Eve Elm,eve@elm.example\n");
    practice.done(["import", "more.csv"]);
    for client in ["oak", "elm"] {
        assert_eq!(practice.json(&["client", "show", client])["staff"]["primary"], "pat", "{client}");
    }
    // Somebody may still be chosen, and no one is put in the place of who was.
    practice.done(["staff", "add", "kim", "Kim Lowe"]);
    practice.done(["client", "set", "oak", "staff.primary=kim"]);
    practice.done(["client", "set", "oak", "office=Leeds"]);
    assert_eq!(practice.json(&["client", "show", "oak"])["staff"]["primary"], "kim");
}

#[test]
fn b066_contacts_are_listed_across_all_clients_and_found_by_a_name() {
    let practice = practice();
    practice.done(["client", "add", "oak", "Oak Ltd"]);
    practice.done(["contact", "add", "oak/eve", "Eve Oakley", "email=eve@oak.example"]);
    let all = practice.done(["contact", "list"]);
    for words in ["birch/dan", "birch/ann", "oak/eve"] {
        assert!(all.contains(words), "{words}: {all}");
    }
    let found = practice.done(["contact", "list", "--search", "oakl"]);
    assert!(found.contains("oak/eve") && !found.contains("birch"), "{found}");
    assert!(practice.done(["contact", "list", "--search", "zzz"]).contains("no such contacts"));
}
