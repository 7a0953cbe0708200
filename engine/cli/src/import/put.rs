//! Writing what came in: who is there already is changed, who is not is added, and nobody is doubled.
//!
//! Owns: finding a client by its id and a contact by its id or its address, keeping what the source does not know, and
//! writing in batches, so that a long file waits for the disk once a batch. A contact that the file does not name stays.

use jobwright_core::directory::trail::Attribution;
use jobwright_core::directory::{Client, Contact, Portal};
use jobwright_core::value::Value;
use jobwright_definition::people::property;
use jobwright_runtime::Engine;
use jobwright_store::directory;

use super::{Incoming, IncomingContact, Said, Towards};
use crate::report::Result;

/// Clients that are written with one flush.
const BATCH_MAX: usize = 200;

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Clients that were not there before.
    pub new: usize,
    /// Clients that are different now.
    pub changed: usize,
    /// Clients that were as the file says already.
    pub same: usize,
}

/// Writes clients, or only counts what writing would do.
pub struct Put<'a> {
    engine: &'a Engine,
    /// Who brings them in, for the trail of the directory.
    pub who: Attribution,
    writes: bool,
    pending: Vec<Client>,
    counts: Counts,
}

impl<'a> Put<'a> {
    /// Writes into this engine's store; or, for a trial, only looks.
    pub fn new(engine: &'a Engine, who: Attribution, writes: bool) -> Self {
        Self { engine, who, writes, pending: Vec::new(), counts: Counts::default() }
    }

    /// Takes a client; a fault says why it cannot be taken.
    pub fn client(&mut self, incoming: Incoming) -> Result<std::result::Result<(), String>> {
        // Rows of a client may come back further down the file, while its first ones still wait to be written.
        let waiting = self.pending.iter().position(|client| client.id == incoming.id);
        let before = match waiting {
            Some(place) => Some(self.pending[place].clone()),
            None => directory::client(&self.engine.reader(), &incoming.id)?.value,
        };
        let after = match merged(before.clone(), incoming) {
            Ok(after) => after,
            Err(why) => return Ok(Err(why)),
        };
        match (waiting, &before) {
            (Some(place), _) => self.pending[place] = after,
            (None, Some(before)) if *before == after => self.counts.same += 1,
            (None, before) => {
                *(if before.is_some() { &mut self.counts.changed } else { &mut self.counts.new }) += 1;
                self.pending.push(after);
            }
        }
        if self.pending.len() >= BATCH_MAX {
            self.flush()?;
        }
        Ok(Ok(()))
    }

    /// Writes what is left, and says what was done.
    pub fn finish(mut self) -> Result<Counts> {
        self.flush()?;
        Ok(self.counts)
    }

    fn flush(&mut self) -> Result<()> {
        if self.writes {
            self.engine.put_clients(&self.pending, &self.who)?;
        }
        self.pending.clear();
        Ok(())
    }
}

fn merged(before: Option<Client>, incoming: Incoming) -> std::result::Result<Client, String> {
    let is_new = before.is_none();
    let mut client = before.unwrap_or_else(|| property::new_client(incoming.id.clone()));
    if let (Some(known), Some(source)) = (&client.source, &incoming.source)
        && known != source
    {
        return Err(format!("`{source}` and `{known}` of the source would both be client {}", client.id));
    }
    if incoming.source.is_some() {
        client.source = incoming.source;
    }
    match incoming.said {
        Said::Whole(said) => whole(&mut client, *said),
        Said::Some { keys, staff, contacts } => {
            if is_new && !keys.iter().any(|(key, _)| key == "name") {
                return Err(format!("client {} is new and has no name", client.id));
            }
            for (key, value) in keys {
                property::set_client(&mut client, &key, value).map_err(|why| format!("{key}: {why}"))?;
            }
            for (towards, people) in staff {
                match towards {
                    // What a person chose by hand is left alone by imports (b033).
                    Towards::Primary => client.set_primary_staff(people.into_iter().next(), false),
                    Towards::Role(role) => drop(client.staff.assigned.insert(role, people)),
                }
            }
            for contact in contacts {
                some_contact(&mut client, contact)?;
            }
        }
    }
    Ok(client)
}

/// What a people file says of a client. What only the engine knows stays: dealings, refused addresses, sign-ins.
fn whole(client: &mut Client, said: Client) {
    client.name = said.name;
    client.kind = said.kind;
    client.status = said.status;
    client.services = said.services;
    client.office = said.office;
    overlay(&mut client.fields, said.fields);
    client.staff.assigned = said.staff.assigned;
    if said.staff.primary.is_some() {
        client.set_primary_staff(said.staff.primary, false);
    }
    for contact in said.contacts {
        match client.contacts.iter_mut().find(|known| known.id == contact.id) {
            Some(known) => *known = known_contact(known, contact),
            None => client.contacts.push(contact),
        }
    }
}

fn known_contact(known: &Contact, said: Contact) -> Contact {
    let portal = match (said.portal, known.email == said.email) {
        (Portal::None, true) => known.portal,
        (Portal::None, false) if known.portal == Portal::Active => Portal::Stale,
        (Portal::None, false) => known.portal,
        (portal, _) => portal,
    };
    Contact { portal, bounced: known.bounced.clone(), last_login: known.last_login, ..said }
}

/// Fields that are said replace those that are known; the others stay.
fn overlay(known: &mut Value, said: Value) {
    match (known, said) {
        (Value::Map(known), Value::Map(said)) => {
            for (name, value) in said {
                overlay(known.entry(name).or_insert(Value::Nothing), value);
            }
        }
        (known, said) => *known = said,
    }
}

fn some_contact(client: &mut Client, incoming: IncomingContact) -> std::result::Result<(), String> {
    let address = incoming.keys.iter().find(|(key, _)| key == "email").and_then(|(_, value)| value.as_text());
    let same_address = |contact: &Contact| match (&contact.email, address) {
        (Some(known), Some(said)) => known.eq_ignore_ascii_case(said),
        _ => false,
    };
    let by_id = client.contacts.iter().position(|contact| contact.id == incoming.id);
    // An id that was made here says less than an address that is known.
    let by_address = || client.contacts.iter().position(same_address);
    let place = if incoming.id_is_given { by_id } else { by_address().or(by_id) };
    let mut contact = match place {
        Some(place) => client.contacts[place].clone(),
        None => property::new_contact(incoming.id),
    };
    for (key, value) in incoming.keys {
        property::set_contact(&mut contact, &key, value)
            .map_err(|why| format!("line {}: {key}: {why}", incoming.line))?;
    }
    match place {
        Some(place) => client.contacts[place] = contact,
        None => client.add_contact(contact).map_err(|why| format!("line {}: {why}", incoming.line))?,
    }
    Ok(())
}
