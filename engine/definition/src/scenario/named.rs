//! The names that a definition gives and uses, as far as its tests may use them.
//!
//! Owns: collecting contact roles and staff roles from every selector of a plan. Leaves whether they exist to `check`.

use std::collections::BTreeSet;

use jobwright_core::id::RoleId;
use jobwright_core::plan::{Asked, Parts, Plan, Task, Work};
use jobwright_core::recipient::{Form, Selector, StaffForm};

/// Roles that a plan names.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    /// Ticked on contacts.
    pub contact_roles: BTreeSet<RoleId>,
    /// Held by staff.
    pub staff_roles: BTreeSet<RoleId>,
}

impl Named {
    pub(super) fn of(plan: Option<&Plan>) -> Self {
        let mut named = Self::default();
        if let Some(plan) = plan {
            named.contact_roles.extend(plan.roles.iter().map(|(role, _)| role.clone()));
            plan.tasks.iter().flat_map(selectors).for_each(|selector| named.add(selector));
        }
        named
    }

    /// Selectors are as deep as their text, which is bounded.
    fn add(&mut self, selector: &Selector) {
        match &selector.form {
            Form::Role(role) => {
                self.contact_roles.insert(role.clone());
            }
            Form::Staff(StaffForm::Role(role)) => {
                self.staff_roles.insert(role.clone());
            }
            Form::FirstOf(branches) | Form::AnyOf(branches) | Form::AllOf(branches) => {
                branches.iter().for_each(|branch| self.add(branch));
            }
            Form::PrimaryContact
            | Form::Default
            | Form::Contact(_)
            | Form::Staff(_)
            | Form::Script(_)
            | Form::Plugin { .. } => {}
        }
    }
}

fn selectors(task: &Task) -> Vec<&Selector> {
    let mut all: Vec<&Selector> =
        [&task.on_uncompletable.notify, &task.on_failed.notify].into_iter().flatten().collect();
    match &task.work {
        Work::Email(email) => {
            all.extend([Some(&email.recipient), email.cc.as_ref(), email.bcc.as_ref()].into_iter().flatten())
        }
        Work::Request(request) => {
            match &request.asked {
                Asked::Recipient(selector) => all.push(selector),
                Asked::Assign(selector) => all.extend(selector),
                Asked::Signers => {}
            }
            if let Parts::Signature { signers, .. } = &request.parts {
                all.extend(signers.iter().map(|signer| &signer.recipient));
            }
        }
        Work::Script(_) | Work::UpdateClient(_) | Work::StartJob(_) | Work::Wait(_) | Work::Plugin(_) => {}
    }
    all
}
