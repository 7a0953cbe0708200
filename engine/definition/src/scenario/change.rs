//! Changes of people in the middle of a test.
//!
//! Owns: reading `change`, and applying it to a client and staff as any other change of the directory.

use jobwright_core::directory::{Client, ClientStaff, Staff};
use jobwright_core::id::{ContactId, RoleId, StaffId};
use jobwright_core::value::Value;

use super::world::{People, Stage};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::people::{self, property, unknown};
use crate::syntax::{Fields, Kind, Node, parsed};
use crate::typed;

/// A change of what is known of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of whom.
    pub of: Changed,
    /// Keys and their new values.
    pub set: Vec<(String, Value)>,
    /// Who works for the client from now on.
    pub staff: Option<ClientStaff>,
    /// Roles ticked.
    pub tick: Vec<RoleId>,
    /// Roles unticked.
    pub untick: Vec<RoleId>,
    /// The contact becomes the primary contact.
    pub primary: bool,
}

/// Who is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The job's client.
    Client,
    /// One of its contacts.
    Contact(ContactId),
    /// A member of staff.
    Staff(StaffId),
}

impl Change {
    /// Makes the change.
    ///
    /// # Errors
    /// When the person is not there, or a key does not take the value; in the practice's words.
    pub fn apply(&self, client: &mut Client, staff: &mut [Staff]) -> Result<(), String> {
        match &self.of {
            Changed::Client => {
                for (key, value) in &self.set {
                    property::set_client(client, key, value.clone())?;
                }
                if let Some(staff) = &self.staff {
                    client.staff.clone_from(staff);
                }
            }
            Changed::Contact(id) => {
                let contact = client.contact_mut(id).map_err(|refused| refused.to_string())?;
                for (key, value) in &self.set {
                    property::set_contact(contact, key, value.clone())?;
                }
                contact.roles.extend(self.tick.iter().cloned());
                contact.roles.retain(|role| !self.untick.contains(role));
                if self.primary {
                    client.move_contact(id, 0).map_err(|refused| refused.to_string())?;
                }
            }
            Changed::Staff(id) => {
                let found = staff.iter_mut().find(|staff| staff.id == *id);
                let staff = found.ok_or_else(|| format!("there is no member of staff `{id}`"))?;
                for (key, value) in &self.set {
                    property::set_staff(staff, key, value.clone())?;
                }
                staff.roles.extend(self.tick.iter().cloned());
                staff.roles.retain(|role| !self.untick.contains(role));
            }
        }
        Ok(())
    }
}

/// `{ contact: ann, set: { … }, tick: [payroll] }`.
pub(super) fn change(node: &Node, stage: &Stage<'_>, people: &People, diagnostics: &mut Diagnostics) -> Option<Change> {
    let mut fields = Fields::of(node, "a change", diagnostics)?;
    let contact = fields.optional("contact", |node, d| people.contact(node, d)).map(Changed::Contact);
    let staff = fields.optional("staff", |node, d| people.staff(node, d)).map(Changed::Staff);
    let client = fields.optional("client", |node, d| own_client(node, people, d));
    if ["contact", "staff", "client"].iter().filter(|key| fields.place(key).is_some()).count() != 1 {
        let head = fields.head();
        let diagnostic = Diagnostic::error(code::MISSING_KEY, "a change is of one `contact`, `staff` or `client`");
        fields.diagnostics().push(diagnostic.at(head, ""));
    }
    let of = contact.or(staff).or(client);
    let set = match (&of, fields.node("set")) {
        (Some(Changed::Client), Some(node)) => client_values(node, stage, people, fields.diagnostics()),
        (Some(Changed::Contact(id)), Some(node)) => contact_values(id, node, stage, fields.diagnostics()),
        (Some(Changed::Staff(id)), Some(node)) => staff_values(id, node, stage, fields.diagnostics()),
        _ => Some((Vec::new(), None)),
    };
    let tick = fields.list("tick", |node, d| role(of.as_ref(), node, stage, d));
    let untick = fields.list("untick", |node, d| role(of.as_ref(), node, stage, d));
    let primary = fields.or("primary", Node::boolean, false);
    fields.finish();
    let (set, staff) = set?;
    Some(Change { of: of?, set, staff, tick, untick, primary })
}

/// Contact roles are those that the definition names; staff may hold any.
fn role(of: Option<&Changed>, node: &Node, stage: &Stage<'_>, diagnostics: &mut Diagnostics) -> Option<RoleId> {
    let role = parsed::<RoleId>(node, diagnostics)?;
    let known = stage.reading().roles.filter(|_| matches!(of, Some(Changed::Contact(_))));
    if let Some(known) = known.filter(|known| !known.contains(&role)) {
        unknown("contact role", role.as_str(), node.span, known.iter().map(RoleId::as_str), diagnostics);
        return None;
    }
    Some(role)
}

type Set = (Vec<(String, Value)>, Option<ClientStaff>);

fn own_client(node: &Node, people: &People, diagnostics: &mut Diagnostics) -> Option<Changed> {
    let id = node.text(diagnostics)?;
    if id == people.client.id.as_str() {
        return Some(Changed::Client);
    }
    unknown("client", &id, node.span, std::iter::once(people.client.id.as_str()), diagnostics);
    None
}

/// Declared fields may be written nested or by their path, as in `vat.scheme: cash`.
fn client_values(node: &Node, stage: &Stage<'_>, people: &People, diagnostics: &mut Diagnostics) -> Option<Set> {
    let Kind::Map(entries) = &node.kind else { return node.wrong_kind("keys and their new values", diagnostics) };
    let reading = stage.reading();
    let known = people.staff.iter().map(|staff| (staff.id.clone(), staff.active)).collect();
    let reading = people::Reading { staff: Some(known), ..reading };
    let (mut set, mut staff) = (Vec::new(), None);
    for entry in entries {
        let key = entry.key.value.as_str();
        if key == "staff" {
            staff = people::client_staff(&entry.value, &reading, diagnostics);
        } else if let Some(field) = property::client_field(key) {
            let value = new_value(&entry.value, &field, stage, diagnostics);
            set.extend(value.map(|value| (key.to_owned(), value)));
        } else {
            people::declared_values(entry, &reading, &mut set, diagnostics);
        }
    }
    Some((set, staff))
}

fn contact_values(id: &ContactId, node: &Node, stage: &Stage<'_>, diagnostics: &mut Diagnostics) -> Option<Set> {
    let mut fields = Fields::of(node, "a contact", diagnostics)?;
    let mut set = Vec::new();
    let mut probe = property::new_contact(id.clone());
    for key in property::CONTACT_KEYS {
        let Some(field) = property::contact_field(key) else { continue };
        let Some(node) = fields.declared(key) else { continue };
        let Some(value) = new_value(node, &field, stage, fields.diagnostics()) else { continue };
        match property::set_contact(&mut probe, key, value.clone()) {
            Ok(()) => set.push(((*key).to_owned(), value)),
            Err(fault) => _ = node.bad::<()>(fault, fields.diagnostics()),
        }
    }
    fields.finish();
    Some((set, None))
}

fn staff_values(id: &StaffId, node: &Node, stage: &Stage<'_>, diagnostics: &mut Diagnostics) -> Option<Set> {
    let mut fields = Fields::of(node, "a member of staff", diagnostics)?;
    let mut set = Vec::new();
    let mut probe = property::new_staff(id.clone());
    for key in property::STAFF_KEYS {
        let Some(field) = property::staff_field(key) else { continue };
        let Some(node) = fields.declared(key) else { continue };
        let Some(value) = new_value(node, &field, stage, fields.diagnostics()) else { continue };
        match property::set_staff(&mut probe, key, value.clone()) {
            Ok(()) => set.push(((*key).to_owned(), value)),
            Err(fault) => _ = node.bad::<()>(fault, fields.diagnostics()),
        }
    }
    fields.finish();
    Some((set, None))
}

/// `""` takes a value away.
fn new_value(
    node: &Node,
    field: &jobwright_core::value::Field,
    stage: &Stage<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    match &node.kind {
        Kind::Scalar(text) if text.is_empty() && field.optional => Some(Value::Nothing),
        _ => typed::value(node, field, stage.currency(), diagnostics),
    }
}
