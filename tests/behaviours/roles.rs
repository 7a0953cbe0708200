//! Contact roles: how a practice defines them, and how jobs come to name them.

use std::collections::BTreeSet;

use jobwright_core::directory::form::{ContactForm, RoleBox};
use jobwright_runtime::Existing;
use serde_json::{Value as Json, json};

use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

/// A letter to whomever `recipient` names, in a definition with this beside its name.
fn letter(id: &str, recipient: &str, beside: &str) -> String {
    format!(
        r#"
format: 1
id: {id}
name: A letter
{beside}
tasks:
  - {{ id: ask, type: email, recipient: {recipient}, template: ask }}
templates:
  ask: {{ subject: Changes, body: "Dear {{{{ recipient.first_name }}}}" }}
"#
    )
}

/// The fields on the form's tab of contact roles.
fn roles_on(form: &Json) -> Json {
    let tabs = form["tabs"].as_array().expect("tabs");
    tabs.iter().find(|tab| tab["name"] == "Roles").expect("a tab of their own")["fields"].clone()
}

#[test]
fn b004_a_practice_defines_two_hundred_roles_and_writes_to_each_of_them() {
    let all = || (1..=200).map(|number| format!("role{number}"));
    let roles: Vec<String> = all().map(|role| format!("{role}: Role {role}")).collect();
    // Twenty contacts with ten roles each.
    let held: Vec<String> = all().collect();
    let contact = |(at, roles): (usize, &[String])| {
        format!("{{ id: c{at}, name: C, email: c{at}@acme.example, roles: [{}] }}", roles.join(", "))
    };
    let contacts: Vec<String> = held.chunks(10).enumerate().map(contact).collect();
    let office = Office::with(&format!(
        "roles: {{ {} }}\nclients: [{{ id: 4711, name: Acme, contacts: [{}] }}]",
        roles.join(", "),
        contacts.join(", ")
    ));
    let stored = office.roles();
    let boxes = stored.iter().map(|role| RoleBox { role: &role.id, label: &role.label, hint: None });
    assert_eq!(ContactForm::of(boxes).tabs.last().map(|tab| tab.fields.len()), Some(200));

    let mut sent = BTreeSet::new();
    for (at, roles) in held.chunks(20).enumerate() {
        let id = format!("wide{at}");
        office.publish(&letters(&id, roles), Existing::Keep);
        let job = office.start(&id, "4711");
        office.work();
        assert_eq!(office.job(job), "completed");
        sent.extend(office.sent(job));
    }
    let holder = |(at, role): (usize, String)| format!("{role} → c{}@acme.example", at / 10);
    assert_eq!(sent, all().enumerate().map(holder).collect());
    assert_eq!(office.tries(), 200);
}

/// A definition with a letter to each of these roles.
fn letters(id: &str, roles: &[String]) -> String {
    let task =
        |role: &String| format!("  - {{ id: {role}, type: email, recipient: {{ role: {role} }}, template: ask }}\n");
    let tasks: String = roles.iter().map(task).collect();
    format!("format: 1\nid: {id}\nname: Wide\ntasks:\n{tasks}templates:\n  ask: {{ subject: Changes, body: Hello }}\n")
}

/// A contact role as a field of the form.
fn field(name: &str, label: &str, hint: Json) -> Json {
    json!({ "name": name, "type": "client_role", "choices": null, "label": label, "hint": hint, "readonly": false })
}

#[test]
fn b005_a_role_is_a_field_of_the_contact_form_with_a_label_a_type_and_perhaps_a_hint() {
    let program = Practice::empty(TO_FILES);
    program.done(["role", "add", "payroll", "Payroll contact", "--hint", "Gets our payroll questions"]);
    program.done(["role", "add", "vat", "VAT contact"]);
    let expected = [
        field("payroll", "Payroll contact", json!("Gets our payroll questions")),
        field("vat", "VAT contact", Json::Null),
    ];
    assert_eq!(roles_on(&program.json(&["contact", "form"])), json!(expected));
}

#[test]
fn b006_the_form_has_tabs_and_the_roles_have_one_of_their_own() {
    let program = Practice::empty(TO_FILES);
    program.done(["role", "add", "payroll", "Payroll contact"]);
    let form = program.json(&["contact", "form"]);
    let tabs = form["tabs"].as_array().unwrap();
    let names: Vec<&str> = tabs.iter().filter_map(|tab| tab["name"].as_str()).collect();
    assert_eq!(names, ["Person", "Access", "Roles"]);
    for tab in tabs {
        let fields = tab["fields"].as_array().unwrap();
        assert!(!fields.is_empty());
        assert!(fields.iter().all(|field| (field["type"] == "client_role") == (tab["name"] == "Roles")), "{tab}");
    }
    let said = program.done(["contact", "form"]);
    let line = said.lines().find(|line| line.starts_with("Roles ")).expect("a line of the tab");
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["Roles", "payroll", "client_role", "Payroll", "contact"]);
}

#[test]
fn b007_the_form_changes_when_it_is_saved_and_a_half_edited_one_is_never_live() {
    let program = Practice::empty(TO_FILES);
    // Whoever is brought in first makes the store.
    program.done(["staff", "add", "pat", "Pat Quill"]);
    let roles = || -> Vec<String> {
        let fields = roles_on(&program.json(&["contact", "form"]));
        fields.as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(roles().is_empty());
    program.done(["role", "add", "payroll", "Payroll contact"]);
    assert_eq!(roles(), ["payroll"]);

    // A definition with two new roles and a fault: none of the two is on the form.
    let beside = "roles: { vat: VAT contact, accounts: Accounts contact }";
    let half = letter("letter", "{ any_of: [{ role: vat }, { role: acounts }] }", beside);
    program.write("letter.job.yaml", &half);
    assert_eq!(program.run(["publish", "letter.job.yaml"]).code, Some(1));
    assert_eq!(roles(), ["payroll"]);
    program.write("letter.job.yaml", half.replace("acounts", "accounts"));
    program.done(["publish", "letter.job.yaml", "--dry-run"]);
    assert_eq!(roles(), ["payroll"], "a dry run saves nothing");
    program.done(["publish", "letter.job.yaml"]);
    assert_eq!(roles(), ["accounts", "payroll", "vat"]);
}

#[test]
fn b010_a_letter_names_the_primary_contact_or_any_defined_role_and_nothing_else() {
    let office = Office::with(
        "
roles: { payroll: Payroll contact, vat: VAT contact }
clients:
  - id: 4711
    name: Acme
    contacts:
      - { id: ann, name: Ann Bell, email: ann@acme.example }
      - { id: bob, name: Bob Cole, email: bob@acme.example, roles: [payroll] }
      - { id: cat, name: Cat Dunn, email: cat@acme.example, roles: [vat] }
",
    );
    let choices = [
        ("first", "primary_contact", "ask → ann@acme.example"),
        ("payroll", "{ role: payroll }", "ask → bob@acme.example"),
        ("vat", "{ role: vat }", "ask → cat@acme.example"),
    ];
    for (id, recipient, expected) in choices {
        office.publish(&letter(id, recipient, ""), Existing::Keep);
        let job = office.start(id, "4711");
        office.work();
        assert_eq!(office.sent(job), [expected]);
    }
    for (refused, words) in [
        ("{ role: billing }", "there is no contact role `billing`"),
        ("payroll", "is no recipient selector"),
        ("ann@acme.example", "is no recipient selector"),
    ] {
        let (said, publish) = office.check(&letter("other", refused, ""));
        assert!(publish.is_none() && said.contains(words), "{refused}: {said}");
    }
}

#[test]
fn b011_a_new_role_is_at_once_on_the_form_and_a_recipient_that_jobs_may_name() {
    let program = Practice::empty(TO_FILES);
    program.done(["role", "add", "payments", "Payments contact"]);
    program.write("letter.job.yaml", letter("letter", "{ role: payroll }", ""));
    let before = program.run(["check", "letter.job.yaml"]);
    assert_eq!(before.code, Some(1), "{before:?}");
    assert!(before.out.contains("there is no contact role `payroll`"), "{}", before.out);

    program.done(["role", "add", "payroll", "Payroll contact"]);
    let fields = roles_on(&program.json(&["contact", "form"]));
    assert!(fields.as_array().unwrap().iter().any(|field| field["name"] == "payroll"), "{fields}");
    assert_eq!(program.done(["check", "letter.job.yaml"]), "1 definition: nothing is wrong\n");
    program.done(["publish", "letter.job.yaml"]);
    program.done(["client", "add", "4711", "Acme Foundry"]);
    program.done(["contact", "add", "4711/ann", "Ann Bell", "email=ann@acme.example", "roles=payroll"]);
    program.done(["start", "letter", "--client", "4711"]);
    let why = program.json(&["why", "letter/4711", "ask"]);
    assert_eq!(why["chosen"][0]["id"], "ann", "{why}");
}

#[test]
fn b012_a_role_that_no_job_uses_is_legal_and_a_role_that_nobody_defined_is_an_error_with_the_nearest_name() {
    let program = Practice::empty(TO_FILES);
    program.done(["role", "add", "payroll", "Payroll contact"]);
    program.done(["role", "add", "billing", "Nobody writes to this one"]);
    program.write("letter.job.yaml", letter("letter", "{ role: payrol }", ""));
    let wrong = program.run(["check", "letter.job.yaml"]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    for words in ["error[WF0304]: there is no contact role `payrol`", "did you mean `payroll`?"] {
        assert!(wrong.out.contains(words), "{words}: {}", wrong.out);
    }
    assert_eq!(program.run(["publish", "letter.job.yaml"]).code, Some(1), "and it cannot be published");

    // Declared and used by nothing is worth a word, and no more.
    program.write("letter.job.yaml", letter("letter", "{ role: payroll }", "roles: { vat: VAT contact }"));
    let right = program.done(["check", "letter.job.yaml"]);
    assert!(right.contains("warning[WF0320]: the contact role `vat` is never used"), "{right}");
    assert!(!right.contains("billing"), "{right}");
    program.done(["publish", "letter.job.yaml"]);
}
