//! Changes of the directory.
//!
//! Owns: one commit for a change, its entry on the trail, and the note that wakes the jobs that wait for it; then the
//! turns it calls for. A new client without a primary member of staff gets the practice's default assignee (b029). Leaves
//! what a change may do to the core's `Client`, and who may ask for it to the door.

use super::{Engine, Woken};
use crate::Error;
use jobwright_core::{
    directory::{
        Client, Staff,
        difference::{self, FieldChange},
        trail::{Attribution, Entry, Subject},
    },
    id::{ClientId, RoleId, StaffId},
};
use jobwright_store::{
    Draft, Loaded,
    directory::{self, ContactRole},
};

impl Engine {
    /// Changes a client, or makes it when `change` is handed nothing; gives what the change gives.
    ///
    /// # Errors
    /// What the change says, or that the store cannot be written.
    pub fn change_client<T, E: From<Error>>(
        &self,
        id: &ClientId,
        who: &Attribution,
        change: impl FnOnce(Option<Client>) -> Result<(Client, T), E>,
    ) -> Result<(T, Woken), E> {
        let mut seated = self.sit()?;
        let before = directory::client(&self.reader(), id).map_err(Error::from)?;
        let (mut after, given) = change(before.value.clone())?;
        self.assign_by_default(before.value.as_ref(), &mut after);
        after.must_fit().map_err(Error::from)?;
        if before.value.as_ref() != Some(&after) {
            let draft = self.client_draft(&before, Some(&after), who)?;
            self.commit(&mut seated, draft)?;
        }
        Ok((given, self.wake_waiting(&mut seated)?))
    }

    /// Writes many clients with one flush, as they are given: at most as many as a batch of commits takes. The caller
    /// wakes waiting jobs once at the end. An import uses [`Engine::import_clients`], which remembers what it said. Gives how many were changed; those that are the same already are not written.
    ///
    /// # Errors
    /// When the store cannot be written. What was written before stays, and the same import completes the rest.
    pub fn put_clients(&self, clients: &[Client], who: &Attribution) -> Result<usize, Error> {
        let mut seated = self.sit()?;
        let mut drafts = Vec::new();
        for client in clients {
            let before = directory::client(&self.reader(), &client.id)?;
            let mut after = client.clone();
            self.assign_by_default(before.value.as_ref(), &mut after);
            if before.value.as_ref() != Some(&after) {
                after.must_fit()?;
                drafts.push(self.client_draft(&before, Some(&after), who)?);
            }
        }
        let changed = drafts.len();
        let answers = self.commit_each(&mut seated, drafts).answers;
        answers.into_iter().try_for_each(|answer| answer.map(drop))?;
        Ok(changed)
    }

    /// Removes a client.
    ///
    /// # Errors
    /// When there is no such client, or the store cannot be written.
    pub fn remove_client(&self, id: &ClientId, who: &Attribution) -> Result<Woken, Error> {
        let mut seated = self.sit()?;
        let before = directory::client(&self.reader(), id)?;
        if before.value.is_none() {
            return Err(Error::NoSuchClient(id.clone()));
        }
        let draft = self.client_draft(&before, None, who)?;
        self.commit(&mut seated, draft)?;
        self.wake_waiting(&mut seated)
    }

    /// Adds a member of staff or writes one anew.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn put_staff(&self, staff: &Staff, who: &Attribution) -> Result<Woken, Error> {
        let mut seated = self.sit()?;
        let draft = self.staff_draft(staff, who)?;
        if draft.is_empty() {
            return Ok(Woken::default());
        }
        self.commit(&mut seated, draft)?;
        self.wake_waiting(&mut seated)
    }

    /// Removes a member of staff.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn remove_staff(&self, id: &StaffId, who: &Attribution) -> Result<Woken, Error> {
        let mut seated = self.sit()?;
        let before = directory::staff(&self.reader())?;
        let known = before.value.iter().find(|one| one.id == *id);
        let entry = self.entry(Subject::Staff(id.clone()), difference::of_staff(known, None), who);
        let draft = directory::delete_staff(&before, id)?.and(directory::note_change(&entry, before.version)?);
        self.commit(&mut seated, draft)?;
        self.wake_waiting(&mut seated)
    }

    /// Adds a contact role or writes it anew.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn put_role(&self, role: &ContactRole, who: &Attribution) -> Result<(), Error> {
        let mut seated = self.sit()?;
        let draft = self.role_draft(&role.id, Some(role), who)?;
        if !draft.is_empty() {
            self.commit(&mut seated, draft)?;
        }
        Ok(())
    }

    /// Takes a contact role off the practice's list.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn remove_role(&self, id: &RoleId, who: &Attribution) -> Result<(), Error> {
        let mut seated = self.sit()?;
        let draft = self.role_draft(id, None, who)?;
        if !draft.is_empty() {
            self.commit(&mut seated, draft)?;
        }
        Ok(())
    }

    /// A change of a client with its entry on the trail.
    pub(super) fn client_draft(
        &self,
        before: &Loaded<Option<Client>>,
        after: Option<&Client>,
        who: &Attribution,
    ) -> Result<Draft, Error> {
        let Some(id) = after.or(before.value.as_ref()).map(|client| client.id.clone()) else {
            return Ok(Draft::default());
        };
        let changes = difference::of_client(before.value.as_ref(), after);
        let entry = self.entry(Subject::Client(id), changes, who);
        let change = match after {
            Some(after) => directory::put_client(before, after)?,
            None => directory::delete_client(before)?,
        };
        Ok(change.and(directory::note_change(&entry, before.version)?))
    }

    /// A change of a member of staff with its entry on the trail; empty when it changes nothing.
    pub(super) fn staff_draft(&self, staff: &Staff, who: &Attribution) -> Result<Draft, Error> {
        let before = directory::staff(&self.reader())?;
        let known = before.value.iter().find(|one| one.id == staff.id);
        if known == Some(staff) {
            return Ok(Draft::default());
        }
        let changes = difference::of_staff(known, Some(staff));
        let entry = self.entry(Subject::Staff(staff.id.clone()), changes, who);
        Ok(directory::put_staff(&before, staff)?.and(directory::note_change(&entry, before.version)?))
    }

    /// A change of a contact role with its entry on the trail; empty when it changes nothing.
    pub(super) fn role_draft(
        &self,
        id: &RoleId,
        after: Option<&ContactRole>,
        who: &Attribution,
    ) -> Result<Draft, Error> {
        let before = directory::role(&self.reader(), id)?;
        if before.as_ref() == after {
            return Ok(Draft::default());
        }
        let words = |role: &ContactRole| match &role.hint {
            Some(hint) => format!("{}: {hint}", role.label),
            None => role.label.clone(),
        };
        let change =
            FieldChange { field: "role".to_owned(), before: before.as_ref().map(words), after: after.map(words) };
        let entry = self.entry(Subject::Role(id.clone()), vec![change], who);
        let draft = match after {
            Some(role) => directory::put_role(role)?,
            None => directory::delete_role(id),
        };
        Ok(draft.and(directory::note_change(&entry, 0)?))
    }

    fn entry(&self, subject: Subject, changes: Vec<FieldChange>, who: &Attribution) -> Entry {
        Entry { at: self.now(), subject, attribution: who.clone(), changes }
    }

    /// Whoever takes new clients looks after one that comes without a primary member of staff (b029).
    pub(super) fn assign_by_default(&self, before: Option<&Client>, after: &mut Client) {
        if before.is_none() && after.staff.primary.is_none() {
            after.set_primary_staff(self.parts.world.practice.default_assignee.clone(), false);
        }
    }
}
