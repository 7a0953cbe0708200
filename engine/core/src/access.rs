//! Who may do what: the one question before every door.
//!
//! Owns: `may`, from who acts, what they want to do and with what, to yes or no with the rule that says so. Every door
//! asks it before it loads anything. What a contact may do to the tasks they were asked for is decided by the job, which
//! knows whom it asked. Leaves proving who somebody is to the door.

use crate::directory::Staff;
use crate::event::Actor;
use crate::id::{ContactId, StaffId};
use core::fmt;

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Look at it.
    View,
    /// Change it.
    Edit,
}

/// What of a practice they want to do it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Clients with their contacts and fields.
    Clients,
    /// Staff, contact roles, and who holds what.
    People,
    /// Jobs as a whole: starting, moving, cancelling, and what stands on their timelines.
    Jobs,
    /// Tasks that somebody was asked for: each job knows whom.
    Tasks,
    /// What was handed in: each item knows whom it is for.
    Documents,
    /// Job definitions.
    Definitions,
    /// Letters, and when they leave.
    Letters,
    /// Everything at once: copies, proofs, exports, the engine itself.
    Store,
}

impl Resource {
    /// Every one, for tables of rights.
    pub const ALL: [Self; 8] = [
        Self::Clients,
        Self::People,
        Self::Jobs,
        Self::Tasks,
        Self::Documents,
        Self::Definitions,
        Self::Letters,
        Self::Store,
    ];

    /// What people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Clients => "clients and contacts",
            Self::People => "staff and roles",
            Self::Jobs => "jobs",
            Self::Tasks => "tasks",
            Self::Documents => "documents",
            Self::Definitions => "job definitions",
            Self::Letters => "letters",
            Self::Store => "the practice's store",
        }
    }
}

/// The rule that allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// The engine carries out what was allowed before.
    Engine,
    /// Whoever may open the practice's folder, when practice.yaml names no operator.
    Owner,
    /// The practice has no staff yet: whoever may open its folder sets it up.
    FirstSetup,
    /// An active member of staff.
    Staff,
    /// The task or the item decides: it knows whom it asked, and keeps refused attempts on its timeline.
    AsAsked,
}

/// The rule that denies it, which says how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No such member of staff.
    NotOnStaff(StaffId),
    /// The member of staff has left.
    HasLeft(StaffId),
    /// Contacts act on what they were asked for, and nowhere else.
    Contact {
        /// Who.
        contact: ContactId,
        /// What they wanted to do.
        action: Action,
        /// With what.
        resource: Resource,
    },
}

impl Denied {
    /// What to do about it.
    pub fn mend(&self) -> &'static str {
        match self {
            Self::NotOnStaff(_) => {
                "`jobwright staff list` shows all staff; who acts is named by --as, else by `operator:` in practice.yaml"
            }
            Self::HasLeft(_) => "name an active member of staff with --as, or as `operator:` in practice.yaml",
            Self::Contact { .. } => "a member of staff can do it: `--as pat`",
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOnStaff(id) => write!(f, "there is no member of staff `{id}`"),
            Self::HasLeft(id) => write!(f, "staff {id} is no longer active"),
            Self::Contact { contact, action, resource } => {
                let action = match action {
                    Action::View => "look at",
                    Action::Edit => "change",
                };
                write!(f, "contact {contact} may not {action} {}", resource.words())
            }
        }
    }
}

/// Whether this actor may do this. Denied by default: who is not known may do nothing, and a contact nothing but what
/// tasks and documents themselves allow.
///
/// # Errors
/// The rule that denies it.
pub fn may(actor: &Actor, action: Action, resource: Resource, staff: &[Staff]) -> Result<Allowed, Denied> {
    match actor {
        Actor::Engine => Ok(Allowed::Engine),
        Actor::Operator { .. } => Ok(Allowed::Owner),
        Actor::Staff { .. } if staff.is_empty() => Ok(Allowed::FirstSetup),
        Actor::Staff { id, .. } => match staff.iter().find(|one| one.id == *id) {
            Some(member) if member.active => Ok(Allowed::Staff),
            Some(_) if resource == Resource::Tasks => Ok(Allowed::AsAsked),
            Some(_) => Err(Denied::HasLeft(id.clone())),
            None => Err(Denied::NotOnStaff(id.clone())),
        },
        Actor::Contact { id, .. } | Actor::Entered { contact: id, .. } => match (resource, action) {
            (Resource::Tasks, Action::View | Action::Edit) | (Resource::Documents, Action::View) => {
                Ok(Allowed::AsAsked)
            }
            (
                Resource::Clients
                | Resource::People
                | Resource::Jobs
                | Resource::Documents
                | Resource::Definitions
                | Resource::Letters
                | Resource::Store,
                _,
            ) => Err(Denied::Contact { contact: id.clone(), action, resource }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, string::ToString, vec, vec::Vec};

    fn member(id: &str, active: bool) -> Staff {
        let id = StaffId::new(id).unwrap();
        Staff { name: id.to_string(), id, email: None, roles: BTreeSet::new(), active, away: vec![] }
    }

    fn staff(id: &str) -> Actor {
        Actor::Staff { id: StaffId::new(id).unwrap(), entered_by: "root".into() }
    }

    fn contact() -> Actor {
        Actor::Contact { id: ContactId::new("ann").unwrap(), entered_by: "root".into() }
    }

    #[test]
    fn staff_who_are_there_and_active_may_and_no_other_name_may() {
        let all = [member("pat", true), member("tom", false)];
        for resource in Resource::ALL {
            for action in [Action::View, Action::Edit] {
                assert_eq!(may(&staff("pat"), action, resource, &all), Ok(Allowed::Staff));
                // A task keeps the attempt of who has left on its timeline, so it is the one to refuse.
                let left = may(&staff("tom"), action, resource, &all);
                assert_eq!(left.is_ok(), resource == Resource::Tasks, "{left:?}");
                assert!(matches!(may(&staff("nosuch"), action, resource, &all), Err(Denied::NotOnStaff(_))));
            }
        }
    }

    #[test]
    fn whoever_owns_the_folder_sets_up_a_practice_without_staff() {
        assert_eq!(may(&staff("pat"), Action::Edit, Resource::People, &[]), Ok(Allowed::FirstSetup));
        let owner = Actor::Operator { entered_by: "root".into() };
        assert_eq!(may(&owner, Action::Edit, Resource::People, &[member("pat", true)]), Ok(Allowed::Owner));
    }

    #[test]
    fn a_contact_acts_on_tasks_and_sees_documents_and_nothing_else() {
        let all = [member("pat", true)];
        let allowed: Vec<_> = Resource::ALL
            .into_iter()
            .flat_map(|resource| [(Action::View, resource), (Action::Edit, resource)])
            .filter(|(action, resource)| may(&contact(), *action, *resource, &all).is_ok())
            .collect();
        let expected =
            [(Action::View, Resource::Tasks), (Action::Edit, Resource::Tasks), (Action::View, Resource::Documents)];
        assert_eq!(allowed, expected);
        // Also where there is no staff yet.
        assert!(may(&contact(), Action::Edit, Resource::People, &[]).is_err());
    }
}
