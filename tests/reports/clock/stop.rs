//! r24, r122: another `work`, and a stop in the middle.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use jobwright_core::command::Outcome;
use jobwright_core::effect::{Effect, Failure};
use jobwright_core::id::EffectId;
use jobwright_plugin::{Acts, Frozen, Report};
use jobwright_runtime::{Engine, Existing};

use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};
use crate::support::running::Running;

const PEOPLE: &str = "
staff: [{ id: pat, name: Pat Quill, email: pat@larkfield.example }]
clients:
  - { id: acme, name: Acme, contacts: [{ id: ann, name: Ann Bell, email: ann@acme.example }] }
";

const SETTINGS: &str = "
format: 1
name: Larkfield & Rowe
operator: pat
assignment: { default: pat }
mail: { from: office@larkfield.example }
";

const LETTER: &str = "
format: 1
id: letter
name: A letter
tasks: [{ id: now, name: Now, type: email, template: t }]
templates: { t: { subject: Hello, body: Hello } }
";

const LATER: &str = r#"
format: 1
id: later
name: Later
tasks: [{ id: later, name: Later, type: manual, start: "job.opened, +1 day", assign: { staff: default } }]
"#;

/// Post that lets a day pass and says stop while its letter is on its way.
#[derive(Default)]
struct Stops(Mutex<Option<Arc<Engine>>>);

impl Acts for Stops {
    fn freeze(&self, _: EffectId, _: &Effect, _: Timestamp) -> Result<Frozen, Failure> {
        Ok(Frozen { to: "ann@acme.example".into(), bytes: b"Hello".to_vec() })
    }

    fn act<'a>(&'a self, _: EffectId, _: &'a Frozen) -> Pin<Box<dyn Future<Output = Report> + Send + 'a>> {
        if let Some(engine) = self.0.lock().unwrap().take() {
            engine.clock().advance_to(engine.now() + SignedDuration::from_hours(30));
            engine.stop();
        }
        Box::pin(std::future::ready(Report::Known(Outcome::Sent { reply: "250 ok".into() })))
    }

    fn at_once_max(&self) -> usize {
        1
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

#[test]
fn r122_told_to_stop_the_engine_hears_what_is_under_way_and_begins_no_further_round() {
    let post = Arc::new(Stops::default());
    let given = post.clone();
    let office = Office::built(SETTINGS, PEOPLE, |trial| trial.types.letters = given);
    office.publish(LETTER, Existing::Keep);
    office.publish(LATER, Existing::Keep);
    let (job, later) = (office.start("letter", "acme"), office.start("later", "acme"));
    *post.0.lock().unwrap() = Some(office.shared());
    office.driven().expect("driven");
    assert_eq!(office.sent(job), ["now → ann@acme.example"], "what was under way is recorded");
    assert_eq!(office.task(later, "later"), "waiting", "what fell due meanwhile is left for the next start");
}

#[test]
fn r24_work_beside_an_engine_that_stays_goes_through_it_and_a_second_one_that_would_stay_is_refused() {
    let practice = Practice::open_for_business(TO_FILES);
    let running = Running::start(&practice, &[]);
    practice.json(&["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-05"]);
    let said = practice.json(&["work"]);
    assert_eq!(said["letters"]["wanted"], 0, "what was due has been done: {said}");
    assert!(practice.folder().join("letters").read_dir().expect("letters").next().is_some());
    assert_eq!(practice.run(["work", "--until", "2026-01-01T00:00"]).code, Some(0));
    practice.run(["work", "--follow"]).refuses(4, &["is in use by process"]);
    assert_eq!(running.stop().code, Some(0));
}
