//! Changes of the directory by an import.
//!
//! Owns: one commit for a record and for what the import said of it, so that neither stands without the other. Leaves
//! what an import may change to the importer; a record that somebody changed since it was read is refused.

use super::Engine;
use crate::Error;
use jobwright_core::directory::{
    Client, Staff,
    trail::{Attribution, Subject},
};
use jobwright_store::{
    Draft, Loaded,
    directory::{self, ContactRole, Imported},
};

/// A client as an import leaves it.
#[derive(Clone, Debug)]
pub struct ImportedClient {
    /// The client as it was read.
    pub before: Loaded<Option<Client>>,
    /// As it is to be; nothing when the import leaves it as it is.
    pub after: Option<Client>,
    /// Its id, which stays when it was removed.
    pub id: jobwright_core::id::ClientId,
    /// What the import says of it.
    pub said: Imported,
}

impl Engine {
    /// Writes many clients with one flush: at most as many as a batch of commits takes. The caller wakes waiting jobs
    /// once at the end.
    ///
    /// # Errors
    /// When the store cannot be written, or a client was changed since it was read. What was written before stays, and
    /// the same import completes the rest.
    pub fn import_clients(&self, clients: &[ImportedClient], who: &Attribution) -> Result<(), Error> {
        let mut seated = self.sit()?;
        let mut drafts = Vec::new();
        for one in clients {
            let mut after = one.after.clone();
            if let Some(after) = &mut after {
                self.assign_by_default(one.before.value.as_ref(), after);
                after.must_fit()?;
            }
            let changed = after.as_ref().filter(|after| one.before.value.as_ref() != Some(*after));
            let mut draft = match changed {
                Some(after) => self.client_draft(&one.before, Some(after), who)?,
                None => Draft::default(),
            };
            let subject = Subject::Client(one.id.clone());
            let known = directory::imported(&self.reader(), &subject)?;
            if known != one.said {
                directory::put_imported(&mut draft, &subject, &one.said)?;
            }
            if changed.is_some() || known != one.said {
                drafts.push(draft);
            }
        }
        let answers = self.commit_each(&mut seated, drafts).answers;
        answers.into_iter().try_for_each(|answer| answer.map(drop))
    }

    /// Writes a member of staff. The caller wakes waiting jobs once at the end.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn import_staff(&self, staff: &Staff, said: &Imported, who: &Attribution) -> Result<(), Error> {
        let mut seated = self.sit()?;
        let mut draft = self.staff_draft(staff, who)?;
        let is_same = draft.is_empty();
        let subject = Subject::Staff(staff.id.clone());
        let known = directory::imported(&self.reader(), &subject)?;
        if known != *said {
            directory::put_imported(&mut draft, &subject, said)?;
        }
        if !is_same || known != *said {
            self.commit(&mut seated, draft)?;
        }
        Ok(())
    }

    /// Writes a contact role.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn import_role(&self, role: &ContactRole, said: &Imported, who: &Attribution) -> Result<(), Error> {
        let mut seated = self.sit()?;
        let mut draft = self.role_draft(&role.id, Some(role), who)?;
        let is_same = draft.is_empty();
        let subject = Subject::Role(role.id.clone());
        let known = directory::imported(&self.reader(), &subject)?;
        if known != *said {
            directory::put_imported(&mut draft, &subject, said)?;
        }
        if !is_same || known != *said {
            self.commit(&mut seated, draft)?;
        }
        Ok(())
    }
}
