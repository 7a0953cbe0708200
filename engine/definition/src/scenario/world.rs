//! The world of a test: what it says of client and staff, and what it leaves unsaid.
//!
//! Owns: the default world (an active client, and one member of staff who is its primary and holds every staff role that
//! the definition names), and looking up tasks and people that steps name.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::{DateTime, Time};
use jobwright_core::date::{day, local_moment};
use jobwright_core::directory::{Client, Staff};
use jobwright_core::id::{ContactId, DefinitionId, Name, StaffId};
use jobwright_core::plan::{Computed, Plan, StartJob, Task, Work};
use jobwright_core::recipient::PersonId;
use jobwright_core::task::TaskKey;
use jobwright_core::value::{Currency, Field, Type, Value};

use super::named::{Named, Offers};
use super::{Who, invented_document};
use crate::diagnostic::{Diagnostics, quoted};
use crate::people::{self, Reading, unknown};
use crate::practice::{CURRENCY, OPENING_HOUR, PracticeFile};
use crate::source::Spanned;
use crate::surroundings::Others;
use crate::syntax::{Fields, Kind, Node, map_of};
use crate::typed;

/// Who works for the client of a test that names nobody.
const INVENTED_STAFF: (&str, &str) = ("pat", "Pat Quill");

/// What is around every test of a file.
pub(super) struct Stage<'a> {
    pub plan: Option<&'a Plan>,
    practice: Option<&'a PracticeFile>,
    named: &'a Named,
    offers: Option<Offers<'a>>,
    currency: Currency,
    others: &'a dyn Others,
}

/// The people of one test.
#[derive(Clone, Debug)]
pub(super) struct People {
    pub client: Client,
    pub staff: Vec<Staff>,
    contacts: BTreeSet<ContactId>,
}

/// The definitions that a plan's tasks start by name.
pub(super) fn started_by(plan: &Plan) -> impl Iterator<Item = DefinitionId> {
    plan.tasks.iter().filter_map(|task| match &task.work {
        Work::StartJob(StartJob { job: Computed::Literal(Value::Text(id)), .. }) => id.parse().ok(),
        _ => None,
    })
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        plan: Option<&'a Plan>,
        practice: Option<&'a PracticeFile>,
        named: &'a Named,
        others: &'a dyn Others,
    ) -> Self {
        let own = practice.map(|practice| practice.practice.currency);
        // The constant is three capital letters.
        let currency = own.or(Currency::new(CURRENCY)).expect("the default currency is one");
        Self { plan, practice, named, offers: plan.map(Offers::of), currency, others }
    }

    /// By what people of a test are read. Services and offices are not looked up: a test may be of another practice.
    pub(super) fn reading(&self) -> Reading<'_> {
        Reading {
            declared: self.practice.map(|practice| &practice.declared),
            roles: self.plan.map(|_| self.named.contact_roles.clone()),
            invented: true,
            ..Reading::loose(self.currency)
        }
    }

    /// The plan of the job that a task starts, where it is known.
    pub(super) fn started_by(&self, key: &TaskKey) -> Option<Arc<Plan>> {
        let Work::StartJob(start) = &self.planned(key)?.work else { return None };
        let Computed::Literal(Value::Text(id)) = &start.job else { return None };
        self.others.plan(&id.parse().ok()?)
    }

    /// The same practice around another plan.
    pub(super) fn of(&self, plan: Option<&'a Plan>) -> Stage<'a> {
        Stage::new(plan, self.practice, self.named, self.others)
    }

    /// What the plan uses of plugins.
    pub(super) fn offers(&self) -> Option<&Offers<'a>> {
        self.offers.as_ref()
    }

    /// The currency of money written without one.
    pub(super) fn currency(&self) -> Currency {
        self.currency
    }

    /// A moment on the job's clocks; a day alone means its opening hour.
    pub(super) fn moment(&self, node: &Node, diagnostics: &mut Diagnostics) -> Option<Spanned<DateTime>> {
        let text = node.word(diagnostics)?;
        let opening: Time = self.practice.map_or(OPENING_HOUR, |practice| practice.opening);
        let day = day(&text).map(|day| day.to_datetime(opening));
        let moment = day.or_else(|| local_moment(&text));
        let bad = || node.bad(format!("{} is no moment like `2026-05-04T09:00`", quoted(&text)), diagnostics);
        moment.or_else(bad).map(|moment| Spanned::new(moment, node.span))
    }

    /// A task or one instance of it.
    pub(super) fn task(&self, node: &Node, diagnostics: &mut Diagnostics) -> Option<TaskKey> {
        let text = node.text(diagnostics)?;
        self.task_named(&Spanned::new(text.into_string(), node.span), diagnostics)
    }

    /// A task by a key of a mapping.
    pub(super) fn task_named(&self, text: &Spanned<String>, diagnostics: &mut Diagnostics) -> Option<TaskKey> {
        let key: Option<TaskKey> = text.value.parse().ok();
        match (key, self.plan) {
            (Some(key), None) => Some(key),
            (Some(key), Some(plan)) if plan.task(&key.task).is_some() => Some(key),
            (_, plan) => {
                let tasks = plan.map(|plan| plan.tasks.as_slice()).unwrap_or_default();
                let possible = tasks.iter().map(|task| task.id.as_str());
                unknown("task", &text.value, text.span, possible, diagnostics);
                None
            }
        }
    }

    /// The task of the plan that a key means.
    pub(super) fn planned(&self, key: &TaskKey) -> Option<&'a Task> {
        self.plan?.task(&key.task)
    }

    /// Outputs by name, typed as the task declares them.
    pub(super) fn outputs(
        &self,
        key: &TaskKey,
        node: &Node,
        diagnostics: &mut Diagnostics,
    ) -> Option<Vec<(Name, Value)>> {
        self.outputs_of(self.planned(key), node, diagnostics)
    }

    /// The same, of a task that is found already.
    pub(super) fn outputs_of(
        &self,
        task: Option<&Task>,
        node: &Node,
        diagnostics: &mut Diagnostics,
    ) -> Option<Vec<(Name, Value)>> {
        let declared = task.map(|task| task.outputs.iter().collect());
        self.values(node, "output", declared, diagnostics)
    }

    /// Inputs by name, typed as the definition declares them.
    pub(super) fn inputs(&self, node: &Node, diagnostics: &mut Diagnostics) -> Option<Vec<(Name, Value)>> {
        let declared = self.plan.map(|plan| plan.inputs.iter().map(|input| (&input.name, &input.field)).collect());
        self.values(node, "input", declared, diagnostics)
    }

    /// A value of a declared type, or what it looks like. A document is named by the file it would be.
    pub(super) fn value(&self, node: &Node, field: Option<&Field>, diagnostics: &mut Diagnostics) -> Option<Value> {
        match field {
            None => Some(people::looks_like(node, self.currency)),
            Some(Field { of: Type::Document, .. }) => {
                Some(Value::Document(invented_document(&node.text(diagnostics)?)))
            }
            Some(Field { of: Type::Map | Type::Record(_) | Type::Any, .. }) => {
                Some(people::looks_like(node, self.currency))
            }
            Some(field) => typed::value(node, field, self.currency, diagnostics),
        }
    }

    /// Without a declaration every name is taken, and a value is what it looks like.
    fn values(
        &self,
        node: &Node,
        what: &str,
        declared: Option<Vec<(&Name, &Field)>>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Vec<(Name, Value)>> {
        let entries = map_of(|node, _| Some(node.clone()))(node, diagnostics)?;
        let mut values = Vec::new();
        for (key, node) in entries {
            let found = declared.iter().flatten().find(|(name, _)| name.as_str() == key.value);
            if let (Some(all), None) = (&declared, found) {
                unknown(what, &key.value, key.span, all.iter().map(|(name, _)| name.as_str()), diagnostics);
                continue;
            }
            let value = self.value(&node, found.map(|(_, field)| *field), diagnostics);
            values.extend(Name::new(&key.value).ok().zip(value));
        }
        Some(values)
    }
}

/// Reads `client` and `staff` of a test.
pub(super) fn people(fields: &mut Fields<'_, '_>, stage: &Stage<'_>) -> Option<People> {
    let reading = stage.reading();
    let mut primary = None;
    let staff = fields.node("staff").map(|_| {
        fields.list("staff", |node, diagnostics| {
            let staff = people::staff_member(node, &reading, diagnostics)?;
            if node.get("primary").is_some_and(is_true) {
                primary = Some(staff.id.clone());
            }
            Some(staff)
        })
    });
    let invented = staff.is_none();
    let staff = staff.map_or_else(|| invented_staff(stage), Some)?;
    let known = staff.iter().map(|staff| (staff.id.clone(), staff.active)).collect();
    let reading = Reading { staff: Some(known), ..reading };
    let mut client = match fields.node("client") {
        Some(node) => people::client(node, &reading, fields.diagnostics())?,
        None => people::property::new_client(people::invented_client()?),
    };
    if fields.node("client").is_none_or(|node| node.get("name").is_none()) {
        client.name = "Acme Ltd".to_owned();
    }
    if client.staff.primary.is_none() {
        client.staff.primary = if invented { staff.first().map(|staff| staff.id.clone()) } else { primary };
    }
    let contacts = client.contacts.iter().map(|contact| contact.id.clone()).collect();
    Some(People { client, staff, contacts })
}

fn invented_staff(stage: &Stage<'_>) -> Option<Vec<Staff>> {
    let mut pat = people::property::new_staff(StaffId::new(INVENTED_STAFF.0).ok()?);
    INVENTED_STAFF.1.clone_into(&mut pat.name);
    pat.email = Some(format!("{}@practice.example", INVENTED_STAFF.0));
    pat.roles = stage.named.staff_roles.clone();
    Some(vec![pat])
}

fn is_true(node: &Node) -> bool {
    matches!(&node.kind, Kind::Scalar(text) if *text == "true")
}

impl People {
    /// With the contacts that steps add, so that steps may name them.
    pub(super) fn with_those_added(&self, steps: Option<&Node>) -> Self {
        let mut all = self.clone();
        let steps = steps.map(|steps| &steps.kind);
        let Some(Kind::List(steps)) = steps else { return all };
        let ids = steps.iter().filter_map(|step| match &step.get("add_contact")?.get("id")?.kind {
            Kind::Scalar(text) => ContactId::new(text.as_str()).ok(),
            _ => None,
        });
        all.contacts.extend(ids);
        all
    }

    pub(super) fn contact(&self, node: &Node, diagnostics: &mut Diagnostics) -> Option<ContactId> {
        let text = node.text(diagnostics)?;
        let found = self.contacts.iter().find(|id| id.as_str() == text.as_str());
        if found.is_none() {
            unknown("contact", &text, node.span, self.contacts.iter().map(ContactId::as_str), diagnostics);
        }
        found.cloned()
    }

    pub(super) fn staff(&self, node: &Node, diagnostics: &mut Diagnostics) -> Option<StaffId> {
        let text = node.text(diagnostics)?;
        let found = self.staff.iter().find(|staff| staff.id.as_str() == text.as_str());
        if found.is_none() {
            let possible = self.staff.iter().map(|staff| staff.id.as_str());
            unknown("member of staff", &text, node.span, possible, diagnostics);
        }
        found.map(|staff| staff.id.clone())
    }

    /// Who acts: `pat` of the staff, or `contact:ann`.
    pub(super) fn actor(&self, node: &Node, diagnostics: &mut Diagnostics) -> Option<PersonId> {
        let text = node.text(diagnostics)?;
        let contact = text.strip_prefix("contact:");
        let found = match contact {
            Some(id) => self.contacts.iter().find(|known| known.as_str() == id).cloned().map(PersonId::Contact),
            None => {
                let staff = self.staff.iter().find(|staff| staff.id.as_str() == text.as_str());
                staff.map(|staff| PersonId::Staff(staff.id.clone()))
            }
        };
        if found.is_none() {
            let contacts = self.contacts.iter().map(|id| format!("contact:{id}"));
            let all: Vec<_> = self.staff.iter().map(|staff| staff.id.to_string()).chain(contacts).collect();
            unknown("person", &text, node.span, all.iter().map(String::as_str), diagnostics);
        }
        found
    }

    /// Who is expected: `ann` of the contacts, `staff.pat`, or `staff.primary`.
    pub(super) fn who(&self, node: &Node, diagnostics: &mut Diagnostics) -> Option<Who> {
        let text = node.text(diagnostics)?;
        let found = match text.strip_prefix("staff.") {
            Some("primary") => Some(Who::PrimaryStaff),
            Some(id) => {
                let staff = self.staff.iter().find(|staff| staff.id.as_str() == id);
                staff.map(|staff| Who::Staff(staff.id.clone()))
            }
            None => self.contacts.iter().find(|id| id.as_str() == text.as_str()).cloned().map(Who::Contact),
        };
        if found.is_none() {
            let staff = self.staff.iter().map(|staff| format!("staff.{}", staff.id));
            let all: Vec<_> = self.contacts.iter().map(ToString::to_string).chain(staff).collect();
            unknown("person", &text, node.span, all.iter().map(String::as_str), diagnostics);
        }
        found
    }
}
