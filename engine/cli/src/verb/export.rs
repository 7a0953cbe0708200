//! `export`: everything that a practice keeps, in open formats.
//!
//! Owns: what goes where in the folder, and that nothing is held at once but a page of rows and one job. The shapes are
//! those of `--json`. Leaves making files and their sums to `folder`; a copy to be taken up again is a `backup`.

mod folder;
mod yaml;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jobwright_core::access::{Action, Resource};
use jobwright_core::{
    effect::Effect,
    event::{Event, Recorded},
    id::{EffectId, JobId},
    value::{Type, Value},
};
use jobwright_plugin::{Acts, json};
use jobwright_store::{
    Direction, definitions, directory,
    jobs::{self, LoadedJob},
    outbox,
};
use serde_json::{Value as Json, json};

use self::folder::{Folder, SUMS};
use super::Context;
use super::jobs::head_shape;
use crate::assemble;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::output::counted;
use crate::people::{client_json, contact_json, staff_json};
use crate::progress::Progress;
use crate::report::Result;
use crate::shape;

/// Rows read at once.
const PAGE: usize = 200;
/// Documents in one value deeper than this are none: values are flat lists and maps.
const DEPTH_MAX: usize = 32;

/// Write everything that is kept into a folder, in open formats
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright export /mnt/archive/2026-11
  jobwright -C /srv/practice export all --json
  sha256sum -c SHA256SUMS                  in that folder: proves that it is whole

Clients, contacts, staff, roles and jobs with all their events become JSON lines, letters .eml,
documents the files they were, definitions YAML. The folder must be new or empty; its README.md says
what is in it. `jobwright backup` makes a copy that can be taken up again.")]
pub struct Export {
    /// The folder
    folder: PathBuf,
}

/// How many of each.
#[derive(Default)]
struct Exported {
    clients: u64,
    contacts: u64,
    staff: u64,
    roles: u64,
    definitions: u64,
    jobs: u64,
    events: u64,
    letters: u64,
    documents: u64,
    /// Letters that have no form, since their address is none.
    letters_left_out: u64,
}

/// An export under way.
struct Exporting<'a> {
    desk: &'a Desk,
    folder: Folder<'a>,
    letters: Arc<dyn Acts>,
    done: Exported,
    progress: Progress<'a>,
}

impl Export {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::View, Resource::Store)?;
        let caller = ctx.caller.clone();
        // Letters are built as the practice's own sender builds them, and go nowhere from here.
        let letters = assemble::task_types(&desk.practice.file, assemble::nowhere())?.letters;
        let folder = Folder::begin(&*caller, &self.folder)?;
        let progress = Progress::of(ctx);
        let mut exporting = Exporting { desk: &desk, folder, letters, done: Exported::default(), progress };
        exporting.people()?;
        exporting.definitions()?;
        exporting.jobs()?;
        exporting.folder.whole("README.md", include_bytes!("export/README.md"))?;
        let Exporting { folder, done, progress, .. } = exporting;
        progress.end();
        let (files, bytes) = (folder.files, folder.bytes);
        folder.finish()?;
        self.say(&done, files, bytes, ctx)?;
        Ok(Exit::Done)
    }

    fn say(&self, done: &Exported, files: u64, bytes: u64, ctx: &mut Context) -> Result<()> {
        if ctx.global.json {
            return Ok(ctx.out.json(&json!({
                "folder": self.folder.display().to_string(), "files": files, "bytes": bytes,
                "clients": done.clients, "contacts": done.contacts, "staff": done.staff, "roles": done.roles,
                "definitions": done.definitions, "jobs": done.jobs, "events": done.events,
                "letters": done.letters, "letters_left_out": done.letters_left_out, "documents": done.documents,
            }))?);
        }
        let (clients, contacts) = (counted(done.clients, "client"), counted(done.contacts, "contact"));
        ctx.say_done(&format!("{clients} with {contacts}, {} staff", done.staff))?;
        let (jobs, events) = (counted(done.jobs, "job"), counted(done.events, "event"));
        let (letters, documents) = (counted(done.letters, "letter"), counted(done.documents, "document"));
        ctx.say_done(&format!("{jobs} with {events}, {letters}, {documents}"))?;
        if done.letters_left_out > 0 {
            ctx.say_done(&format!(
                "{} letters have no .eml, since their address is none; their words stand in the events",
                done.letters_left_out
            ))?;
        }
        let folder = self.folder.display();
        ctx.say_done(&format!("{files} files are in {folder}, and their sums in {folder}/{SUMS}"))
    }
}

impl Exporting<'_> {
    fn people(&mut self) -> Result<()> {
        let reader = self.desk.engine.reader();
        let (mut clients, mut contacts) = (self.folder.list("clients.jsonl")?, self.folder.list("contacts.jsonl")?);
        let mut after = None;
        loop {
            let page = directory::clients(&reader, after.as_ref(), PAGE)?;
            for client in page.found.iter().map(|client| &client.value) {
                clients.line(&client_json(client))?;
                self.done.clients += 1;
                for (place, contact) in client.contacts.iter().enumerate() {
                    contacts.line(&contact_json(client, place, contact))?;
                    self.done.contacts += 1;
                }
            }
            self.progress.say(|| format!("{} clients", self.done.clients));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.folder.end(clients)?;
        self.folder.end(contacts)?;
        let mut staff = self.folder.list("staff.jsonl")?;
        for one in directory::staff(&reader)?.value {
            staff.line(&staff_json(&one))?;
            self.done.staff += 1;
        }
        self.folder.end(staff)?;
        let mut roles = self.folder.list("roles.jsonl")?;
        for role in directory::roles(&reader)? {
            roles.line(&super::role::shape(&role))?;
            self.done.roles += 1;
        }
        self.folder.end(roles)?;
        self.changes()
    }

    /// The trail of the directory.
    fn changes(&mut self) -> Result<()> {
        let mut changes = self.folder.list("changes.jsonl")?;
        let mut after = None;
        loop {
            let page = directory::all_changes(&self.desk.engine.reader(), after, PAGE)?;
            for entry in &page.found {
                changes.line(&super::history::entry_shape(entry))?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.folder.end(changes)
    }

    fn definitions(&mut self) -> Result<()> {
        let reader = self.desk.engine.reader();
        self.folder.folder("definitions")?;
        let mut list = self.folder.list("definitions.jsonl")?;
        let mut after = None;
        loop {
            let page = definitions::newest(&reader, after.as_ref(), PAGE)?;
            for newest in page.found {
                self.folder.folder(&format!("definitions/{}", newest.id))?;
                self.versions(&newest.id, &mut list)?;
            }
            after = page.next;
            if after.is_none() {
                return self.folder.end(list);
            }
        }
    }

    /// All versions of a definition, newest first.
    fn versions(&mut self, id: &jobwright_core::id::DefinitionId, list: &mut folder::Growing) -> Result<()> {
        let (reader, zone) = (self.desk.engine.reader(), &self.desk.practice.zone);
        let mut below = None;
        loop {
            let page = definitions::versions(&reader, id, below, PAGE)?;
            for version in page.found {
                list.line(&json!({
                    "definition": id.as_str(), "number": version.number, "version_hash": version.hash.to_string(),
                    "label": version.label, "at": shape::moment(version.at, zone), "by": shape::actor(&version.by),
                }))?;
                if let Some(source) = definitions::source(&reader, version.hash)? {
                    let name = format!("definitions/{id}/{}.yaml", version.number);
                    self.folder.whole(&name, yaml::yaml(&source.text).as_bytes())?;
                    self.done.definitions += 1;
                }
            }
            below = page.next;
            if below.is_none() {
                return Ok(());
            }
        }
    }

    fn jobs(&mut self) -> Result<()> {
        let reader = self.desk.engine.reader();
        self.folder.folder("letters")?;
        self.folder.folder("documents")?;
        let mut list = self.folder.list("jobs.jsonl")?;
        let mut after = None;
        loop {
            let page = jobs::list(&reader, after, PAGE, Direction::Forward)?;
            for head in page.found {
                // Removed meanwhile, it is in nobody's export.
                let Some(loaded) = jobs::load(&reader, head.value.id)? else { continue };
                let job = self.job(&loaded);
                list.line(&job)?;
                self.letters(head.value.id, &loaded.events)?;
                self.documents(&job, 0)?;
                self.done.jobs += 1;
                self.done.events += loaded.events.len() as u64;
                self.progress.say(|| format!("{} jobs, {} letters", self.done.jobs, self.done.letters));
            }
            after = page.next;
            if after.is_none() {
                return self.folder.end(list);
            }
        }
    }

    /// The head and the story. It is told from the events alone, also of a job that was set aside.
    fn job(&self, loaded: &LoadedJob) -> Json {
        let zone = &self.desk.practice.zone;
        let mut job = head_shape(&loaded.head.value, zone);
        job["events"] = loaded.events.iter().map(|event| shape::event(event, zone)).collect();
        job
    }

    fn letters(&mut self, job: JobId, events: &[Recorded]) -> Result<()> {
        let mut has_folder = false;
        for recorded in events {
            let Event::LetterWritten { task, letter, .. } = &recorded.event else { continue };
            let id = EffectId { job, event: recorded.number, index: 0 };
            let effect = Effect::SendLetter { task: task.clone(), letter: letter.clone() };
            let Some(bytes) = self.letter(id, &effect, recorded)? else {
                self.done.letters_left_out += 1;
                continue;
            };
            if !has_folder {
                self.folder.folder(&format!("letters/{job}"))?;
                has_folder = true;
            }
            self.folder.whole(&format!("letters/{job}/{}-{}.eml", id.event, id.index), &bytes)?;
            self.done.letters += 1;
        }
        Ok(())
    }

    /// The bytes that are sent, or those that the same words make now.
    fn letter(&self, id: EffectId, effect: &Effect, recorded: &Recorded) -> Result<Option<Vec<u8>>> {
        let entry = outbox::load(&self.desk.engine.reader(), id)?;
        if let Some(frozen) = entry.and_then(|entry| entry.value.frozen) {
            return Ok(Some(frozen.mime));
        }
        Ok(self.letters.freeze(id, effect, recorded.at).ok().map(|frozen| frozen.bytes))
    }

    /// Every document that is named anywhere in the story.
    fn documents(&mut self, json: &Json, depth: usize) -> Result<()> {
        if let Ok(Value::Document(document)) = json::read(json, &Type::Document) {
            let name = format!("documents/{}", document.hash);
            // What is damaged or gone is `verify`'s to tell; here the rest goes on.
            if let Some(bytes) = self.desk.engine.document(&document)? {
                self.done.documents += u64::from(self.folder.whole(&name, &bytes)?);
            }
            return Ok(());
        }
        let inside: Box<dyn Iterator<Item = &Json>> = match json {
            Json::Array(list) => Box::new(list.iter()),
            Json::Object(map) => Box::new(map.values()),
            _ => return Ok(()),
        };
        for one in inside.filter(|_| depth < DEPTH_MAX) {
            self.documents(one, depth + 1)?;
        }
        Ok(())
    }
}
