//! Which client a reference of another system is.
//!
//! Owns: the references that are known, by the clients that came with them, and the rule that two references are never
//! one client without a word: where ids fold together the clients are kept apart when their names differ, and refused
//! with both rows when they do not. Leaves making ids to `ids`.

use std::collections::HashMap;

use jobwright_core::id::ClientId;
use jobwright_core::value::Value;
use jobwright_definition::diagnostic::quoted;
use jobwright_runtime::Engine;
use jobwright_store::directory;

use super::ids::{id_of, marked};
use super::{Incoming, folded_name};
use crate::report::Result;

/// Clients that are read at once.
const PAGE: usize = 500;
/// The key under which an import remembers a reference.
pub const REFERENCE: &str = "client_id";

/// Who is known, and by which reference.
pub struct References {
    by_reference: HashMap<String, ClientId>,
    known: HashMap<ClientId, Holder>,
    /// What is to be said of the reference resolved last.
    pub note: Option<String>,
}

/// Who has an id.
#[derive(Clone, Debug)]
struct Holder {
    name: String,
    /// What the source calls it; nothing of one that was made by hand, or that has its id from the source.
    reference: Option<String>,
    /// The row that it came from in this import.
    place: Option<String>,
}

impl References {
    /// Those of the store.
    pub fn of(engine: &Engine) -> Result<Self> {
        let (mut by_reference, mut known) = (HashMap::new(), HashMap::new());
        let mut after = None;
        loop {
            let page = directory::imported_clients(&engine.reader(), after.as_ref(), PAGE)?;
            for (id, imported) in page.found {
                if let Some(reference) = imported.said.get(REFERENCE).and_then(Value::as_text) {
                    by_reference.insert(reference.to_owned(), id.clone());
                    let name = imported.said.get("name").map(ToString::to_string).unwrap_or_default();
                    known.insert(id, Holder { name, reference: Some(reference.to_owned()), place: None });
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        loop {
            let page = directory::clients(&engine.reader(), after.as_ref(), PAGE)?;
            for client in page.found.into_iter().map(|client| client.value) {
                if let Some(source) = &client.source {
                    by_reference.entry(source.clone()).or_insert_with(|| client.id.clone());
                }
                let remembered = known.get(&client.id).and_then(|holder: &Holder| holder.reference.clone());
                let reference = remembered.or(client.source);
                known.insert(client.id, Holder { name: client.name, reference, place: None });
            }
            after = page.next;
            if after.is_none() {
                return Ok(Self { by_reference, known, note: None });
            }
        }
    }

    /// Takes the ids of a file's references that are ids already, so that no other reference is given them.
    pub fn claim_exact(&mut self, file: &str, clients: &[Incoming]) {
        for one in clients {
            let is_id = id_of(&one.reference, "client") == one.reference;
            let id = ClientId::new(one.reference.as_str()).ok().filter(|id| is_id && !self.known.contains_key(id));
            if let Some(id) = id {
                let holder = Holder {
                    name: one.name().unwrap_or_default().to_owned(),
                    reference: Some(one.reference.clone()),
                    place: Some(format!("{file}:{}", one.line())),
                };
                self.by_reference.entry(one.reference.clone()).or_insert_with(|| id.clone());
                self.known.insert(id, holder);
            }
        }
    }

    /// The client that a reference is, known or new.
    pub fn resolve(&mut self, file: &str, one: &Incoming) -> std::result::Result<ClientId, String> {
        if let Some(id) = self.by_reference.get(&one.reference) {
            return Ok(id.clone());
        }
        let folded = id_of(&one.reference, "client");
        let id = ClientId::new(folded.as_str()).map_err(|fault| fault.to_string())?;
        self.note = None;
        let id = match self.known.get(&id) {
            None => id,
            // The id itself, of a client that was not imported, or by another reference.
            Some(holder) if folded == one.reference && (holder.reference.is_none() || self.agrees(holder, one)) => id,
            Some(holder) => {
                let apart = self.apart(holder, one, &id)?;
                if apart != id {
                    let note =
                        format!("{} becomes client {apart}, since {id} is {}", quoted(&one.reference), holder.name);
                    self.note = Some(note);
                }
                apart
            }
        };
        let holder = Holder {
            name: one.name().unwrap_or_default().to_owned(),
            reference: Some(one.reference.clone()),
            place: Some(format!("{file}:{}", one.line())),
        };
        self.by_reference.insert(one.reference.clone(), id.clone());
        self.known.entry(id.clone()).or_insert(holder);
        Ok(id)
    }

    fn agrees(&self, holder: &Holder, one: &Incoming) -> bool {
        one.name().is_none_or(|name| folded_name(name) == folded_name(&holder.name))
    }

    /// The id of a client whose reference folds to the id of another one.
    fn apart(&self, holder: &Holder, one: &Incoming, id: &ClientId) -> std::result::Result<ClientId, String> {
        let other = match (&holder.reference, &holder.place) {
            (Some(reference), Some(place)) => format!("{} of {place}", quoted(reference)),
            (Some(reference), None) => format!("{} of an earlier import", quoted(reference)),
            (None, _) => format!("client {id}, which no import has brought"),
        };
        // One that was made by hand, and is written in another way by the source.
        if holder.reference.is_none() && one.name().is_some() && self.agrees(holder, one) {
            return Ok(id.clone());
        }
        let names_differ = one.name().is_some() && !self.agrees(holder, one);
        if !names_differ || holder.reference.is_none() {
            return Err(format!(
                "{} and {other} ({}) would both be client {id}; write the id as it is there when they are one client, and give this one another when they are two",
                quoted(&one.reference),
                holder.name
            ));
        }
        let marked = marked(&one.reference, "client");
        let id = ClientId::new(marked.as_str()).map_err(|fault| fault.to_string())?;
        match self.known.contains_key(&id) {
            false => Ok(id),
            true => Err(format!("{} and {other} would both be client {id}", quoted(&one.reference))),
        }
    }
}
