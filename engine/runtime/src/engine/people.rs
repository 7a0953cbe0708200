//! Changes of the directory.
//!
//! Owns: one commit for a change and the note that wakes whoever waits for it; then the turns it calls for. Leaves
//! what a change may do to the core's `Client`.

use super::{Engine, Woken};
use crate::Error;
use jobwright_core::{
    directory::{Client, Staff},
    id::{ClientId, RoleId, StaffId},
};
use jobwright_store::directory::{self, ContactRole};

impl Engine {
    /// Changes a client, or makes it when `change` is handed nothing; gives what the change gives.
    ///
    /// # Errors
    /// What the change says, or that the store cannot be written.
    pub fn change_client<T, E: From<Error>>(
        &self,
        id: &ClientId,
        change: impl FnOnce(Option<Client>) -> Result<(Client, T), E>,
    ) -> Result<(T, Woken), E> {
        let mut seated = self.sit()?;
        let before = directory::client(&self.reader(), id).map_err(Error::from)?;
        let (after, given) = change(before.value.clone())?;
        after.must_fit().map_err(Error::from)?;
        if before.value.as_ref() != Some(&after) {
            let draft = directory::put_client(&before, &after).map_err(Error::from)?;
            self.commit(&mut seated, draft)?;
        }
        Ok((given, self.wake_waiting(&mut seated)?))
    }

    /// Writes many clients with one flush, for an import: at most as many as a batch of commits takes. Whoever calls it
    /// wakes waiting jobs once at the end. Gives how many were changed; those that are the same already are not written.
    ///
    /// # Errors
    /// When the store cannot be written. What was written before stays, and the same import completes the rest.
    pub fn put_clients(&self, clients: &[Client]) -> Result<usize, Error> {
        let mut seated = self.sit()?;
        let mut drafts = Vec::new();
        for client in clients {
            let before = directory::client(&self.reader(), &client.id)?;
            if before.value.as_ref() != Some(client) {
                client.must_fit()?;
                drafts.push(directory::put_client(&before, client)?);
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
    pub fn remove_client(&self, id: &ClientId) -> Result<Woken, Error> {
        let mut seated = self.sit()?;
        let before = directory::client(&self.reader(), id)?;
        if before.value.is_none() {
            return Err(Error::NoSuchClient(id.clone()));
        }
        self.commit(&mut seated, directory::delete_client(&before)?)?;
        self.wake_waiting(&mut seated)
    }

    /// Adds a member of staff or writes one anew.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn put_staff(&self, staff: &Staff) -> Result<Woken, Error> {
        let mut seated = self.sit()?;
        let before = directory::staff(&self.reader())?;
        if before.value.iter().any(|one| one == staff) {
            return Ok(Woken::default());
        }
        self.commit(&mut seated, directory::put_staff(&before, staff)?)?;
        self.wake_waiting(&mut seated)
    }

    /// Removes a member of staff.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn remove_staff(&self, id: &StaffId) -> Result<Woken, Error> {
        let mut seated = self.sit()?;
        let before = directory::staff(&self.reader())?;
        self.commit(&mut seated, directory::delete_staff(&before, id)?)?;
        self.wake_waiting(&mut seated)
    }

    /// Adds a contact role or writes it anew.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn put_role(&self, role: &ContactRole) -> Result<(), Error> {
        let mut seated = self.sit()?;
        if directory::role(&self.reader(), &role.id)?.as_ref() != Some(role) {
            self.commit(&mut seated, directory::put_role(role)?)?;
        }
        Ok(())
    }

    /// Takes a contact role off the practice's list.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn remove_role(&self, id: &RoleId) -> Result<(), Error> {
        let mut seated = self.sit()?;
        self.commit(&mut seated, directory::delete_role(id))?;
        Ok(())
    }
}
