//! A small practice for the tests of selectors, and a resolution as text.

use super::*;
use crate::directory::{
    Bounce, Client, ClientKind, ClientStaff, ClientStatus, Contact, Directory, Interaction, Portal, Practice, Staff,
};
use crate::id::ClientId;
use crate::value::Currency;
use alloc::{collections::BTreeSet, string::ToString, vec};
use core::fmt::Write;
use expect_test::Expect;
use jiff::civil::{Date, date};

pub(crate) const TODAY: Date = date(2026, 5, 4);

/// One client, the whole staff, and what expressions answer.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub practice: Practice,
    pub client: Client,
    pub staff: Vec<Staff>,
    pub said: Vec<(String, Said)>,
    pub did: Vec<(Name, PersonId)>,
}

/// What an expression answers, by its place in `World::said`.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Contact(Option<String>),
    Keep(Vec<String>),
    Ids(Vec<Named>),
    Fails(String),
}

impl Default for World {
    fn default() -> Self {
        let practice = Practice {
            name: "Abacus".into(),
            operator: None,
            default_assignee: None,
            currency: Currency::new("GBP").unwrap(),
            portal_required: false,
            services: BTreeMap::new(),
            offices: vec![],
        };
        let client = Client {
            id: ClientId::new("4711").unwrap(),
            name: "Acme".into(),
            kind: ClientKind::Company,
            status: ClientStatus::Active,
            services: vec![],
            office: None,
            fields: Value::map::<String>([]),
            staff: ClientStaff::default(),
            contacts: vec![],
            source: None,
        };
        Self { practice, client, staff: vec![], said: vec![], did: vec![] }
    }
}

impl World {
    /// Contacts `ann`, `bob` … each with an address of their own.
    pub fn of(contacts: &[&str]) -> Self {
        let mut world = Self::default();
        world.client.contacts = contacts.iter().map(|id| person(id)).collect();
        world
    }

    pub fn with_staff(mut self, staff: &[&str]) -> Self {
        self.staff = staff.iter().map(|id| member(id)).collect();
        self
    }

    pub fn contact(mut self, id: &str, change: impl FnOnce(&mut Contact)) -> Self {
        change(self.client.contacts.iter_mut().find(|contact| contact.id.as_str() == id).unwrap());
        self
    }

    pub fn member(mut self, id: &str, change: impl FnOnce(&mut Staff)) -> Self {
        change(self.staff.iter_mut().find(|staff| staff.id.as_str() == id).unwrap());
        self
    }

    pub fn client(mut self, change: impl FnOnce(&mut Client)) -> Self {
        change(&mut self.client);
        self
    }

    pub fn tick(self, id: &str, roles: &[&str]) -> Self {
        self.contact(id, |contact| contact.roles = roles.iter().map(|name| role_id(name)).collect())
    }

    pub fn hold(self, id: &str, roles: &[&str]) -> Self {
        self.member(id, |staff| staff.roles = roles.iter().map(|name| role_id(name)).collect())
    }

    pub fn says(mut self, text: &str, said: Said) -> Self {
        self.said.push((text.into(), said));
        self
    }

    pub fn did(mut self, task: &str, person: PersonId) -> Self {
        self.did.push((Name::new(task).unwrap(), person));
        self
    }

    pub fn directory(&self) -> Directory<'_> {
        Directory { practice: &self.practice, client: &self.client, staff: &self.staff }
    }

    pub fn resolve(&self, selector: &Selector, channel: Channel) -> Resolution {
        let excluded = |task: &Name, person: &PersonId| self.did.contains(&(task.clone(), person.clone()));
        resolve(selector, channel, &self.directory(), &excluded, self, TODAY)
    }

    /// The ids of those chosen, then the reason's code when there is one.
    pub fn outcome(&self, selector: &Selector, channel: Channel) -> String {
        let resolution = self.resolve(selector, channel);
        match &resolution.reason {
            Some(reason) => format!("{} {reason}", resolution.found.word()),
            None if resolution.chosen.is_empty() => resolution.found.word().into(),
            None => resolution.chosen.iter().map(|person| person.id.as_str()).collect::<Vec<_>>().join(" "),
        }
    }

    /// Compares the whole proof.
    pub fn check(&self, selector: &Selector, channel: Channel, expected: Expect) {
        let resolution = self.resolve(selector, channel);
        let mut text = format!("{}\n", self.outcome(selector, channel));
        write_branch(&mut text, &resolution.tree, 0);
        expected.assert_eq(&text);
    }
}

fn write_branch(text: &mut String, branch: &Branch, depth: usize) {
    let indent = "  ".repeat(depth);
    writeln!(text, "{indent}{} → {}", branch.rule, branch.found.word()).unwrap();
    for candidate in &branch.candidates {
        let mark = if candidate.kept { '✓' } else { '✗' };
        writeln!(text, "{indent}  {mark} {}: {}", candidate.person.id.as_str(), candidate.because).unwrap();
    }
    branch.children.iter().for_each(|child| write_branch(text, child, depth + 1));
}

impl Evaluate for World {
    fn text(&self, expression: ExpressionId) -> &str {
        self.said.get(expression.0 as usize).map_or("?", |(text, _)| text)
    }
    fn contact(&self, expression: ExpressionId) -> Result<Option<String>, String> {
        match self.said.get(expression.0 as usize) {
            Some((_, Said::Contact(id))) => Ok(id.clone()),
            said => Err(fault(said)),
        }
    }
    fn keep(&self, expression: ExpressionId, who: Who<'_>) -> Result<bool, String> {
        match self.said.get(expression.0 as usize) {
            Some((_, Said::Keep(kept))) => Ok(kept.iter().any(|id| id == who.id_text())),
            said => Err(fault(said)),
        }
    }
    fn ids(&self, expression: ExpressionId) -> Result<Vec<Named>, String> {
        match self.said.get(expression.0 as usize) {
            Some((_, Said::Ids(ids))) => Ok(ids.clone()),
            said => Err(fault(said)),
        }
    }
    fn plugin(&self, name: &str, _: &BTreeMap<String, Value>) -> Result<Vec<Named>, String> {
        match self.said.iter().find(|(text, _)| text == name) {
            Some((_, Said::Ids(ids))) => Ok(ids.clone()),
            said => Err(fault(said)),
        }
    }
}

fn fault(said: Option<&(String, Said)>) -> String {
    match said {
        Some((_, Said::Fails(why))) => why.clone(),
        _ => "is of another kind".into(),
    }
}

pub(crate) fn person(id: &str) -> Contact {
    Contact {
        id: ContactId::new(id).unwrap(),
        name: id.to_string(),
        email: Some(format!("{id}@acme.example")),
        roles: BTreeSet::new(),
        department: None,
        position: None,
        offices: vec![],
        phone: None,
        portal: Portal::None,
        active: true,
        crm_opt_out: false,
        can_sign: false,
        bounced: None,
        last_login: None,
        source: None,
        greeting: None,
    }
}

pub(crate) fn member(id: &str) -> Staff {
    let email = Some(format!("{id}@abacus.example"));
    Staff { id: staff_id(id), name: id.into(), email, roles: BTreeSet::new(), active: true, away: vec![] }
}

pub(crate) fn dealing(staff: &str, at: &str, what: &str) -> Interaction {
    Interaction { staff: staff_id(staff), at: at.parse().unwrap(), what: what.into() }
}

pub(crate) fn bounce(contact: &mut Contact) {
    let address = contact.email.clone().unwrap_or_default();
    contact.bounced = Some(Bounce { address, reply: "550 no such user".into() });
}

pub(crate) fn role_id(name: &str) -> RoleId {
    RoleId::new(name).unwrap()
}

pub(crate) fn staff_id(id: &str) -> StaffId {
    StaffId::new(id).unwrap()
}

pub(crate) fn named(id: &str, because: Option<&str>) -> Named {
    Named { id: id.into(), because: because.map(Into::into) }
}

pub(crate) fn primary() -> Selector {
    Selector::of(Form::PrimaryContact)
}

pub(crate) fn role(name: &str) -> Selector {
    Selector::of(Form::Role(role_id(name)))
}

pub(crate) fn staff(form: StaffForm) -> Selector {
    Selector::of(Form::Staff(form))
}

pub(crate) fn staff_role(name: &str) -> Selector {
    staff(StaffForm::Role(role_id(name)))
}

pub(crate) fn first_of(branches: impl Into<Vec<Selector>>) -> Selector {
    Selector::of(Form::FirstOf(branches.into()))
}

impl Selector {
    pub(crate) fn only(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }
    pub(crate) fn take(mut self, pick: Pick) -> Self {
        self.pick = Some(pick);
        self
    }
    pub(crate) fn by(mut self, field: Option<&str>, descending: bool) -> Self {
        self.order_by.push(Order { by: field.map(Into::into), descending });
        self
    }
    pub(crate) fn not_by(mut self, task: &str) -> Self {
        self.not_same_as = Some(Name::new(task).unwrap());
        self
    }
}
