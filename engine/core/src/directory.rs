//! The people of a practice, as plain values.
//!
//! Owns: practice, client, contact, staff and what may be read from them without asking anybody. A selector is handed
//! one client with its contacts and the whole staff, never all clients. Leaves keeping them to `store`.

mod change;
pub mod difference;
pub mod form;
mod name;
pub mod trail;

pub use change::{CONTACTS_MAX, Unchanged};
pub use name::{first_name, greeting};

use crate::id::{ClientId, ContactId, DefinitionId, RoleId, StaffId};
use crate::value::{Currency, Value};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    string::String,
    vec::Vec,
};
use jiff::{Timestamp, civil::Date};

/// The settings of the firm that runs this engine, from `practice.yaml`, that rules may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Practice {
    /// The practice's name, as letters show it.
    pub name: String,
    /// Who acts when a command names nobody; may act only as staff.
    pub operator: Option<StaffId>,
    /// Who does work that no selector assigns.
    pub default_assignee: Option<StaffId>,
    /// The currency of money written without one.
    pub currency: Currency,
    /// Whether a client's tasks demand an activated portal.
    pub portal_required: bool,
    /// What each service is called, and the definition that serves it.
    pub services: BTreeMap<String, Service>,
    /// The practice's offices.
    pub offices: Vec<String>,
}

/// A service the practice sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name for people.
    pub label: String,
    /// The job definition that does it, when there is one.
    pub definition: Option<DefinitionId>,
}

/// A client: whom the practice serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The practice's own id.
    pub id: ClientId,
    /// The client's name.
    pub name: String,
    /// Company or individual.
    pub kind: ClientKind,
    /// Prospect, active or former.
    pub status: ClientStatus,
    /// The services the client takes, as listed.
    pub services: Vec<String>,
    /// The office that serves the client.
    pub office: Option<String>,
    /// Fields that the practice declared, nested as `vat.scheme` is; always a map.
    pub fields: Value,
    /// Who of the practice works for the client.
    pub staff: ClientStaff,
    /// The contacts, in order: the first one is the primary contact (b002).
    pub contacts: Vec<Contact>,
    /// Where an import found the client, so that a second import updates it.
    pub source: Option<String>,
}

/// What a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientKind {
    /// A company or other body.
    Company,
    /// A person.
    Individual,
}

/// Where the relation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientStatus {
    /// Not yet a client.
    Prospect,
    /// A client.
    Active,
    /// A client no more.
    Former,
}

/// The staff of one client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientStaff {
    /// The one who looks after the client.
    pub primary: Option<StaffId>,
    /// Whether a person chose the primary; rules then leave it alone (b033).
    pub primary_by_hand: bool,
    /// Who holds a staff role towards this client.
    pub assigned: BTreeMap<RoleId, Vec<StaffId>>,
    /// Those who dealt with the client, by their first dealing, oldest first (b027).
    pub additional: Vec<Interaction>,
    /// The newest dealing.
    pub last: Option<Interaction>,
}

/// One dealing of a member of staff with a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// Who dealt with the client.
    pub staff: StaffId,
    /// When.
    pub at: Timestamp,
    /// What it was: an appointment, an invoice.
    pub what: String,
}

/// A person at a client who can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Unique within the client.
    pub id: ContactId,
    /// The person's full name.
    pub name: String,
    /// The address, when one is known.
    pub email: Option<String>,
    /// The contact roles ticked (b008).
    pub roles: BTreeSet<RoleId>,
    /// The department at the client.
    pub department: Option<String>,
    /// The position at the client.
    pub position: Option<String>,
    /// The client's offices this person belongs to.
    pub offices: Vec<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// Access to the portal.
    pub portal: Portal,
    /// False once the person left or was switched off.
    pub active: bool,
    /// Wants no crm mail (b071); service mail still goes.
    pub crm_opt_out: bool,
    /// May sign for the client.
    pub can_sign: bool,
    /// The address that refused mail for good, and what the server said.
    pub bounced: Option<Bounce>,
    /// Last sign-in to the portal.
    pub last_login: Option<Timestamp>,
    /// Where an import found the contact.
    pub source: Option<String>,
    /// What stands after "Dear" in a letter, when it is not the first name.
    pub greeting: Option<String>,
}

/// A final refusal by a mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The address refused; another address is not bounced.
    pub address: String,
    /// The server's words.
    pub reply: String,
}

/// A contact's access to the portal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Portal {
    /// Never activated.
    #[default]
    None,
    /// Activated.
    Active,
    /// Activated, but the address has changed since (b104).
    Stale,
}

/// A person of the practice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// The practice's own id.
    pub id: StaffId,
    /// The person's full name.
    pub name: String,
    /// The address, when one is known.
    pub email: Option<String>,
    /// The staff roles held in the practice, towards every client.
    pub roles: BTreeSet<RoleId>,
    /// False once the person has left.
    pub active: bool,
    /// Days away, first and last included.
    pub away: Vec<(Date, Date)>,
}

/// What a selector may see: one client, all staff, the practice.
#[derive(Clone, Copy, Debug)]
pub struct Directory<'a> {
    /// The practice's settings.
    pub practice: &'a Practice,
    /// The job's client with its contacts.
    pub client: &'a Client,
    /// All staff, as listed.
    pub staff: &'a [Staff],
}

impl Directory<'_> {
    /// A member of staff by id.
    pub fn staff(&self, id: &StaffId) -> Option<&Staff> {
        self.staff.iter().find(|staff| staff.id == *id)
    }
}

impl Client {
    /// A contact by id.
    pub fn contact(&self, id: &ContactId) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.id == *id)
    }

    /// The primary contact: position 0, nothing else (b002).
    pub fn primary_contact(&self) -> Option<&Contact> {
        self.contacts.first()
    }
}

impl Contact {
    /// Whether the address the contact has now was refused for good.
    pub fn is_bounced(&self) -> bool {
        matches!((&self.bounced, &self.email), (Some(bounce), Some(email)) if crate::address::same(&bounce.address, email))
    }
}
