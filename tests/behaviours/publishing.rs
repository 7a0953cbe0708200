//! What becomes of running jobs when their definition changes.

use std::io::Write;
use std::process::{Command, Stdio};

use jobwright_runtime::Existing;

use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

const PEOPLE: &str = "
roles: { payroll: Payroll contact }
staff: [{ id: pat, name: Pat Quill, email: pat@larkfield.example }]
clients:
  - id: 4711
    name: Acme
    contacts:
      - { id: ann, name: Ann Bell, email: ann@acme.example }
      - { id: bob, name: Bob Cole, email: bob@acme.example, roles: [payroll] }
";

/// A first letter at once and a second one two days later, both to whom `recipient` says.
fn letters(recipient: &str) -> String {
    format!(
        r#"
format: 1
id: letters
name: Two letters
tasks:
  - {{ id: now, type: email, recipient: {recipient}, template: ask }}
  - {{ id: later, type: email, recipient: {recipient}, template: ask, start: "job.opened, +2 days" }}
templates:
  ask: {{ subject: Changes, body: "Dear {{{{ recipient.first_name }}}}" }}
"#
    )
}

/// The program with a client, and a first version published.
fn program() -> Practice {
    let program = Practice::empty(TO_FILES);
    program.done(["role", "add", "payroll", "Payroll contact"]);
    program.done(["staff", "add", "pat", "Pat Quill"]);
    program.done(["client", "add", "4711", "Acme"]);
    program.done(["contact", "add", "4711/ann", "Ann Bell", "email=ann@acme.example", "roles=payroll"]);
    program.write("letters.job.yaml", letters("primary_contact"));
    program.done(["publish", "letters.job.yaml"]);
    program
}

#[test]
fn b014_publishing_a_changed_definition_asks_what_becomes_of_running_jobs_and_is_never_silent() {
    let program = program();
    let job = program.json(&["start", "letters", "--client", "4711"]);
    program.write("letters.job.yaml", letters("{ role: payroll }"));

    // Nobody sits at a terminal here, so the question is an answer that is missing: the plan is shown, nothing is done.
    let asked = program.run(["publish", "letters.job.yaml"]);
    assert_eq!(asked.code, Some(1), "{asked:?}");
    assert!(asked.out.contains("takes the new text for") && asked.out.contains("later"), "{}", asked.out);
    let words = ["nothing was published: 1 running jobs want an answer", "--existing keep", "--existing update"];
    assert!(words.iter().all(|words| asked.errors.contains(words)), "{}", asked.errors);
    let still = program.json(&["publish", "letters.job.yaml", "--dry-run"]);
    assert_eq!(still["running_jobs"].as_array().map(Vec::len), Some(1), "{still}");

    let answered = program.json(&["publish", "letters.job.yaml", "--existing", "update", "--yes"]);
    assert_eq!((&answered["number"], &answered["new"]), (&2.into(), &true.into()), "{answered}");
    assert_eq!(answered["moved"][0], job["job"]);
}

#[test]
fn b014_at_a_terminal_the_question_is_put_and_its_answer_is_done() {
    let program = program();
    let job = program.json(&["start", "letters", "--client", "4711"]);
    program.write("letters.job.yaml", letters("{ role: payroll }"));
    let asked = at_a_terminal(&program, "publish letters.job.yaml", "never mind");
    assert!(asked.contains("takes the new text for") && asked.contains("[keep/update]"), "{asked}");
    assert!(asked.contains("nothing was published"), "{asked}");
    let answered = at_a_terminal(&program, "publish letters.job.yaml", "update");
    assert!(answered.contains("Published letters as version 2"), "{answered}");
    let moved = program.json(&["show", job["job"].as_str().unwrap()]);
    let newest = program.json(&["publish", "letters.job.yaml", "--dry-run"]);
    assert_eq!(newest["running_jobs"].as_array().map(Vec::len), Some(0), "no job is behind: {moved}");
}

/// Types a command at a terminal of its own, answers what it asks, and gives all that stood there.
fn at_a_terminal(program: &Practice, typed: &str, answer: &str) -> String {
    let command = format!("{} {typed}", env!("CARGO_BIN_EXE_jobwright"));
    let mut terminal = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .current_dir(program.folder())
        .env_remove("JOBWRIGHT_AS")
        .env_remove("JOBWRIGHT_STORE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`script` of util-linux gives a terminal");
    terminal.stdin.take().expect("a way in").write_all(format!("{answer}\n").as_bytes()).expect("it can be typed");
    let ended = terminal.wait_with_output().expect("the terminal ends");
    String::from_utf8_lossy(&ended.stdout).into_owned()
}

#[test]
fn b015_there_is_no_question_when_no_job_runs() {
    let program = program();
    program.write("letters.job.yaml", letters("{ role: payroll }"));
    let never_started = program.json(&["publish", "letters.job.yaml"]);
    assert_eq!((&never_started["number"], &never_started["moved"]), (&2.into(), &serde_json::json!([])));

    // A job that has ended runs no more.
    let job = program.json(&["start", "letters", "--client", "4711"]);
    let job = job["job"].as_str().unwrap();
    program.write("letters.job.yaml", letters("primary_contact"));
    assert_eq!(program.run(["publish", "letters.job.yaml"]).code, Some(1));
    program.done(["cancel", job, "--as", "pat", "--note", "not wanted"]);
    let ended = program.json(&["publish", "letters.job.yaml"]);
    assert_eq!(ended["number"], 3, "{ended}");
}

#[test]
fn b016_after_the_update_an_unsent_letter_goes_to_the_new_recipient_and_a_sent_one_is_not_sent_again() {
    let office = Office::with(PEOPLE);
    office.publish(&letters("primary_contact"), Existing::Keep);
    let job = office.start("letters", "4711");
    office.work();
    assert_eq!(office.sent(job), ["now → ann@acme.example"]);
    let published = office.publish(&letters("{ role: payroll }"), Existing::Update);
    assert_eq!(published.moved, [job]);
    office.wait(72);
    assert_eq!(office.sent(job), ["now → ann@acme.example", "later → bob@acme.example"]);
    assert_eq!((office.tries(), office.job(job)), (2, "completed"));
}

#[test]
fn b017_a_job_that_is_kept_ends_under_its_own_version_beside_new_ones() {
    let office = Office::with(PEOPLE);
    let first = office.publish(&letters("primary_contact"), Existing::Keep);
    let old = office.start("letters", "4711");
    office.work();
    let second = office.publish(&letters("{ role: payroll }"), Existing::Keep);
    assert_eq!(second.kept.iter().map(|(job, _)| *job).collect::<Vec<_>>(), [old]);
    let new = office.start("letters", "4711");
    office.wait(72);
    assert_eq!((office.look(old).job.hash, office.look(new).job.hash), (first.hash, second.hash));
    assert_eq!(office.sent(old), ["now → ann@acme.example", "later → ann@acme.example"]);
    assert_eq!(office.sent(new), ["now → bob@acme.example", "later → bob@acme.example"]);
    assert_eq!((office.job(old), office.job(new)), ("completed", "completed"));
}
