//! Somebody leaves: their open work is asked again by its rule at once, or handed to one person (r30).

use jobwright_core::command::Act;
use jobwright_core::directory::trail::Attribution;
use jobwright_core::id::JobId;
use jobwright_runtime::Existing;
use jobwright_store::directory;

use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

const PEOPLE: &str = "
roles: { director: Director }
staff:
  - { id: pat, name: Pat, email: pat@practice.example }
  - { id: kim, name: Kim, roles: [clerk] }
  - { id: lee, name: Lee, roles: [clerk] }
clients:
  - id: acme
    name: Acme
    contacts:
      - { id: ann, name: Ann, email: ann@acme.example, roles: [director] }
      - { id: bob, name: Bob, email: bob@acme.example, roles: [director] }
";

const WORK: &str = "format: 1
id: it
name: It
tasks:
  - { id: do, type: manual, assign: { staff: clerk, pick: one, order_by: [listed] } }
  - { id: hold, type: manual, assign: { staff: clerk, pick: one, order_by: [listed] }, depends_on: [do] }
";

fn at_work(definition: &str) -> (Office, JobId) {
    let office = Office::with(PEOPLE);
    office.publish(definition, Existing::Keep);
    let job = office.start("it", "acme");
    (office, job)
}

fn leaves(office: &Office, id: &str) {
    let staff = directory::staff(&office.engine().reader()).unwrap().value;
    let mut one = staff.into_iter().find(|one| one.id.as_str() == id).expect("staff");
    one.active = false;
    office.engine().put_staff(&one, &Attribution::engine("test")).expect("kept");
}

fn done() -> Act {
    Act::Complete { outputs: Default::default(), awaited: None }
}

#[test]
fn r30_what_lies_on_the_desk_of_somebody_who_leaves_goes_to_whom_the_rule_names_next() {
    let (office, job) = at_work(WORK);
    assert_eq!(office.asked(job, "do"), ["kim"]);
    leaves(&office, "kim");
    assert_eq!((office.task(job, "do").as_str(), office.asked(job, "do")), ("active", vec!["lee".to_owned()]));
    assert!(office.act(job, "do", done(), "lee").is_ok());
    leaves(&office, "lee");
    assert_eq!(office.task(job, "hold"), "uncompletable, deactivated", "nobody is left, and it says so");
    let head = jobwright_store::jobs::head(&office.engine().reader(), job).unwrap().unwrap().value;
    assert_eq!(head.uncompletable, 1, "so `jobs --attention` shows it");
    office.import("staff: [{ id: sam, name: Sam, roles: [clerk] }]");
    office.engine().wake().expect("woken");
    assert_eq!(office.asked(job, "hold"), ["sam"]);
}

#[test]
fn r30_removing_somebody_does_the_same_and_a_crash_in_between_loses_nothing() {
    let (mut office, job) = at_work(WORK);
    office.engine().remove_staff(&"kim".parse().unwrap(), &Attribution::engine("test")).expect("removed");
    assert_eq!(office.asked(job, "do"), ["lee"]);
    // The change is committed, and the process ends before anybody is woken.
    let before = directory::staff(&office.engine().reader()).unwrap();
    let mut lee = before.value.iter().find(|one| one.id.as_str() == "lee").unwrap().clone();
    lee.active = false;
    office.commit_and_die(directory::put_staff(&before, &lee).unwrap());
    office.work();
    assert_eq!(office.task(job, "do"), "uncompletable, deactivated");
}

#[test]
fn r30_a_people_file_that_says_somebody_has_left_moves_their_work() {
    let (office, job) = at_work(WORK);
    office.import("staff: [{ id: kim, name: Kim, roles: [clerk], active: false }]");
    assert_eq!(office.asked(job, "do"), ["lee"]);
}

#[test]
fn r30_work_done_by_hand_and_requests_to_staff_move_too() {
    let tasks = "format: 1
id: it
name: It
tasks:
  - { id: ask, type: form, recipient: { staff: clerk, pick: one, order_by: [listed], where: [] }, template: t, fields: [{ id: n, label: N, type: int }] }
templates: { t: { subject: S, body: B } }
";
    let people = PEOPLE.replace("name: Kim,", "name: Kim, email: kim@practice.example,");
    let office = Office::with(&people.replace("name: Lee,", "name: Lee, email: lee@practice.example,"));
    office.publish(&tasks.replace(", where: []", ""), Existing::Keep);
    let job = office.start("it", "acme");
    office.work();
    assert_eq!(office.sent(job), ["ask → kim@practice.example"]);
    leaves(&office, "kim");
    office.work();
    assert_eq!(office.sent(job), ["ask → kim@practice.example", "ask → lee@practice.example"]);
}

#[test]
fn r30_going_away_or_losing_a_role_leaves_work_where_it_is() {
    let (office, job) = at_work(WORK);
    let staff = directory::staff(&office.engine().reader()).unwrap().value;
    let mut kim = staff.into_iter().find(|one| one.id.as_str() == "kim").unwrap();
    let today = office.engine().now().to_zoned(jiff::tz::TimeZone::UTC).date();
    kim.away = vec![(today, today)];
    office.engine().put_staff(&kim, &Attribution::engine("test")).expect("kept");
    assert_eq!(office.asked(job, "do"), ["kim"], "whoever is away comes back");
    kim.roles.clear();
    office.engine().put_staff(&kim, &Attribution::engine("test")).expect("kept");
    assert_eq!(office.asked(job, "do"), ["kim"], "whoever was asked stays asked");
    office.act(job, "do", done(), "kim").expect("done");
    assert_eq!(office.asked(job, "hold"), ["lee"], "the next task is asked by the rule as it is now");
}

#[test]
fn r30_one_of_two_who_leaves_is_replaced_where_both_must_decide_and_not_where_one_is_enough() {
    let approval = |required: &str| {
        format!(
            "format: 1\nid: it\nname: It\ntasks:\n  - {{ id: ok, type: approval, assign: {{ staff: clerk, pick: 2, \
             order_by: [listed] }}, outcomes: [yes_, no_], required: {required} }}\n"
        )
    };
    let (office, job) = at_work(&approval("1"));
    leaves(&office, "lee");
    assert_eq!(office.task(job, "ok"), "active", "the other is enough");
    let (office, job) = at_work(&approval("all"));
    office.act(job, "ok", Act::Approve { outcome: "yes_".parse().unwrap() }, "kim").expect("one");
    leaves(&office, "lee");
    assert_eq!(office.task(job, "ok"), "uncompletable, too_few(1 of 2)");
}

#[test]
fn r30_contacts_who_leave_are_asked_for_again_as_staff_are() {
    let form = "format: 1
id: it
name: It
tasks:
  - { id: ask, type: form, recipient: { role: director, pick: one, order_by: [listed] }, template: t, fields: [{ id: n, label: N, type: int }] }
templates: { t: { subject: S, body: B } }
";
    let (office, job) = at_work(form);
    office.work();
    assert_eq!(office.asked(job, "ask"), ["ann"]);
    office.change("acme", |acme| acme.contacts[0].active = false);
    assert_eq!(
        (office.task(job, "ask").as_str(), office.asked(job, "ask")),
        ("awaiting_client", vec!["bob".to_owned()])
    );
    office.change("acme", |acme| drop(acme.contacts.remove(1)));
    assert_eq!(office.task(job, "ask"), "uncompletable, deactivated");
}

/// The sample practice with two jobs on Kim's desk.
fn practice() -> Practice {
    let practice = Practice::with_people(TO_FILES);
    practice.write(
        "lv.job.yaml",
        "format: 1
id: lv
name: Leave
tasks:
  - { id: a, type: manual, name: Keep the books, assign: { staff: payroll_clerk, or: { staff: primary } } }
  - id: check
    type: manual
    assign: { staff: primary, not_same_as: tasks.a }
    depends_on: [a]
  - { id: only, type: manual, assign: { staff: { id: kim } } }
  - { id: ok, type: approval, assign: { staff: payroll_clerk, pick: one, order_by: [listed] }, outcomes: [yes_, no_] }
",
    );
    practice.done(["publish", "lv.job.yaml"]);
    practice.done(["start", "lv", "--client", "birchwood"]);
    practice
}

#[test]
fn r30_staff_leave_shows_what_lies_there_and_wants_yes() {
    let practice = practice();
    let said = practice.run(["staff", "leave", "kim"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    for words in [
        "kim has 3 open tasks:",
        "lv/birchwood",
        "Keep the books",
        "goes to Fay Dunne, by its rule",
        "uncompletable, deactivated",
        "Nothing is changed yet. Add --yes",
        "kim is still named by clients:",
        " birchwood (payroll_clerk),",
        "staff.payroll_clerk=STAFF` names somebody else",
    ] {
        assert!(said.out.contains(words), "`{words}` is not in:\n{}", said.out);
    }
    assert!(practice.json(&["staff", "show", "kim"])["active"].as_bool().unwrap(), "nothing has changed");

    let told = practice.json(&["staff", "leave", "kim", "--yes"]);
    assert_eq!(told["left"], true);
    let then: Vec<_> = told["tasks"].as_array().unwrap().iter().map(|one| (&one["task"], &one["then"])).collect();
    assert_eq!(
        serde_json::to_string(&then).unwrap(),
        r#"[["a","asked_again"],["only","uncompletable"],["ok","asked_again"]]"#
    );
    let shown = practice.json(&["show", "lv/birchwood"]);
    let who = |task: &str| {
        let tasks = shown["tasks"].as_array().unwrap();
        let one = tasks.iter().find(|one| one["id"] == task).unwrap();
        (one["state"].as_str().unwrap().to_owned(), one["recipients"][0]["id"].clone())
    };
    assert_eq!(who("a"), ("active".into(), "fay".into()));
    assert_eq!(who("ok"), ("active".into(), "fay".into()));
    assert_eq!(who("only").0, "uncompletable");
    let attention = practice.run(["jobs", "--attention"]);
    assert!(attention.out.contains("birchwood"), "{attention:#?}");
    practice.done(["staff", "leave", "tom"]);
}

#[test]
fn r30_hand_over_gives_what_the_rules_allow_to_one_person_and_lists_the_rest() {
    let practice = practice();
    for (to, code, words) in [
        ("nosuch", 3, "no member of staff nosuch"),
        ("tom", 1, "has left"),
        ("kim", 2, "cannot take over from themselves"),
    ] {
        practice.run(["staff", "leave", "kim", "--hand-over-to", to, "--yes"]).refuses(code, &[words]);
    }
    let said = practice.run(["staff", "leave", "kim", "--hand-over-to", "lee"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    for words in ["goes to Lee Marsh", "Not handed over: ok of lv/birchwood", "its rule does not name them", "--note"] {
        assert!(said.out.contains(words), "`{words}` is not in:\n{}", said.out);
    }
    practice.done(["staff", "leave", "kim", "--hand-over-to", "lee", "--yes"]);
    let shown = practice.json(&["show", "lv/birchwood"]);
    let who = |task: &str| {
        let tasks = shown["tasks"].as_array().unwrap();
        tasks.iter().find(|one| one["id"] == task).unwrap()["recipients"][0]["id"].clone()
    };
    assert_eq!([who("a"), who("only"), who("ok")], ["lee", "lee", "fay"].map(serde_json::Value::from));
}

#[test]
fn r30_a_note_hands_decisions_over_too() {
    let practice = practice();
    practice.done([
        "staff",
        "leave",
        "kim",
        "--hand-over-to",
        "lee",
        "--yes",
        "--note",
        "Lee does payroll until August",
    ]);
    let shown = practice.json(&["show", "lv/birchwood"]);
    let tasks = shown["tasks"].as_array().unwrap();
    let ok = tasks.iter().find(|one| one["id"] == "ok").unwrap();
    assert_eq!(ok["recipients"][0]["id"], "lee");
}
