//! Who and what is known: what an assignment may name.
//!
//! Owns: the lists that names are looked up in, and the words when one is not there. Leaves reading them to the store.

use std::collections::BTreeSet;
use std::str::FromStr;

use jobwright_core::id::{BadId, ClientId, ContactId, RoleId, StaffId};
use jobwright_definition::diagnostic::quoted;
use jobwright_definition::practice::PracticeFile;
use jobwright_definition::suggest::suggest;
use jobwright_runtime::Engine;
use jobwright_store::directory;

use crate::practice::Practice;
use crate::report::Result;

/// A contact as people write it: `4711/ann`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPath {
    pub client: ClientId,
    pub contact: ContactId,
}

impl FromStr for ContactPath {
    type Err = BadId;

    fn from_str(text: &str) -> std::result::Result<Self, BadId> {
        let (client, contact) = text.split_once('/').ok_or_else(|| BadId(text.to_owned()))?;
        Ok(Self { client: client.parse()?, contact: contact.parse()? })
    }
}

/// What may be named.
pub struct Known<'a> {
    /// The practice's settings.
    pub file: &'a PracticeFile,
    /// Its staff who have not left.
    pub staff: BTreeSet<StaffId>,
    /// The contact roles it ticks.
    pub roles: BTreeSet<RoleId>,
    /// What people call them.
    pub labels: Vec<(String, RoleId)>,
}

impl<'a> Known<'a> {
    /// What the practice and its store know.
    pub fn of(practice: &'a Practice, engine: &Engine) -> Result<Self> {
        let staff = directory::staff(&engine.reader())?.value;
        let roles = directory::roles(&engine.reader())?;
        Ok(Self {
            file: &practice.file,
            staff: staff.into_iter().filter(|one| one.active).map(|one| one.id).collect(),
            labels: roles.iter().map(|role| (role.label.clone(), role.id.clone())).collect(),
            roles: roles.into_iter().map(|role| role.id).collect(),
        })
    }

    /// What is wrong with a service, when something is.
    pub fn service(&self, name: &str) -> Option<String> {
        missing("service", name, self.file.practice.services.keys().map(String::as_str))
    }

    /// What is wrong with an office of the practice.
    pub fn office(&self, name: &str) -> Option<String> {
        missing("office", name, self.file.practice.offices.iter().map(String::as_str))
    }

    /// What is wrong with a member of staff.
    pub fn member(&self, name: &str) -> Option<String> {
        missing("active member of staff", name, self.staff.iter().map(StaffId::as_str))
    }

    /// The contact role of this id, or with this label; or what is wrong with it.
    pub fn role_called(&self, name: &str) -> std::result::Result<RoleId, String> {
        if let Some(id) = self.roles.iter().find(|id| id.as_str() == name) {
            return Ok(id.clone());
        }
        let is_called = |(label, _): &&(String, RoleId)| label.trim().to_lowercase() == name.trim().to_lowercase();
        let mut called = self.labels.iter().filter(is_called);
        match (called.next(), called.next()) {
            (Some((_, id)), None) => Ok(id.clone()),
            (Some(_), Some(_)) => Err(format!("several contact roles are called {}; write the id", quoted(name))),
            (None, _) => Err(self.role(name).unwrap_or_default()),
        }
    }

    /// What is wrong with a contact role.
    pub fn role(&self, name: &str) -> Option<String> {
        missing("contact role", name, self.roles.iter().map(RoleId::as_str))
    }
}

fn missing<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str> + Clone) -> Option<String> {
    if known.clone().any(|one| one == name) {
        return None;
    }
    let meant = suggest(name, known).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    Some(format!("there is no {what} {}{meant}", quoted(name)))
}
