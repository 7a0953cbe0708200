//! What a rule saw, before it is put into words.
//!
//! Owns: people as they stand in the directory, why each was looked at and why some were dropped, as small values that
//! borrow. `find` needs no more than these, so it writes no text; `resolve` hands them to `words`.

use super::{Found, Person, PersonId, Reason, Selector};
use crate::directory::{Contact, Directory, Interaction, Staff};
use crate::id::Name;
use crate::recipient::Filter;
use alloc::{string::String, vec::Vec};
use jiff::civil::Date;

/// A person as the directory has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who<'a> {
    /// A contact of the job's client.
    Contact(&'a Contact),
    /// A member of staff.
    Staff(&'a Staff),
}

impl<'a> Who<'a> {
    /// Who it is.
    pub fn id(self) -> PersonId {
        match self {
            Self::Contact(contact) => PersonId::Contact(contact.id.clone()),
            Self::Staff(staff) => PersonId::Staff(staff.id.clone()),
        }
    }

    /// The id alone, as text.
    pub fn id_text(self) -> &'a str {
        match self {
            Self::Contact(contact) => contact.id.as_str(),
            Self::Staff(staff) => staff.id.as_str(),
        }
    }

    /// The full name.
    pub fn name(self) -> &'a str {
        match self {
            Self::Contact(contact) => &contact.name,
            Self::Staff(staff) => &staff.name,
        }
    }

    /// The address without spaces around it; one of spaces alone is none.
    pub fn address(self) -> Option<&'a str> {
        let email = match self {
            Self::Contact(contact) => &contact.email,
            Self::Staff(staff) => &staff.email,
        };
        email.as_deref().map(str::trim).filter(|address| !address.is_empty())
    }

    /// What is kept of the person once they are asked.
    pub fn person(self) -> Person {
        Person { id: self.id(), name: self.name().into(), address: self.address().map(Into::into) }
    }

    pub(super) fn is_contact(self) -> bool {
        matches!(self, Self::Contact(_))
    }

    /// A contact and a member of staff may bear one id; they are two people.
    pub(super) fn key(self) -> (bool, &'a str) {
        (self.is_contact(), self.id_text())
    }
}

/// A person of the directory by id.
pub(super) fn look_up<'a>(directory: &Directory<'a>, person: &PersonId) -> Option<Who<'a>> {
    match person {
        PersonId::Contact(id) => directory.client.contact(id).map(Who::Contact),
        PersonId::Staff(id) => directory.staff.iter().find(|one| one.id == *id).map(Who::Staff),
    }
}

/// One branch of a selector and everybody it saw.
pub(super) struct Looked<'a> {
    pub selector: &'a Selector,
    pub found: Found,
    pub reason: Option<Reason>,
    /// In the order of the candidates.
    pub seen: Vec<Seen<'a>>,
    /// Places in `seen` of those who were taken, in the order that was asked for.
    pub chosen: Vec<usize>,
    pub children: Vec<Looked<'a>>,
    /// What the rule itself has to say: what failed, or which branch gave nobody.
    pub note: Option<String>,
}

impl<'a> Looked<'a> {
    /// The people taken, in order.
    pub fn people(&self) -> impl Iterator<Item = Who<'a>> + '_ {
        self.chosen.iter().filter_map(|&at| self.seen.get(at)).map(|seen| seen.who)
    }
}

/// Somebody a rule looked at.
pub(super) struct Seen<'a> {
    pub who: Who<'a>,
    pub via: Via<'a>,
    pub dropped: Option<Dropped<'a>>,
}

impl<'a> Seen<'a> {
    pub fn new(who: Who<'a>, via: Via<'a>) -> Self {
        Self { who, via, dropped: None }
    }
}

/// What made somebody a candidate.
pub(super) enum Via<'a> {
    /// The rule says it all.
    Rule,
    /// Assigned to the client with the staff role.
    ForClient,
    /// Holds the staff role in the practice.
    InPractice,
    /// Dealt with the client.
    Dealt(&'a Interaction),
    /// A script or plugin gave its reason.
    Said(String),
    /// Given by the branch of this number.
    Branch(usize),
    /// Away until this day, and taken because nobody else fits.
    ThoughAway(Date),
}

/// Why somebody was dropped, from the farthest to the nearest to being asked.
pub(super) enum Dropped<'a> {
    NotTicked,
    Inactive,
    NotStaff,
    Did(&'a Name),
    Filter(&'a Filter),
    MayNotSign,
    NoEmail,
    Bounced,
    OptedOut,
    PortalNotActive,
    ActivationStale,
    Away(Date),
    SamePerson,
    SameAddress(Who<'a>),
    SharedAddress(Who<'a>),
    OneNeeded(usize),
    NotTaken(usize),
}

impl Dropped<'_> {
    /// The reason this gives a task, unless the rule's own says it better.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Inactive => Some(Reason::Deactivated),
            Self::NotStaff | Self::Did(_) | Self::MayNotSign => Some(Reason::NoRight),
            Self::NoEmail => Some(Reason::NoEmail),
            Self::Bounced => Some(Reason::EmailBounced),
            Self::OptedOut => Some(Reason::OptedOut),
            Self::PortalNotActive => Some(Reason::PortalNotActive),
            Self::ActivationStale => Some(Reason::ActivationStale),
            Self::OneNeeded(_) => Some(Reason::Ambiguous),
            Self::NotTicked | Self::Filter(_) | Self::Away(_) => None,
            Self::SamePerson | Self::SameAddress(_) | Self::SharedAddress(_) | Self::NotTaken(_) => None,
        }
    }

    /// How near the person came: the later a check failed, the less is to be mended.
    pub fn nearness(&self) -> u8 {
        match self {
            Self::NotTicked => 0,
            Self::Inactive => 1,
            Self::NotStaff => 2,
            Self::Did(_) => 3,
            Self::Filter(_) => 4,
            Self::MayNotSign => 5,
            Self::NoEmail => 6,
            Self::Bounced => 7,
            Self::OptedOut => 8,
            Self::PortalNotActive => 9,
            Self::ActivationStale => 10,
            Self::Away(_) => 11,
            Self::SamePerson | Self::SameAddress(_) => 12,
            Self::SharedAddress(_) | Self::OneNeeded(_) | Self::NotTaken(_) => 13,
        }
    }
}
