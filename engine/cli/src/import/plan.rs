//! What an import does: who is there already is changed, who is not is added, nobody is doubled and nothing that a person
//! did by hand is taken back.
//!
//! Owns: the outcome of each client and contact, field by field, and writing it in batches once all files are read, so
//! that a long import waits for the disk once a batch. A contact that the file does not name stays. Leaves who a row is to
//! `references` and `identity`, and what becomes of a value to `merge`.

use std::collections::{BTreeMap, BTreeSet};

use jobwright_core::address;
use jobwright_core::directory::trail::{Attribution, Subject};
use jobwright_core::directory::{Client, Contact, Portal, Staff};
use jobwright_core::id::{ClientId, RoleId, StaffId};
use jobwright_core::value::Value;
use jobwright_definition::people::kept::{client_value, contact_value, staff_value};
use jobwright_definition::people::property;
use jobwright_runtime::{Engine, ImportedClient};
use jobwright_store::Loaded;
use jobwright_store::directory::{self, ContactRole, Imported};

use super::identity::{self, Who};
use super::merge::Case;
use super::references::{self, References};
use super::{Fault, Incoming, IncomingContact};
use crate::report::Result;

/// Clients that are written with one flush.
const BATCH_MAX: usize = 200;
/// The key under which an import remembers the file that spoke of somebody.
const FILE: &str = "file";
/// What `--overwrite` calls bringing back what was removed by hand.
pub const REMOVED: &str = "removed";

/// What became of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Was not there before.
    New,
    /// Is different now.
    Changed,
    /// Is as the file says already.
    Same,
    /// Stays as it was, or away.
    LeftOut,
}

/// A value that an import changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The field.
    pub field: String,
    /// What was there.
    pub before: Value,
    /// What is there now; of a kept one, what the file says.
    pub after: Value,
}

/// What an import does to one client, contact, member of staff or role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// `clients.csv:12`.
    pub place: String,
    /// `client`, `contact`, `staff`, `role`.
    pub kind: &'static str,
    /// `acme`, `acme/ann`, `pat`.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What is changed.
    pub changes: Vec<Change>,
    /// What was set by hand and stays, against what the file says.
    pub kept: Vec<Change>,
    /// Why it was left out.
    pub why: Option<String>,
}

/// How many became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Were not there before.
    pub new: usize,
    /// Are different now.
    pub changed: usize,
    /// Were as the file says already.
    pub same: usize,
    /// Stay as they were.
    pub left_out: usize,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::New => &mut self.new,
            Outcome::Changed => &mut self.changed,
            Outcome::Same => &mut self.same,
            Outcome::LeftOut => &mut self.left_out,
        } += 1;
    }
}

/// What is to be done, and what is to be said of it.
pub struct Plan<'a> {
    engine: &'a Engine,
    overwrite: &'a BTreeSet<String>,
    references: References,
    clients: BTreeMap<ClientId, Planned>,
    staff: Vec<(Staff, Imported)>,
    roles: Vec<(ContactRole, Imported)>,
    /// What became of everybody, in the order of the files.
    pub told: Vec<Told>,
    /// What is wrong or doubtful, in the order of the files.
    pub faults: Vec<Fault>,
    /// Rows that were left out because something is wrong with them or their client.
    pub rows_left_out: usize,
}

#[derive(Clone)]
struct Planned {
    before: Loaded<Option<Client>>,
    after: Option<Client>,
    said: Imported,
}

/// Values of one record that are put together.
struct Merging<'m> {
    last: &'m BTreeMap<String, Value>,
    said: &'m mut BTreeMap<String, Value>,
    overwrite: &'m BTreeSet<String>,
    /// Stands before the keys of a contact: `ann/`.
    prefix: String,
    changes: Vec<Change>,
    kept: Vec<Change>,
}

impl Merging<'_> {
    /// The value that a key has from now on; nothing when it stays as it is.
    fn key(&mut self, key: &str, called: &str, now: &Value, blank: &Value, said: &Value) -> Option<Value> {
        let path = format!("{}{key}", self.prefix);
        let overwrite = self.overwrite.contains(called);
        let merged = Case { now, blank, last: self.last.get(&path), said, overwrite }.merged();
        self.said.insert(path, said.clone());
        let change = |after: &Value| Change { field: called.to_owned(), before: now.clone(), after: after.clone() };
        if merged.is_kept {
            self.kept.push(change(said));
        }
        if merged.value == *now {
            return None;
        }
        self.changes.push(change(&merged.value));
        Some(merged.value)
    }
}

impl<'a> Plan<'a> {
    /// A plan for this engine's store. Fields named in `overwrite` are taken from the files whatever was done by hand.
    pub fn new(engine: &'a Engine, overwrite: &'a BTreeSet<String>) -> Result<Self> {
        Ok(Self {
            engine,
            overwrite,
            references: References::of(engine)?,
            clients: BTreeMap::new(),
            staff: Vec::new(),
            roles: Vec::new(),
            told: Vec::new(),
            faults: Vec::new(),
            rows_left_out: 0,
        })
    }

    /// Takes the clients of one file.
    pub fn clients(&mut self, file: &str, clients: Vec<Incoming>) -> Result<()> {
        self.references.claim_exact(file, &clients);
        let mut met = BTreeSet::new();
        for incoming in clients {
            met.extend(self.client(file, incoming)?);
        }
        self.vanished(file, &met)
    }

    /// Takes one client; gives its id.
    fn client(&mut self, file: &str, mut incoming: Incoming) -> Result<Option<ClientId>> {
        let place = |line: u64| if line == 0 { file.to_owned() } else { format!("{file}:{line}") };
        for (line, why) in std::mem::take(&mut incoming.warnings) {
            self.faults.push(Fault { place: place(line), why, is_warning: true });
        }
        let mut wrong = std::mem::take(&mut incoming.faults);
        let id = match self.references.resolve(file, &incoming) {
            Ok(id) => {
                let note = self.references.note.take();
                let note = note.map(|why| Fault { place: place(incoming.line()), why, is_warning: true });
                self.faults.extend(note);
                Some(id)
            }
            Err(why) => {
                wrong.push((incoming.line(), why));
                None
            }
        };
        let mut warnings = Vec::new();
        let mut planned = None;
        if let Some(id) = &id {
            let Planned { before, after: now, said } = self.known(id)?;
            if now.is_none() && !said.said.is_empty() && !self.overwrite.contains(REMOVED) {
                let why =
                    format!("client {id} was removed here, and stays away; `--overwrite {REMOVED}` brings it back");
                self.faults.push(Fault { place: place(incoming.line()), why: why.clone(), is_warning: true });
                self.left_out(&place(incoming.line()), id.as_str(), &why, 0);
                return Ok(Some(id.clone()));
            }
            let mut one = OneClient {
                file,
                id,
                incoming: &incoming,
                overwrite: self.overwrite,
                told: Vec::new(),
                wrong: &mut wrong,
                warnings: &mut warnings,
            };
            if let Some((after, imported)) = one.merged(now, &said) {
                planned = Some((after, imported, one.told, before));
            }
        }
        // Of somebody who is left out only what is wrong is told.
        for (line, why) in warnings.into_iter().filter(|_| wrong.is_empty()) {
            self.faults.push(Fault { place: place(line), why, is_warning: true });
        }
        wrong.sort_by_key(|(line, _)| *line);
        let lines: BTreeSet<u64> = wrong.iter().map(|(line, _)| *line).collect();
        for (line, why) in wrong {
            self.faults.push(Fault { place: place(line), why, is_warning: false });
        }
        match (planned, id) {
            (Some((after, said, told, before)), Some(id)) if lines.is_empty() => {
                self.told.extend(told);
                self.clients.insert(id.clone(), Planned { before, after: Some(after), said });
                Ok(Some(id))
            }
            (_, id) => {
                let others: Vec<_> =
                    incoming.lines.iter().filter(|line| !lines.contains(line)).map(u64::to_string).collect();
                let why = match others.is_empty() {
                    true => "something is wrong with it".to_owned(),
                    false => format!(
                        "something is wrong with another of its rows, so line {} is left out too",
                        others.join(", ")
                    ),
                };
                self.left_out(&place(incoming.line()), &incoming.reference, &why, incoming.lines.len().max(1));
                Ok(id)
            }
        }
    }

    fn left_out(&mut self, place: &str, id: &str, why: &str, rows: usize) {
        self.rows_left_out += rows;
        self.told.push(Told {
            place: place.to_owned(),
            kind: "client",
            id: id.to_owned(),
            outcome: Outcome::LeftOut,
            changes: Vec::new(),
            kept: Vec::new(),
            why: Some(why.to_owned()),
        });
    }

    /// A row that belongs to nobody.
    pub fn loose(&mut self, faults: Vec<Fault>) {
        let places: BTreeSet<&str> =
            faults.iter().filter(|fault| !fault.is_warning).map(|fault| fault.place.as_str()).collect();
        self.rows_left_out += places.len();
        self.faults.extend(faults);
    }

    /// A client as it is by now, as it was read, and what imports said of it.
    fn known(&self, id: &ClientId) -> Result<Planned> {
        if let Some(planned) = self.clients.get(id) {
            return Ok(planned.clone());
        }
        let before = directory::client(&self.engine.reader(), id)?;
        let said = directory::imported(&self.engine.reader(), &Subject::Client(id.clone()))?;
        let after = before.value.clone();
        Ok(Planned { before, after, said })
    }

    /// Whoever this very file spoke of the last time, and speaks of no more. They stay.
    fn vanished(&mut self, file: &str, met: &BTreeSet<ClientId>) -> Result<()> {
        let name = Value::text(file_name(file));
        let mut after = None;
        loop {
            let page = directory::imported_clients(&self.engine.reader(), after.as_ref(), BATCH_MAX)?;
            for (id, imported) in page.found {
                if imported.said.get(FILE) != Some(&name) || met.contains(&id) {
                    continue;
                }
                if directory::client(&self.engine.reader(), &id)?.value.is_some() {
                    let why = format!("client {id} was in this file the last time and is there no more; it stays");
                    self.faults.push(Fault { place: file.to_owned(), why, is_warning: true });
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Takes a member of staff, by the keys that the file writes.
    pub fn staff(&mut self, place: &str, said: &Staff, keys: &BTreeSet<String>) -> Result<Staff> {
        let all = directory::staff(&self.engine.reader())?.value;
        let earlier = self.staff.iter().find(|(one, _)| one.id == said.id).cloned();
        let stored = all.into_iter().find(|one| one.id == said.id);
        let now = earlier.as_ref().map(|(one, _)| one.clone()).or(stored);
        let last = match earlier {
            Some((_, imported)) => imported,
            None => directory::imported(&self.engine.reader(), &Subject::Staff(said.id.clone()))?,
        };
        let blank = property::new_staff(said.id.clone());
        let mut imported = last.clone();
        let mut merging = Merging {
            last: &last.said,
            said: &mut imported.said,
            overwrite: self.overwrite,
            prefix: String::new(),
            changes: Vec::new(),
            kept: Vec::new(),
        };
        let mut after = now.clone().unwrap_or_else(|| blank.clone());
        for key in property::STAFF_KEYS.iter().copied().chain(["away"]).filter(|key| keys.contains(*key)) {
            let value = staff_value(said, key);
            let Some(value) = merging.key(key, key, &staff_value(&after, key), &staff_value(&blank, key), &value)
            else {
                continue;
            };
            match key {
                "away" => after.away = said.away.clone(),
                // The value was read by the table's own type.
                key => drop(property::set_staff(&mut after, key, value)),
            }
        }
        let Merging { changes, kept, .. } = merging;
        self.tell(place, "staff", said.id.as_str(), now.is_some(), changes, kept);
        self.staff.retain(|(one, _)| one.id != after.id);
        self.staff.push((after.clone(), imported));
        Ok(after)
    }

    /// Takes a contact role.
    pub fn role(&mut self, place: &str, said: &ContactRole) -> Result<()> {
        let now = directory::role(&self.engine.reader(), &said.id)?;
        let last = directory::imported(&self.engine.reader(), &Subject::Role(said.id.clone()))?;
        let mut imported = last.clone();
        let mut merging = Merging {
            last: &last.said,
            said: &mut imported.said,
            overwrite: self.overwrite,
            prefix: String::new(),
            changes: Vec::new(),
            kept: Vec::new(),
        };
        let text = |text: Option<&String>| text.map_or(Value::Nothing, Value::text);
        let mut after = now.clone().unwrap_or(ContactRole { id: said.id.clone(), label: String::new(), hint: None });
        if let Some(Value::Text(label)) =
            merging.key("label", "label", &Value::text(&after.label), &Value::text(""), &Value::text(&said.label))
        {
            after.label = label;
        }
        if said.hint.is_some() {
            let hint =
                merging.key("hint", "hint", &text(after.hint.as_ref()), &Value::Nothing, &text(said.hint.as_ref()));
            if let Some(Value::Text(hint)) = hint {
                after.hint = Some(hint);
            }
        }
        let Merging { changes, kept, .. } = merging;
        self.tell(place, "role", said.id.as_str(), now.is_some(), changes, kept);
        self.roles.push((after, imported));
        Ok(())
    }

    fn tell(
        &mut self,
        place: &str,
        kind: &'static str,
        id: &str,
        was_there: bool,
        changes: Vec<Change>,
        kept: Vec<Change>,
    ) {
        let outcome = outcome(was_there, &changes);
        self.told.push(Told { place: place.to_owned(), kind, id: id.to_owned(), outcome, changes, kept, why: None });
    }

    /// How many of a kind became what.
    pub fn counts(&self, kind: &str) -> Counts {
        let mut counts = Counts::default();
        let mut of: BTreeMap<&str, Outcome> = BTreeMap::new();
        for told in self.told.iter().filter(|told| told.kind == kind && told.outcome != Outcome::LeftOut) {
            // Of one that several files speak of, the most that became of it.
            let known = of.entry(&told.id).or_insert(told.outcome);
            if *known == Outcome::Same {
                *known = told.outcome;
            }
        }
        if kind == "client" {
            // A client whose contacts alone are changed is changed.
            let is_changed =
                |told: &&Told| told.kind == "contact" && matches!(told.outcome, Outcome::New | Outcome::Changed);
            for told in self.told.iter().filter(is_changed) {
                let client = told.id.split('/').next().unwrap_or_default();
                if let Some(known) = of.get_mut(client).filter(|known| **known == Outcome::Same) {
                    *known = Outcome::Changed;
                }
            }
        }
        of.into_values().for_each(|outcome| counts.add(outcome));
        counts.left_out = self.told.iter().filter(|told| told.kind == kind && told.outcome == Outcome::LeftOut).count();
        counts
    }

    /// Writes what was planned.
    pub fn write(&mut self, who: &Attribution) -> Result<()> {
        for (role, said) in &self.roles {
            self.engine.import_role(role, said, who)?;
        }
        for (staff, said) in &self.staff {
            self.engine.import_staff(staff, said, who)?;
        }
        let mut batch = Vec::new();
        for (id, planned) in std::mem::take(&mut self.clients) {
            let Planned { before, after, said } = planned;
            batch.push(ImportedClient { before, after, id, said });
            if batch.len() >= BATCH_MAX {
                self.engine.import_clients(&batch, who)?;
                batch.clear();
            }
        }
        if !batch.is_empty() {
            self.engine.import_clients(&batch, who)?;
        }
        Ok(())
    }
}

/// One client that is put together.
struct OneClient<'c> {
    file: &'c str,
    id: &'c ClientId,
    incoming: &'c Incoming,
    overwrite: &'c BTreeSet<String>,
    told: Vec<Told>,
    wrong: &'c mut Vec<(u64, String)>,
    warnings: &'c mut Vec<(u64, String)>,
}

impl OneClient<'_> {
    /// The client as it is to be, and what imports have said of it by then. Nothing when something is wrong.
    fn merged(&mut self, now: Option<Client>, last: &Imported) -> Option<(Client, Imported)> {
        let incoming = self.incoming;
        let is_new = now.is_none();
        let blank = property::new_client(self.id.clone());
        if is_new && incoming.name().is_none() {
            self.wrong.push((incoming.line(), format!("client {} is new and has no name", self.id)));
        }
        let mut client = now.unwrap_or_else(|| blank.clone());
        let mut imported = last.clone();
        imported.said.insert(FILE.to_owned(), Value::text(file_name(self.file)));
        if !incoming.is_exact {
            imported.said.insert(references::REFERENCE.to_owned(), Value::text(&incoming.reference));
            if client.source.is_none() && incoming.reference != self.id.as_str() {
                client.source = Some(incoming.reference.clone());
            }
        }
        // Of somebody who is made anew nothing is there that could have been set by hand.
        let nothing = BTreeMap::new();
        let mut merging = Merging {
            last: if is_new { &nothing } else { &last.said },
            said: &mut imported.said,
            overwrite: self.overwrite,
            prefix: String::new(),
            changes: Vec::new(),
            kept: Vec::new(),
        };
        for (key, said, line) in &incoming.said {
            let called = if key == "name" { "client_name" } else { key };
            let now = client_value(&client, key);
            let blank = client_value(&blank, key);
            // A choice by hand stays, whenever it was made (b033); one that a rule made is the source's to change.
            if key == "primary_staff" && now != *said && !self.overwrite.contains(called) {
                merging.said.insert(key.clone(), said.clone());
                let change = Change { field: called.to_owned(), before: now, after: said.clone() };
                if client.staff.primary_by_hand {
                    merging.kept.push(change);
                } else {
                    merging.changes.push(change);
                    // A text is the id of a member of staff, which was looked up.
                    drop(set_client(&mut client, key, said.clone()));
                }
                continue;
            }
            let Some(value) = merging.key(key, called, &now, &blank, said) else { continue };
            if let Err(why) = set_client(&mut client, key, value) {
                self.wrong.push((*line, format!("{called}: {why}")));
            }
        }
        let Merging { changes, kept, .. } = merging;
        let place = self.place(incoming.line());
        let told = Told {
            place,
            kind: "client",
            id: self.id.to_string(),
            outcome: outcome(!is_new, &changes),
            changes,
            kept,
            why: None,
        };
        self.told.push(told);
        self.contacts(&mut client, last, &mut imported);
        if let Err(why) = client.must_fit() {
            self.wrong.push((incoming.line(), why.to_string()));
        }
        self.wrong.is_empty().then_some((client, imported))
    }

    fn contacts(&mut self, client: &mut Client, last: &Imported, imported: &mut Imported) {
        let rows = &self.incoming.contacts;
        let found = identity::find(client, &last.said, rows, self.incoming.is_exact);
        self.warnings.extend(found.warnings);
        if !found.faults.is_empty() {
            self.wrong.extend(found.faults);
            return;
        }
        let before = client.contacts.clone();
        let mut met = BTreeSet::new();
        for (row, who) in rows.iter().zip(found.who) {
            let (mut contact, is_new) = match who {
                Who::Again => continue,
                Who::Removed(id) if !self.overwrite.contains(REMOVED) => {
                    let why = format!(
                        "contact {}/{id} was removed here, and stays away; `--overwrite {REMOVED}` brings it back",
                        self.id
                    );
                    self.warnings.push((row.line, why.clone()));
                    self.tell(row.line, &id, Outcome::LeftOut, Vec::new(), Vec::new(), Some(why));
                    continue;
                }
                Who::Removed(id) => match id.parse() {
                    Ok(id) => (property::new_contact(id), true),
                    Err(_) => continue,
                },
                Who::Known(place) => (before[place].clone(), false),
                Who::New(id) => (property::new_contact(id), true),
            };
            met.insert(contact.id.to_string());
            let (changes, kept) = self.contact(&mut contact, is_new, row, &client.name, last, imported);
            self.tell(row.line, contact.id.as_str(), outcome(!is_new, &changes), changes, kept, None);
            match client.contact_mut(&contact.id) {
                Ok(known) => *known = contact,
                Err(_) => {
                    if let Err(why) = client.add_contact(contact) {
                        self.wrong.push((row.line, why.to_string()));
                    }
                }
            }
        }
        self.vanished(&before, last, &met);
    }

    /// Puts what a row says into its contact.
    fn contact(
        &mut self,
        contact: &mut Contact,
        is_new: bool,
        row: &IncomingContact,
        client_name: &str,
        last: &Imported,
        imported: &mut Imported,
    ) -> (Vec<Change>, Vec<Change>) {
        let blank = property::new_contact(contact.id.clone());
        let prefix = format!("{}/", contact.id);
        imported.said.insert(format!("{prefix}{FILE}"), Value::text(file_name(self.file)));
        if let Some(reference) = row.reference.as_ref().filter(|_| !self.incoming.is_exact) {
            imported.said.insert(format!("{prefix}{}", identity::REFERENCE), Value::text(reference));
            if contact.source.is_none() && *reference != contact.id.as_str() {
                contact.source = Some(reference.clone());
            }
        }
        let (was_active, had) = (contact.portal == Portal::Active, contact.email.clone());
        let nothing = BTreeMap::new();
        let mut merging = Merging {
            last: if is_new { &nothing } else { &last.said },
            said: &mut imported.said,
            overwrite: self.overwrite,
            prefix,
            changes: Vec::new(),
            kept: Vec::new(),
        };
        // The address first: by a new one an activated portal is stale, whatever the row says of it (b104).
        let email = row.said.iter().filter(|(key, _)| key == "email");
        let others = row.said.iter().filter(|(key, _)| key != "email");
        for (key, said) in email.chain(others) {
            let called = if key == "name" { "contact_name" } else { key };
            let has_moved = match (&had, &contact.email) {
                (Some(one), Some(other)) => !address::same(one, other),
                (one, other) => one != other,
            };
            if key == "portal" && was_active && has_moved && !self.overwrite.contains(called) {
                merging.said.insert(format!("{}{key}", merging.prefix), said.clone());
                continue;
            }
            let now = contact_value(contact, key);
            let Some(value) = merging.key(key, called, &now, &contact_value(&blank, key), said) else { continue };
            if let Err(why) = property::set_contact(contact, key, value) {
                self.wrong.push((row.line, format!("{called}: {why}")));
            }
        }
        let Merging { mut changes, kept, .. } = merging;
        if was_active && contact.portal == Portal::Stale {
            let change = |word: &str| Value::text(word);
            changes.push(Change { field: "portal".to_owned(), before: change("active"), after: change("stale") });
        }
        if is_new && row.name().is_none() {
            client_name.clone_into(&mut contact.name);
            let why = format!("the contact has no name; letters to {}/{} greet {client_name}", self.id, contact.id);
            self.warnings.push((row.line, why));
        }
        (changes, kept)
    }

    /// Contacts that this very file spoke of the last time, and speaks of no more. They stay.
    fn vanished(&mut self, before: &[Contact], last: &Imported, met: &BTreeSet<String>) {
        let name = Value::text(file_name(self.file));
        for contact in before.iter().filter(|contact| !met.contains(contact.id.as_str())) {
            if last.said.get(&format!("{}/{FILE}", contact.id)) == Some(&name) {
                let why = format!(
                    "{}/{} ({}) was in this file the last time and is there no more; the contact stays",
                    self.id, contact.id, contact.name
                );
                self.warnings.push((self.incoming.line(), why));
            }
        }
    }

    fn tell(
        &mut self,
        line: u64,
        id: &str,
        outcome: Outcome,
        changes: Vec<Change>,
        kept: Vec<Change>,
        why: Option<String>,
    ) {
        let told = Told {
            place: self.place(line),
            kind: "contact",
            id: format!("{}/{id}", self.id),
            outcome,
            changes,
            kept,
            why,
        };
        self.told.push(told);
    }

    fn place(&self, line: u64) -> String {
        if line == 0 { self.file.to_owned() } else { format!("{}:{line}", self.file) }
    }
}

/// Sets a key of a client, who works for it among them.
fn set_client(client: &mut Client, key: &str, value: Value) -> std::result::Result<(), String> {
    let one = |value: &Value| value.as_text().and_then(|text| StaffId::new(text).ok());
    match key.strip_prefix("staff.") {
        None if key == "primary_staff" => {
            client.staff.primary_by_hand = false;
            client.set_primary_staff(one(&value), false);
            Ok(())
        }
        None => property::set_client(client, key, value),
        Some(role) => {
            let role = RoleId::new(role).map_err(|fault| fault.to_string())?;
            let Value::List(values) = value else { return Err("is not a list of staff".to_owned()) };
            let ids: Vec<StaffId> = values.iter().filter_map(one).collect();
            if ids.is_empty() {
                client.staff.assigned.remove(&role);
            } else {
                client.staff.assigned.insert(role, ids);
            }
            Ok(())
        }
    }
}

fn outcome(was_there: bool, changes: &[Change]) -> Outcome {
    match (was_there, changes) {
        (false, _) => Outcome::New,
        (true, []) => Outcome::Same,
        (true, _) => Outcome::Changed,
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
