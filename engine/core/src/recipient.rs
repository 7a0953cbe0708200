//! Whom to write to, and who does the work.
//!
//! Owns: what a recipient selector is, what its answer looks like and why somebody was left out. Resolution is pure
//! and total: the directory is handed in whole, an expression is answered through `Evaluate`. Leaves rendering the
//! proof to `cli` and the consequences of finding nobody to `job`. Each form has its own file; `resolve` holds the steps.

use crate::id::{ContactId, Name, RoleId, StaffId};
use crate::plan::ExpressionId;
use crate::value::Value;
use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use core::fmt;

mod address;
mod all_of;
mod contact;
mod filter;
mod first_of;
mod fits;
mod look;
mod lost;
mod named;
mod order;
mod resolve;
mod role;
mod staff;
#[cfg(test)]
pub(crate) mod testing;
mod words;

pub use address::same_address;
pub use fits::fits;
pub use look::Who;
pub use lost::lost;
pub use order::ORDER_FIELDS;
pub use resolve::{Answer, find, resolve, resolve_at_least};

/// Most people that a proof shows, over all its branches.
pub const CANDIDATES_SHOWN_MAX: usize = 200;
/// Most people that a script or plugin may name.
pub const NAMED_MAX: usize = 1000;
/// How deep rules may stand inside one another.
pub const BRANCH_DEPTH_MAX: usize = 32;

/// Answers what a selector cannot know by itself. It must answer the same each time within one resolution.
pub trait Evaluate {
    /// The expression as it was written, for the proof.
    fn text(&self, expression: ExpressionId) -> &str;
    /// The contact an expression names, by id; nothing when its field is empty.
    fn contact(&self, expression: ExpressionId) -> Result<Option<String>, String>;
    /// Whether this candidate may stay.
    fn keep(&self, expression: ExpressionId, who: Who<'_>) -> Result<bool, String>;
    /// The people a script names, in order.
    fn ids(&self, expression: ExpressionId) -> Result<Vec<Named>, String>;
    /// The people a plugin names, in order.
    fn plugin(&self, name: &str, with: &BTreeMap<String, Value>) -> Result<Vec<Named>, String>;
}

/// Somebody named by a script or plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// `contact:ann`, `staff:pat`, or the id alone.
    pub id: String,
    /// Why, in its own words.
    pub because: Option<String>,
}

/// A rule that says whom to write to or who does the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// Where candidates come from.
    pub form: Form,
    /// Who of them may stay.
    pub filters: Vec<Filter>,
    /// How many are taken.
    pub pick: Option<Pick>,
    /// In which order.
    pub order_by: Vec<Order>,
    /// Leaves out whoever completed this task, or holds it while it is open.
    pub not_same_as: Option<Name>,
}

impl Selector {
    /// A selector without modifiers.
    pub fn of(form: Form) -> Self {
        Self { form, filters: Vec::new(), pick: None, order_by: Vec::new(), not_same_as: None }
    }

    /// Whether a plugin chooses people somewhere in it. It is as deep as its text, which is bounded.
    pub fn asks_plugin(&self) -> bool {
        match &self.form {
            Form::Plugin { .. } => true,
            Form::FirstOf(branches) | Form::AnyOf(branches) | Form::AllOf(branches) => {
                branches.iter().any(Self::asks_plugin)
            }
            _ => false,
        }
    }
}

/// Where candidates come from. `{A, or: B}` is `FirstOf([A, B])`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// The first contact of the client.
    PrimaryContact,
    /// The same, because the task names nobody (b003); the proof says so.
    Default,
    /// The client's contacts with this contact role ticked, as listed.
    Role(RoleId),
    /// A contact of this client, by id.
    Contact(ExpressionId),
    /// Somebody of the practice.
    Staff(StaffForm),
    /// The first branch that is not empty after its filters.
    FirstOf(Vec<Selector>),
    /// Everybody of all branches; one branch must give somebody.
    AnyOf(Vec<Selector>),
    /// Everybody of all branches; each branch must give somebody.
    AllOf(Vec<Selector>),
    /// An expression that gives ids.
    Script(ExpressionId),
    /// A plugin's selector and its settings.
    Plugin {
        /// The selector's dotted name.
        name: String,
        /// Its settings.
        with: BTreeMap<String, Value>,
    },
}

/// Which staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaffForm {
    /// The client's primary staff.
    Primary,
    /// Those who have dealt with the client, oldest first.
    Additional,
    /// Whoever dealt with the client last.
    LastInteraction,
    /// The practice's default assignee.
    Default,
    /// Those assigned to the client with this staff role, else those who hold it in the practice.
    Role(RoleId),
    /// One person by id.
    Id(StaffId),
}

/// Who of the candidates may stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Has an activated portal.
    PortalActive,
    /// Has an address that takes mail.
    HasEmail,
    /// Has not opted out of crm mail.
    NotOptedOut,
    /// May sign.
    CanSign,
    /// Belongs to this office.
    Office(String),
    /// Belongs to this department.
    Department(String),
    /// An expression over `contact` holds.
    When(ExpressionId),
}

/// How many of those who stayed are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// One; several without an order are ambiguous.
    One,
    /// All.
    All,
    /// At most so many.
    AtMost(u32),
}

/// One key of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// A field of the candidate, or nothing for the order they are listed in.
    pub by: Option<String>,
    /// Largest first.
    pub descending: bool,
}

/// What a task needs its people for: it decides the filters of the channel and the default pick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A letter of the service class: an address that takes mail; all.
    Letter,
    /// A letter of the crm class: also not opted out; all.
    CrmLetter,
    /// A request to act: an address, and an activated portal where the practice demands one; all.
    Request,
    /// A signer: like a request, and two signers with one address are refused.
    Signer,
    /// Work for staff: no address needed; one, as listed.
    Assign,
    /// Seeing a document: nobody is written to, so no address is needed; all.
    View,
}

/// A person who was chosen or looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who it is.
    pub id: PersonId,
    /// The full name at that moment.
    pub name: String,
    /// The address at that moment.
    pub address: Option<String>,
}

/// A contact of the job's client, or staff.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonId {
    /// A contact of the job's client.
    Contact(ContactId),
    /// A member of staff.
    Staff(StaffId),
}

impl PersonId {
    /// The id alone.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Contact(id) => id.as_str(),
            Self::Staff(id) => id.as_str(),
        }
    }
    /// `contact` or `staff`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Contact(_) => "contact",
            Self::Staff(_) => "staff",
        }
    }
}

/// The answer of a selector, with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// How it ended.
    pub found: Found,
    /// Who was chosen; empty unless `found` is `Chosen`.
    pub chosen: Vec<Person>,
    /// Why nobody was, in the practice's terms.
    pub reason: Option<Reason>,
    /// Every branch, candidate and reason.
    pub tree: Branch,
}

/// How a selector ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// Somebody was chosen.
    Chosen,
    /// There was no candidate.
    NoMatch,
    /// There were candidates, and none could stay.
    FilteredOut,
    /// One was asked for, several were left, and no order was given.
    Ambiguous,
    /// A named person is not there.
    WrongReference,
    /// An expression failed.
    Error,
    /// Somebody was found, and more people are needed.
    TooFew,
}

impl Found {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Chosen,
        Self::NoMatch,
        Self::FilteredOut,
        Self::Ambiguous,
        Self::WrongReference,
        Self::Error,
        Self::TooFew,
    ];

    /// The word used in `--json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::NoMatch => "no_match",
            Self::FilteredOut => "filtered_out",
            Self::Ambiguous => "ambiguous",
            Self::WrongReference => "wrong_reference",
            Self::Error => "error",
            Self::TooFew => "too_few",
        }
    }
}

/// One rule of a selector and what it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The rule in words, and what kept it from being asked: `role payroll`, `all of: nobody for role director`.
    pub rule: String,
    /// How it ended.
    pub found: Found,
    /// Everybody it looked at, in order.
    pub candidates: Vec<Candidate>,
    /// Its branches.
    pub children: Vec<Branch>,
}

/// Somebody a rule looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: Person,
    /// Whether they stayed.
    pub kept: bool,
    /// Why, in words a practice's staff would use.
    pub because: String,
}

/// Why a task cannot be completed now; each says who can mend it (behaviours, section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client has no contact at all.
    NoContact,
    /// No contact has the role ticked (b018).
    NoContactWithRole(RoleId),
    /// Nobody of the staff holds the role.
    NoStaffWithRole(RoleId),
    /// The client has no primary staff.
    NoPrimaryStaff,
    /// Nobody left has an address.
    NoEmail,
    /// Every address refused mail for good.
    EmailBounced,
    /// Everybody opted out of crm mail.
    OptedOut,
    /// Nobody left has an activated portal.
    PortalNotActive,
    /// The address changed after activation (b104).
    ActivationStale,
    /// Nobody left may do this.
    NoRight,
    /// Everybody who could was deactivated or has left.
    Deactivated,
    /// A letter reads a field that is empty.
    MissingField(String),
    /// One person is needed, and several fit.
    Ambiguous,
    /// A date it waits for has no anchor.
    DateUnknown(String),
    /// More people must act than were found.
    TooFew {
        /// How many were found, with those who have acted already.
        found: u32,
        /// How many are needed.
        needed: u32,
    },
    /// Two who would both sign have one address.
    SharedAddress {
        /// One of them, by id.
        one: String,
        /// The other.
        other: String,
    },
    /// One person would sign in two places.
    SignsTwice {
        /// Who, by id.
        who: String,
        /// The place that they fill already.
        place: Name,
    },
}

impl Reason {
    /// The code used in tests, `show` and `--json`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoContact => "no_contact",
            Self::NoContactWithRole(_) => "no_contact_with_role",
            Self::NoStaffWithRole(_) => "no_staff_with_role",
            Self::NoPrimaryStaff => "no_primary_staff",
            Self::NoEmail => "no_email",
            Self::EmailBounced => "email_bounced",
            Self::OptedOut => "opted_out",
            Self::PortalNotActive => "portal_not_active",
            Self::ActivationStale => "activation_stale",
            Self::NoRight => "no_right",
            Self::Deactivated => "deactivated",
            Self::MissingField(_) => "missing_field",
            Self::Ambiguous => "ambiguous",
            Self::DateUnknown(_) => "date_unknown",
            Self::TooFew { .. } => "too_few",
            Self::SharedAddress { .. } => "shared_address",
            Self::SignsTwice { .. } => "signs_twice",
        }
    }

    /// Who can mend it, and how.
    pub fn mend(&self) -> String {
        match self {
            Self::NoContact => "add a contact to the client".into(),
            Self::NoContactWithRole(role) => format!("tick the contact role {role} on a contact of the client"),
            Self::NoStaffWithRole(role) => match role.as_str() {
                "default" => "name a default assignee in practice.yaml".into(),
                "additional" | "last_interaction" => "record who dealt with the client, or name somebody else".into(),
                _ => format!("give the staff role {role} to somebody, here or for this client"),
            },
            Self::NoPrimaryStaff => "choose the client's primary staff".into(),
            Self::NoEmail => "enter an e-mail address".into(),
            Self::EmailBounced => {
                "correct the e-mail address; if it is right, `contact set CLIENT/CONTACT refuses_mail=false`".into()
            }
            Self::OptedOut => "ask the contact to allow crm mail again, or choose somebody else".into(),
            Self::PortalNotActive => "activate the contact's portal".into(),
            Self::ActivationStale => "activate the contact again, since the address changed".into(),
            Self::NoRight => "let a contact sign, or choose somebody else".into(),
            Self::Deactivated => "choose somebody who is active".into(),
            Self::MissingField(field) => format!("fill in {field}"),
            Self::Ambiguous => "leave one person fitting, or give the rule an order".into(),
            Self::DateUnknown(anchor) => format!("fill in {anchor}"),
            Self::TooFew { found, needed } => format!(
                "{needed} people must act here and {found} can; let {} more fit the rule, or `reassign` it to {needed}",
                needed.saturating_sub(*found)
            ),
            Self::SharedAddress { one, other } => {
                format!(
                    "give {one} and {other} an e-mail address each, since two signatures from one address prove nothing"
                )
            }
            Self::SignsTwice { who, place } => {
                format!("choose somebody else for this place: {who} signs as `{place}`, and nobody signs twice")
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        match self {
            Self::NoContactWithRole(role) | Self::NoStaffWithRole(role) => write!(f, "({role})"),
            Self::MissingField(field) | Self::DateUnknown(field) => write!(f, "({field})"),
            Self::TooFew { found, needed } => write!(f, "({found} of {needed})"),
            Self::SharedAddress { one, other } => write!(f, "({one} and {other})"),
            Self::SignsTwice { who, place } => write!(f, "({who} signs as {place})"),
            _ => Ok(()),
        }
    }
}
