//! Tests of a definition, as people write them: a client, a start, and steps.
//!
//! Owns: reading `tests:` and `<id>.test.yaml` into plain values with their places, and filling up the world that a test
//! leaves unsaid. Everything named is looked up here, so that whoever runs a scenario meets no unknown name. Leaves
//! running it to `cli`.

mod act;
mod change;
mod expect;
mod named;
mod plugin;
mod step;
mod world;

use jiff::civil::DateTime;
use jobwright_core::command::Act;
use jobwright_core::date::{Rule, Unit};
use jobwright_core::directory::{Client, Contact, Staff};
use jobwright_core::id::{ContactId, DefinitionId, Name, StaffId};
use jobwright_core::plan::Plan;
use jobwright_core::recipient::PersonId;
use jobwright_core::task::TaskKey;
use jobwright_core::value::{Document, Value};
use sha2::{Digest, Sha256};

pub use change::{Change, Changed};
pub use expect::{
    Dated, ExpectedDate, ExpectedJob, ExpectedLetters, ExpectedOpen, ExpectedProof, ExpectedTask, LetterKind, REASONS,
};
pub use plugin::{Replied, Reply, Says, Stub};
pub use step::WORDS;

use crate::diagnostic::Diagnostics;
use crate::practice::PracticeFile;
use crate::source::{Span, Spanned};
use crate::surroundings::{NoOthers, Others};
use crate::syntax::{Fields, Kind, Node, choice, list_of, parsed};

/// Most tests of one file.
pub const SCENARIOS_MAX: usize = 500;

/// Most steps of one test.
pub const STEPS_MAX: usize = 1_000;

/// One test of a definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What it shows.
    pub name: Spanned<String>,
    /// The client, filled up where the test says nothing.
    pub client: Client,
    /// The practice's people.
    pub staff: Vec<Staff>,
    /// Who does work that no selector assigns: the client's primary staff.
    pub default_assignee: Option<StaffId>,
    /// Inputs given by hand; the others are taken as the definition says.
    pub inputs: Vec<(Name, Value)>,
    /// The period's key; when absent, the one that is open at the start.
    pub period: Option<Spanned<String>>,
    /// What plugins say, in the place of their components.
    pub plugins: Vec<Stub>,
    /// When the job starts, on the clocks of the job's zone.
    pub start: Spanned<DateTime>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One step of a test and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Where to point when it fails.
    pub span: Span,
    /// What it does or expects.
    pub what: What,
}

/// What a step does or expects.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Time passes.
    Advance {
        /// How many.
        count: u32,
        /// Of what: minutes to months, or working days.
        unit: Unit,
    },
    /// Time passes until a moment; the rule may hang on the job's dates.
    AdvanceTo(Rule),
    /// A person does something to a task.
    Act(Acted),
    /// A person ends the job.
    Cancel {
        /// Who; the operator when absent.
        by: Option<PersonId>,
        /// Why.
        note: Option<String>,
    },
    /// Staff take a cancellation back.
    Uncancel {
        /// Who; the operator when absent.
        by: Option<PersonId>,
        /// Why.
        note: String,
        /// The engine must refuse it.
        refused: bool,
    },
    /// Somebody changes what is known of people.
    Change(Change),
    /// A contact is added at the end of the client's list.
    AddContact(Contact),
    /// A letter that was taken comes back: the contact's address is refused for good.
    Bounce(Refused),
    /// From now on the mail server refuses the contact's address for good.
    Refuse(Refused),
    /// Another version of the definition is published.
    Publish {
        /// The file, beside the one that is tested.
        file: Spanned<String>,
        /// What becomes of the running job; the new version says it when absent.
        existing: Option<Existing>,
    },
    /// A plugin answers one task: a call that waits, or else the next one.
    Reply(Replied),
    /// What happens in the job that a task started.
    InJob {
        /// The task that started it.
        task: TaskKey,
        /// The steps, in order.
        steps: Vec<Step>,
    },
    /// The process dies and recovers from its journal.
    Restart,
    /// Tasks stand so.
    Expect(Vec<ExpectedTask>),
    /// Letters were written.
    ExpectLetters(ExpectedLetters),
    /// Dates were worked out.
    ExpectDates(Vec<ExpectedDate>),
    /// These parts of a task are asked for now, and no others.
    ExpectOpen(ExpectedOpen),
    /// The job stands so.
    ExpectJob(ExpectedJob),
    /// The proof of an answer says so.
    ExpectProof(ExpectedProof),
}

/// What a person does to a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// Which task, or instance; a parent stands for all its open instances.
    pub task: TaskKey,
    /// What.
    pub act: Act,
    /// Who; whoever was asked when absent.
    pub by: Option<PersonId>,
    /// For which contact staff enter it.
    pub for_whom: Option<ContactId>,
    /// In their words.
    pub note: Option<String>,
    /// The engine must refuse it.
    pub refused: bool,
}

/// An address that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Whose.
    pub contact: ContactId,
    /// The server's words.
    pub reply: String,
}

/// What becomes of running jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They keep their version.
    Keep,
    /// They move.
    Update,
}

/// Somebody who is expected in an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A contact of the client.
    Contact(ContactId),
    /// A member of staff.
    Staff(StaffId),
    /// Whoever is the client's primary staff then.
    PrimaryStaff,
}

/// Reads the `tests:` of a definition. Scenarios with an error in them are told and left out. Without a plan, names of
/// tasks are taken as written; without a practice, fields are read as they look.
pub fn scenarios(
    tests: &Node,
    plan: Option<&Plan>,
    practice: Option<&PracticeFile>,
    diagnostics: &mut Diagnostics,
) -> Vec<Scenario> {
    scenarios_among(tests, plan, &NoOthers, practice, diagnostics)
}

/// The same among other definitions, whose jobs the tested one may start.
pub fn scenarios_among(
    tests: &Node,
    plan: Option<&Plan>,
    others: &dyn Others,
    practice: Option<&PracticeFile>,
    diagnostics: &mut Diagnostics,
) -> Vec<Scenario> {
    let mut named = named::Named::of(plan);
    for other in plan.into_iter().flat_map(world::started_by).filter_map(|id| others.plan(&id)) {
        let also = named::Named::of(Some(&other));
        named.contact_roles.extend(also.contact_roles);
        named.staff_roles.extend(also.staff_roles);
    }
    let stage = world::Stage::new(plan, practice, &named, others);
    let scenarios = list_of(|node, diagnostics| scenario(node, &stage, diagnostics))(tests, diagnostics);
    let written = if let Kind::List(written) = &tests.kind { written.len() } else { 0 };
    if written > SCENARIOS_MAX {
        tests.bad::<()>(format!("a file has at most {SCENARIOS_MAX} tests"), diagnostics);
    }
    scenarios.unwrap_or_default()
}

/// A file of tests beside its definition.
#[derive(Clone, Debug, PartialEq)]
pub struct TestFile<'n> {
    /// The definition it tests.
    pub definition: DefinitionId,
    /// Its tests, for [`scenarios`].
    pub tests: &'n Node,
}

/// Reads the head of a `<id>.test.yaml`.
pub fn test_file<'n>(node: &'n Node, diagnostics: &mut Diagnostics) -> Option<TestFile<'n>> {
    let mut fields = Fields::of(node, "a file of tests", diagnostics)?;
    fields.required("format", choice(&[("1", ())]));
    let definition = fields.required("definition", parsed::<DefinitionId>);
    fields.required("tests", |_, _| Some(()));
    fields.finish();
    Some(TestFile { definition: definition?, tests: node.get("tests")? })
}

/// A file that exists only in a test: its content is its name.
pub fn invented_document(name: &str) -> Document {
    let hash = jobwright_core::id::Hash(Sha256::digest(name.as_bytes()).into());
    Document { hash, name: name.to_owned(), size: name.len() as u64 }
}

fn scenario(node: &Node, stage: &world::Stage<'_>, diagnostics: &mut Diagnostics) -> Option<Scenario> {
    let before = diagnostics.errors();
    let mut fields = Fields::of(node, "a test", diagnostics)?;
    let name = fields.required("name", crate::syntax::spanned(Node::text));
    let name = name.map(|name| name.map(|name| name.into_string()));
    let people = world::people(&mut fields, stage);
    let inputs = fields.optional("inputs", |node, diagnostics| stage.inputs(node, diagnostics)).unwrap_or_default();
    let period = fields.optional("period", crate::syntax::spanned(Node::text));
    let start = fields.required("start", |node, diagnostics| stage.moment(node, diagnostics));
    let plugins = match (&people, fields.place("plugins")) {
        (Some(people), Some(_)) => fields.optional("plugins", |node, d| plugin::stubs(node, stage, people, d)),
        _ => None,
    };
    let steps = match (&people, fields.place("steps")) {
        (Some(people), Some(_)) => {
            let people = people.with_those_added(fields.node("steps"));
            fields.required("steps", |node, diagnostics| step::steps(node, stage, &people, diagnostics))
        }
        // Without its people nothing in the steps can be looked up.
        (None, Some(_)) => None,
        (_, None) => fields.required("steps", |_, _| None),
    };
    fields.finish();
    let people = people?;
    let scenario = Scenario {
        name: name?,
        default_assignee: people.client.staff.primary.clone(),
        client: people.client,
        staff: people.staff,
        inputs,
        plugins: plugins.unwrap_or_default(),
        period: period.map(|period| period.map(|period| period.into_string())),
        start: start?,
        steps: steps?,
    };
    (diagnostics.errors() == before).then_some(scenario)
}

#[cfg(test)]
mod tests;
