//! The engine with its own way of sending letters before a mail server that misbehaves by a script.
//!
//! Owns: what became of letter, task and contact after each kind of misbehaviour. Time is moved by hand, so that the
//! moment of the next try comes at once; the line to the server is a real one.

use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use jobwright::assemble::{self, Trial};
use jobwright::caller::Own;
use jobwright::{read, shape};
use jobwright_core::directory::trail::Attribution;
use jobwright_core::event::{Actor, Event};
use jobwright_core::id::JobId;
use jobwright_email::Transport;
use jobwright_email::double::{Act, Double, Script, Taken};
use jobwright_email::transport::smtp::{Security, Settings, Smtp};
use jobwright_runtime::{Engine, Error, Existing, Publish, Start};
use tokio::runtime::Runtime;

use super::read as parsed;
use crate::support::practice::{Practice, TO_FILES, client, fill, sample_people};

const JOB: JobId = JobId([7; 16]);
const BEGIN: &str = "2026-05-04T08:00:00Z";
/// What a server may take to answer here: short, so that it runs out.
const ANSWER_TIME_MAX: Duration = Duration::from_millis(200);
const ANN: &str = "ann@birchwood.example";
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
templates:
  ask: { subject: 'Hours, please', body: 'Dear {{ recipient.first_name }}, which hours?' }
";

/// A practice in memory that writes to a double.
struct Bureau {
    runtime: Runtime,
    double: Double,
    engine: Arc<Engine>,
}

impl Bureau {
    /// It asks this client, and the server behaves like this.
    fn asking(client: &str, script: Script) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let double = runtime.block_on(Double::start(script)).expect("a free port");
        let practice = Practice::empty(TO_FILES);
        let opened = practice.opened();
        let mut settings = Settings::new("127.0.0.1", double.address.port(), Security::None);
        settings.delivery_time_max = ANSWER_TIME_MAX;
        let letters = Transport::Smtp(Box::new(Smtp::new(settings).expect("settings")));
        let world = assemble::world(&opened.file, opened.zone.clone(), &opened.calendars);
        let types = assemble::task_types(&opened.file, letters).expect("task types");
        let trial = Trial::begin(world, types, BEGIN.parse().expect("a moment")).expect("a store in memory");
        let engine = trial.engine().expect("an engine");
        fill(&engine, &sample_people(&opened.file));
        let path = practice.write("ask.job.yaml", ASK);
        let (_, checked) =
            read::look(&path, Some(&opened), Some(&engine), &Own, &jobwright_definition::surroundings::NoOthers)
                .expect("a file");
        let (plan, text) = (checked.plan.expect("no errors"), checked.canonical);
        engine.publish(&Publish { plan, text, by: Actor::Engine }, Existing::Keep).expect("published");
        let start = Start {
            id: JOB,
            definition: "ask".parse().expect("an id"),
            client: client.parse().expect("an id"),
            period: None,
            inputs: Default::default(),
            by: Actor::Engine,
            parent: None,
        };
        engine.start(start).expect("started");
        Self { runtime, double, engine }
    }

    /// Does what is due now.
    fn work(&self) {
        self.runtime.block_on(self.engine.drive()).expect("the store holds");
    }

    /// Lets the hours pass.
    fn wait(&self, hours: i64) {
        let until = self.engine.now() + Duration::from_secs(3600).mul_f64(hours as f64);
        self.runtime.block_on(self.engine.drive_until(until)).expect("the store holds");
    }

    /// What was told of the letters, one line an event.
    fn check(&self, told: Expect) {
        let looked = self.engine.look(JOB).expect("the job");
        let zone = jiff::tz::TimeZone::UTC;
        let mut story = String::new();
        for recorded in &looked.events {
            let is_of_letters = matches!(
                recorded.event,
                Event::LetterSent { .. }
                    | Event::LetterRefused { .. }
                    | Event::EffectDelayed { .. }
                    | Event::EffectGivenUp { .. }
                    | Event::TaskUncompletable { .. }
                    | Event::TaskMended { .. }
                    | Event::TaskCompleted { .. }
            );
            if is_of_letters {
                let event = shape::event(recorded, &zone);
                let facts = ["address", "reply", "next_at"].map(|fact| event[fact].as_str().unwrap_or_default());
                let facts = [facts.as_slice(), &[event["failure"]["code"].as_str().unwrap_or_default()]].concat();
                let reason = event["reason"]["code"].as_str().unwrap_or_default();
                let line = [&[event["kind"].as_str().unwrap_or_default()], facts.as_slice(), &[reason]].concat();
                let said: Vec<_> = line.into_iter().filter(|word| !word.is_empty()).collect();
                story += &format!("{}  {}\n", recorded.at.strftime("%d %H:%M"), said.join("  "));
            }
        }
        told.assert_eq(&story);
    }

    fn taken(&self) -> Vec<Taken> {
        self.double.taken()
    }

    /// The contacts of a client whose address was refused for good.
    fn bounced(&self, id: &str) -> Vec<String> {
        let contacts = client(&self.engine, id).contacts;
        contacts.into_iter().filter(|one| one.bounced.is_some()).map(|one| one.id.to_string()).collect()
    }
}

#[test]
fn a_greylisted_letter_is_sent_at_the_next_try_and_not_before() {
    let bureau = Bureau::asking("birchwood", Script::new().to(ANN, [Act::RefuseRecipient("451 4.7.1 later")]));
    bureau.work();
    bureau.work();
    assert_eq!((bureau.taken().len(), bureau.double.connections()), (0, 1));
    bureau.wait(1);
    assert_eq!(bureau.taken().len(), 1);
    bureau.check(expect![[r#"
        04 08:00  effect_delayed  2026-05-04T08:01:00+00:00  smtp-451
        04 08:01  letter_sent  250 2.0.0 taken
        04 08:01  task_completed
    "#]]);
}

#[test]
fn a_contact_refused_for_good_is_marked_and_asked_again_once_the_address_is_right() {
    let bureau = Bureau::asking("birchwood", Script::new().to(ANN, [Act::RefuseRecipient("550 5.1.1 no such user")]));
    bureau.wait(24);
    assert_eq!((bureau.taken().len(), bureau.bounced("birchwood")), (0, vec!["ann".to_owned()]));
    let id = "birchwood".parse().expect("an id");
    let corrected = |client: Option<jobwright_core::directory::Client>| {
        let mut client = client.expect("a client");
        client.contacts[1].email = Some("ann.sykes@birchwood.example".to_owned());
        Ok::<_, Error>((client, ()))
    };
    bureau.engine.change_client(&id, &Attribution::engine("test"), corrected).expect("changed");
    bureau.work();
    let taken: Vec<_> = bureau.taken().into_iter().map(|letter| letter.to).collect();
    assert_eq!(taken, ["ann.sykes@birchwood.example"]);
    bureau.check(expect![[r#"
        04 08:00  letter_refused  ann@birchwood.example  550 5.1.1 no such user
        04 08:00  task_uncompletable  email_bounced
        05 08:00  task_mended
        05 08:00  letter_sent  250 2.0.0 taken
        05 08:00  task_completed
    "#]]);
}

#[test]
fn one_refusal_among_three_marks_that_contact_and_the_task_is_done() {
    let script = Script::new().to("phil@northgate.example", [Act::RefuseRecipient("550 5.1.1 no such user")]);
    let bureau = Bureau::asking("northgate", script);
    bureau.work();
    assert_eq!((bureau.taken().len(), bureau.bounced("northgate")), (2, vec!["phil".to_owned()]));
    let looked = bureau.engine.look(JOB).expect("the job");
    assert!(looked.events.iter().any(|one| matches!(one.event, Event::TaskCompleted { .. })));
}

#[test]
fn a_letter_in_doubt_keeps_one_identity_and_at_most_two_copies() {
    for (act, copies) in [(Act::Stall, 1), (Act::Cut, 1), (Act::StoreThenCut, 2)] {
        let bureau = Bureau::asking("birchwood", Script::new().to(ANN, [act]));
        bureau.work();
        assert_eq!(bureau.taken().len(), copies - 1, "{act:?}");
        bureau.wait(1);
        let taken = bureau.taken();
        assert_eq!(taken.len(), copies, "{act:?}");
        assert!(taken.iter().all(|copy| copy.bytes == taken[0].bytes), "{act:?}: byte for byte the same");
        let id = format!("{JOB}-");
        assert!(parsed(&taken[0].bytes).message_id().expect("a Message-ID").starts_with(&id), "{act:?}");
        assert_eq!(bureau.bounced("birchwood"), Vec::<String>::new(), "{act:?}");
        let looked = bureau.engine.look(JOB).expect("the job");
        let sent = looked.events.iter().filter(|one| matches!(one.event, Event::LetterSent { .. })).count();
        assert_eq!(sent, 1, "{act:?}");
        if act == Act::StoreThenCut {
            bureau.check(expect![[r#"
                04 08:00  effect_delayed  2026-05-04T08:01:00+00:00  in-doubt
                04 08:01  letter_sent  250 2.0.0 taken
                04 08:01  task_completed
            "#]]);
        }
    }
}
