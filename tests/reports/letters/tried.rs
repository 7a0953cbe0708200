//! How tries go, and what is said of them (r23, r113, r114, r125).

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use jobwright::assemble::{self, Trial};
use jobwright::caller::Own;
use jobwright::read;
use jobwright_core::command::{Act as Deed, Command, Outcome};
use jobwright_core::effect::{Effect, Failure};
use jobwright_core::event::{Actor, Event};
use jobwright_core::id::{EffectId, JobId};
use jobwright_definition::surroundings::NoOthers;
use jobwright_email::Transport;
use jobwright_email::double::{Act, Double, Script};
use jobwright_email::transport::smtp::{Security, Settings, Smtp};
use jobwright_plugin::{Acts, Frozen, Report, Reporting};
use jobwright_runtime::{Engine, Existing, Publish, Start};
use jobwright_store::outbox;
use tokio::runtime::Runtime;

use super::Bureau;
use crate::support::Folder;
use crate::support::practice::{Practice, TO_FILES, fill, sample_people};
use crate::support::program::{Said, jobwright};
use crate::support::running::{Running, wait_until};

const ANN: &str = "ann@acme.example";
/// However busy the machine is; what spins never ends.
const DEADLINE: Duration = Duration::from_secs(120);
const JOB: JobId = JobId([7; 16]);
/// Three people of Northgate are asked, and a letter in doubt waits for a person.
const ASK: &str = "\
format: 1
id: ask
name: Ask
roles: { payroll: Payroll contact }
tasks:
  - id: ask
    type: email
    recipient: { role: payroll }
    template: ask
    in_doubt: hold
templates:
  ask: { subject: 'Hours, please', body: 'Dear {{ recipient.first_name }}, which hours?' }
";

#[test]
fn r23_a_fault_of_the_mail_server_is_said_once() {
    let bureau = Bureau::of(&[ANN, "bob@birch.example"], Script::new().refuse_sender("530 5.7.0 login first"));
    bureau.ask(2);
    let said = bureau.work();
    said.refuses(5, &["letters cannot leave"]);
    assert_eq!(said.errors.matches("530 5.7.0 login first").count(), 1, "{}", said.errors);
    assert!(!said.errors.contains("ERROR"), "{}", said.errors);
    assert!(said.out.contains("2 effects wait."), "{}", said.out);
}

#[test]
fn r23_cron_hears_of_each_letter_that_could_not_be_delivered() {
    let script = Script::new()
        .to(ANN, [Act::RefuseRecipient("550 5.1.1 no such user")])
        .to("bob@birch.example", [Act::RefuseLetter("554 5.6.0 not wanted")]);
    let bureau = Bureau::of(&[ANN, "bob@birch.example", "cy@cedar.example"], script);
    bureau.ask(3);
    let said = bureau.practice.run(["work", "--quiet"]);
    said.refuses(
        5,
        &[
            "2 letters could not be delivered",
            "Ann 0 <ann@acme.example> (ask/c0, task ask",
            "refused: 550 5.1.1 no such user",
            "Ann 1 <bob@birch.example> (ask/c1, task ask",
            "554 5.6.0 not wanted",
        ],
    );
    assert_eq!(bureau.taken(), ["cy@cedar.example"]);
    let again = bureau.practice.run(["work", "--quiet"]);
    assert_eq!((again.code, again.out.as_str(), again.errors.as_str()), (Some(0), "", ""));
}

#[test]
fn r23_a_mail_fault_does_not_end_the_engine_and_work_now_tells_it_to_try() {
    let bureau = Bureau::of(&[ANN], Script::new().refuse_sender("530 5.7.0 login first"));
    let mut running = Running::start(&bureau.practice, &[]);
    bureau.ask(1);
    wait_until("the server was asked", || bureau.double.connections() > 0);
    let doctor = || bureau.practice.run(["doctor", "--quick"]).out;
    wait_until("doctor says so", || doctor().contains("bad   letters"));
    assert!(running.is_running(), "everything else goes on");
    bureau.double.mend(Script::new());
    assert_eq!(bureau.practice.run(["work", "--now"]).code, Some(0), "beside the engine, which does it");
    wait_until("the letter left", || !bureau.taken().is_empty());
    wait_until("doctor says that, too", || !doctor().contains("bad   letters"));
    let said = running.stop();
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(
        said.errors.contains("no letter can leave") && said.errors.contains("letters leave again"),
        "{}",
        said.errors
    );
    assert_eq!(bureau.taken(), [ANN]);
}

#[test]
fn r23_a_failure_of_nine_hundred_kilobytes_is_kept_short_with_its_length() {
    let post = Post::with(Script::new(), 1, |letters| Arc::new(Talkative(letters)));
    post.runtime.block_on(post.engine.drive()).expect("the store holds");
    let looked = post.engine.look(JOB).expect("the job");
    let mut told = 0;
    for recorded in &looked.events {
        let (Event::EffectGivenUp { failure, .. } | Event::TaskFailed { failure, .. }) = &recorded.event else {
            continue;
        };
        told += 1;
        let words = &failure.message;
        assert!(words.len() <= jobwright_runtime::FAILURE_BYTES_MAX, "{}", words.len());
        assert!(words.starts_with("no no no") && words.contains("(cut: 900000 bytes in all, SHA-256 "), "{words}");
    }
    assert!(told >= 2, "{told}");
}

/// A way out that answers a whole page.
struct Talkative(Arc<dyn Acts>);

impl Acts for Talkative {
    fn freeze(&self, id: EffectId, effect: &Effect, written_at: Timestamp) -> Result<Frozen, Failure> {
        self.0.freeze(id, effect, written_at)
    }

    fn act<'a>(&'a self, _: EffectId, _: &'a Frozen) -> Reporting<'a> {
        let failure = Failure::permanent("talkative", "no ".repeat(300_000));
        Box::pin(async move { Report::Known(Outcome::Failed(failure)) })
    }

    fn at_once_max(&self) -> usize {
        1
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}

#[test]
fn r23_a_store_of_another_account_is_not_taken_for_a_silent_engine() {
    let folder = Folder::new_in(&std::env::temp_dir());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("rights");
    let made = Said::of(jobwright(folder.path()).args(["init", "p", "--quiet"]).output().expect("it runs"));
    assert_eq!(made.code, Some(0), "{made:#?}");
    let practice = folder.path().join("p");
    assert_eq!(
        Said::of(jobwright(&practice).args(["import", "people.yaml", "-q"]).output().expect("it runs")).code,
        Some(0)
    );
    let store = practice.join(".jobwright");
    let mut command = jobwright(&practice);
    let is_root = chown(&store, Some(1), None).is_ok();
    if is_root {
        // Another account than the store's, which is not root.
        command.uid(65_534);
        fs::set_permissions(&practice, fs::Permissions::from_mode(0o755)).expect("rights");
        for entry in fs::read_dir(&practice).expect("its files") {
            let path = entry.expect("an entry").path();
            if path != store {
                let mode = if path.is_dir() { 0o755 } else { 0o644 };
                fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("rights");
            }
        }
    } else {
        // No test that is not root has a second account: one's own store can shut one out all the same.
        fs::set_permissions(&store, fs::Permissions::from_mode(0o000)).expect("rights");
    }
    let Ok(output) = command.arg("jobs").output() else { return };
    let said = Said::of(output);
    fs::set_permissions(&store, fs::Permissions::from_mode(0o700)).expect("rights");
    said.refuses(4, &["may not be entered", if is_root { "belongs to" } else { "chmod 700" }]);
    assert!(!said.errors.contains("running engine"), "{}", said.errors);
}

/// An engine in memory that writes to a double, so that it can be stopped in the middle of a letter.
struct Post {
    runtime: Runtime,
    double: Double,
    trial: Trial,
    engine: Arc<Engine>,
}

impl Post {
    fn of(script: Script, letters_at_once: usize) -> Self {
        Self::with(script, letters_at_once, |letters| letters)
    }

    fn with(script: Script, letters_at_once: usize, change: impl FnOnce(Arc<dyn Acts>) -> Arc<dyn Acts>) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let double = runtime.block_on(Double::start(script)).expect("a free port");
        let practice = Practice::empty(TO_FILES);
        let opened = practice.opened();
        let mut settings = Settings::new("127.0.0.1", double.address.port(), Security::None);
        settings.parallel_max = letters_at_once;
        let letters = Transport::Smtp(Box::new(Smtp::new(settings).expect("settings")));
        let world = assemble::world(&opened.file, opened.zone.clone(), &opened.calendars);
        let mut types = assemble::task_types(&opened.file, letters).expect("task types");
        types.letters = change(types.letters);
        let trial = Trial::begin(world, types, "2026-05-04T08:00:00Z".parse().expect("a moment")).expect("a trial");
        let engine = trial.engine().expect("an engine");
        fill(&engine, &sample_people(&opened.file));
        let path = practice.write("ask.job.yaml", ASK);
        let (_, checked) = read::look(&path, Some(&opened), Some(&engine), &Own, &NoOthers).expect("a file");
        let (plan, text) = (checked.plan.expect("no errors"), checked.canonical);
        engine.publish(&Publish { plan, text, by: Actor::Engine }, Existing::Keep).expect("published");
        let start = Start {
            id: JOB,
            definition: "ask".parse().expect("an id"),
            client: "northgate".parse().expect("an id"),
            period: None,
            inputs: Default::default(),
            by: Actor::Engine,
            parent: None,
        };
        engine.start(start).expect("started");
        Self { runtime, double, trial, engine }
    }

    fn events(&self, is: impl Fn(&Event) -> bool) -> usize {
        let looked = self.engine.look(JOB).expect("the job");
        looked.events.iter().filter(|recorded| is(&recorded.event)).count()
    }

    fn taken_by(&self, address: &str) -> usize {
        self.double.taken().into_iter().filter(|letter| letter.to == address).count()
    }
}

#[test]
fn r113_letters_that_are_held_back_midway_end_the_round() {
    // One letter goes at a time; the first one says that no letter can leave, and two more stand behind it.
    let post = Post::of(Script::new().refuse_sender("550 5.1.8 not yours"), 1);
    let (tell, ended) = channel();
    let engine = Arc::clone(&post.engine);
    let handle = post.runtime.handle().clone();
    thread::spawn(move || tell.send(handle.block_on(engine.drive()).map(|driven| driven.tries)));
    let driven = ended.recv_timeout(DEADLINE).expect("the round ends although letters are left");
    driven.expect("the store holds");
    assert_eq!(post.double.connections(), 1, "the others were not tried");
    assert!(post.engine.paused().is_some());
    let counts = outbox::counts(&post.engine.reader()).expect("counted");
    assert_eq!((counts.wanted, counts.claimed, counts.given_up), (3, 0, 0), "each of them waits");
}

#[test]
fn r114_a_task_tried_again_does_not_send_what_is_on_its_way() {
    let script = Script::new()
        .to("phil@northgate.example", [Act::RefuseLetter("554 5.6.0 not wanted")])
        .to("tess@northgate.example", [Act::StoreThenStall]);
    let post = Post::of(script, 3);
    let driving = post.runtime.spawn({
        let engine = Arc::clone(&post.engine);
        async move { engine.drive().await }
    });
    wait_until("one letter is on its way, and the task has failed", || {
        post.taken_by("tess@northgate.example") == 1
            && post.events(|event| matches!(event, Event::TaskFailed { .. })) == 1
            && post.events(|event| matches!(event, Event::LetterSent { .. })) == 1
    });
    let by = Actor::Staff { id: "pat".parse().expect("an id"), entered_by: "test".into() };
    let task = "ask".parse().expect("a task");
    let retry = Command::Act { task, act: Deed::Retry, by, active: true, note: None };
    post.engine.command(JOB, retry).expect("a failed task is tried again");
    let claimed = outbox::claimed(&post.engine.reader(), None, 9).expect("read").found;
    assert_eq!(claimed.len(), 1, "what is on its way stays claimed");
    // The process dies before the server has answered, and another one begins.
    driving.abort();
    let engine = post.trial.engine().expect("an engine");
    assert_eq!(engine.recover().expect("recovered"), 1, "it is in doubt, and is held for a person as the task says");
    post.runtime.block_on(engine.drive()).expect("the store holds");
    assert_eq!(post.taken_by("tess@northgate.example"), 1, "it is not sent twice");
    assert_eq!(post.taken_by("asha@northgate.example"), 1);
}

#[test]
fn r125_an_idle_line_is_asked_before_a_letter_is_trusted_to_it() {
    // The server takes each letter, says so, and hangs up.
    let people = ["asha@northgate.example", "phil@northgate.example", "tess@northgate.example"];
    let script = people.iter().fold(Script::new(), |script, person| script.to(person, [Act::AcceptThenHangUp]));
    let post = Post::of(script, 1);
    post.runtime.block_on(post.engine.drive()).expect("the store holds");
    assert_eq!(post.double.taken().len(), 3);
    assert_eq!(post.events(|event| matches!(event, Event::EffectDelayed { .. })), 0, "none had to be tried again");
    assert_eq!(post.double.connections(), 3);
}
