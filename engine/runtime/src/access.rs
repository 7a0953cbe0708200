//! Who may see a document that was handed in (b022).
//!
//! Owns: the one answer, for every door. It is asked anew each time, of the directory as it is now, so that a role
//! taken away takes the document with it. What cannot be answered is not shown. Leaves who is at the door, and handing
//! the bytes out, to whoever keeps the door.

use crate::answer::ask;
use crate::facts::Scene;
use jobwright_core::{
    directory::Contact,
    id::{ClientId, ContactId, Name, StaffId},
    job::Run,
    plan::{Item, Parts, Request, Work},
    recipient::{Channel, Found, PersonId},
    task::TaskKey,
    value::Document,
};

/// Who wants to see something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Whoever may open the practice's folder, and says no other name.
    Practice,
    /// A member of staff.
    Staff(StaffId),
    /// A contact: always of one client, since another client may have one of the same id.
    Contact(ClientId, ContactId),
}

/// Why a document is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unseen {
    /// Nothing was handed in under that name.
    #[error("task `{0}` has no document `{1}`")]
    NoDocument(TaskKey, Name),
    /// No such member of staff is active.
    #[error("there is no active member of staff `{0}`")]
    NotStaff(StaffId),
    /// The document belongs to another client.
    #[error("contact {1} of client {0} may see no document of another client")]
    OtherClient(ClientId, ContactId),
    /// No such contact of the client is active.
    #[error("client {0} has no active contact `{1}`")]
    NotActive(ClientId, ContactId),
    /// The rule of the document leaves this contact out.
    #[error("contact {contact} may not see document `{item}`: it is for {rule}, and for whoever handed it in")]
    NotForThem {
        /// Who.
        contact: ContactId,
        /// Which.
        item: Name,
        /// The rule, in words.
        rule: String,
    },
}

impl Scene<'_> {
    /// A document that was handed in, for somebody who may see it: staff always, and of the client's active contacts
    /// whoever handed it in and those whom `visible_to` finds; all of them where it is not written.
    ///
    /// # Errors
    /// Why it is not shown.
    pub fn document_for(&self, key: &TaskKey, item: &Name, viewer: &Viewer) -> Result<&Document, Unseen> {
        // Who is at the door comes first: a stranger is not told what there is.
        let contact = match viewer {
            Viewer::Practice => None,
            Viewer::Staff(id) => self.member(id).map(|()| None)?,
            Viewer::Contact(client, id) => Some(self.contact(client, id)?),
        };
        let no_document = || Unseen::NoDocument(key.clone(), item.clone());
        let run = self.job.run(key).ok_or_else(no_document)?;
        let document = run.answers.get(item).and_then(|(answer, _)| answer.document()).ok_or_else(no_document)?;
        if let Some(contact) = contact {
            self.is_for(key, run, item, contact)?;
        }
        Ok(document)
    }

    fn member(&self, id: &StaffId) -> Result<(), Unseen> {
        let is_active = self.staff.iter().any(|one| one.id == *id && one.active);
        if is_active { Ok(()) } else { Err(Unseen::NotStaff(id.clone())) }
    }

    fn contact(&self, client: &ClientId, id: &ContactId) -> Result<&Contact, Unseen> {
        if *client != self.job.client {
            return Err(Unseen::OtherClient(client.clone(), id.clone()));
        }
        let found = self.client.contact(id).filter(|contact| contact.active);
        found.ok_or_else(|| Unseen::NotActive(client.clone(), id.clone()))
    }

    fn is_for(&self, key: &TaskKey, run: &Run, item: &Name, contact: &Contact) -> Result<(), Unseen> {
        let viewer = PersonId::Contact(contact.id.clone());
        if run.answers.get(item).is_some_and(|(_, by)| by.person().as_ref() == Some(&viewer)) {
            return Ok(());
        }
        let not_for_them = |rule| Unseen::NotForThem { contact: contact.id.clone(), item: item.clone(), rule };
        // A version that has lost the item no longer says whom it is for.
        let written = self.item(key, item).ok_or_else(|| not_for_them("nobody any more".into()))?;
        let Some(selector) = &written.visible_to else { return Ok(()) };
        let resolution = ask(self, key, selector, Channel::View);
        let is_found = resolution.found == Found::Chosen && resolution.chosen.iter().any(|one| one.id == viewer);
        if is_found { Ok(()) } else { Err(not_for_them(resolution.tree.rule)) }
    }

    fn item(&self, key: &TaskKey, item: &Name) -> Option<&Item> {
        match &self.prepared.plan.task(&key.task)?.work {
            Work::Request(Request { parts: Parts::Documents { items, .. } | Parts::Form(items), .. }) => {
                items.iter().find(|one| one.id == *item)
            }
            _ => None,
        }
    }
}
