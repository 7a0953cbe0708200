//! The names that a definition gives and uses, as far as its tests may use them.
//!
//! Owns: collecting contact roles, staff roles and what plugins offer, from every task of a plan. Leaves whether they exist to `check`.

use std::collections::{BTreeMap, BTreeSet};

use jobwright_core::id::RoleId;
use jobwright_core::plan::{Plan, Task, Work};
use jobwright_core::recipient::{Form, Selector, StaffForm};

/// Roles that a plan names.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    /// Ticked on contacts.
    pub contact_roles: BTreeSet<RoleId>,
    /// Held by staff.
    pub staff_roles: BTreeSet<RoleId>,
}

/// What a plan uses of plugins, by dotted name.
#[derive(Clone, Debug, Default)]
pub(super) struct Offers<'a> {
    /// Task types, each with the first task of it.
    pub tasks: BTreeMap<String, &'a Task>,
    /// Recipient selectors.
    pub selectors: BTreeSet<String>,
    /// Checks of values.
    pub checks: BTreeSet<String>,
}

impl<'a> Offers<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let mut offers = Self::default();
        for task in &plan.tasks {
            if let Work::Plugin(plugin) = &task.work {
                offers.tasks.entry(plugin.name.clone()).or_insert(task);
            }
            task.selectors().into_iter().for_each(|selector| offers.add(selector));
            offers.checks.extend(task.fields().filter_map(|field| field.check.clone()));
        }
        offers
    }

    fn add(&mut self, selector: &Selector) {
        match &selector.form {
            Form::Plugin { name, .. } => {
                self.selectors.insert(name.clone());
            }
            Form::FirstOf(branches) | Form::AnyOf(branches) | Form::AllOf(branches) => {
                branches.iter().for_each(|branch| self.add(branch));
            }
            _ => {}
        }
    }
}

impl Named {
    pub(super) fn of(plan: Option<&Plan>) -> Self {
        let mut named = Self::default();
        if let Some(plan) = plan {
            named.contact_roles.extend(plan.roles.iter().map(|(role, _)| role.clone()));
            plan.tasks.iter().flat_map(Task::selectors).for_each(|selector| named.add(selector));
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
