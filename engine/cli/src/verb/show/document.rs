//! A document that somebody handed in, written out.
//!
//! Owns: who is at the door, and the file it goes to. Leaves who may see what to the engine, and that the bytes are the
//! ones handed in to the store.

use std::io;
use std::path::Path;

use jobwright_core::id::Name;
use jobwright_core::value::Document;
use jobwright_runtime::{Looked, Unseen, Viewer};
use serde_json::json;

use crate::assemble::engine_report;
use crate::caller::Caller;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::output::visible;
use crate::report::{Report, Result};
use crate::verb::Context;

/// Before a contact in `--as`.
const CONTACT: &str = "contact:";

/// Writes a document out, for whoever acts.
pub(super) fn hand_out(desk: &Desk, looked: &Looked, name: &str, to: Option<&Path>, ctx: &mut Context) -> Result {
    let usage = || Report::usage(format!("`{name}` is no document")).next("write `--document TASK/ITEM`");
    let (task, item) = name.rsplit_once('/').ok_or_else(usage)?;
    let key = desk.task(&looked.job, task)?;
    let item: Name = item.parse().map_err(|_| usage())?;
    let viewer = viewer(desk, looked, ctx.global.acting.as_deref())?;
    let scene = looked.scene(&desk.engine).map_err(engine_report)?;
    let document = scene.document_for(&key, &item, &viewer).map_err(unseen)?;
    let bytes = desk.engine.document(document).map_err(engine_report)?;
    let lost = || Report::new(Exit::Store, format!("the bytes of document {name} are not in the store"));
    let bytes = bytes.ok_or_else(lost)?;
    match to {
        Some(path) => {
            write_new(&*ctx.caller, path, &bytes)?;
            say(document, path, ctx)?;
        }
        None if ctx.global.json => ctx.out.json(&shape(document))?,
        None => ctx.out.bytes(&bytes)?,
    }
    Ok(Exit::Done)
}

/// Who is at the door. A contact is one of the job's client, unless another client is named before it.
fn viewer(desk: &Desk, looked: &Looked, claim: Option<&str>) -> Result<Viewer> {
    let Some(claim) = claim else {
        let operator = desk.practice.file.practice.operator.clone();
        return Ok(operator.map_or(Viewer::Practice, Viewer::Staff));
    };
    let nobody = || {
        Report::usage(format!("`{claim}` names nobody"))
            .next("write `--as pat` for staff, `--as contact:ann` or `--as contact:4711/ann` for a contact")
    };
    let Some(contact) = claim.strip_prefix(CONTACT) else {
        return claim.parse().map(Viewer::Staff).map_err(|_| nobody());
    };
    let (client, id) = match contact.split_once('/') {
        Some((client, id)) => (client.parse().map_err(|_| nobody())?, id),
        None => (looked.job.client.clone(), contact),
    };
    Ok(Viewer::Contact(client, id.parse().map_err(|_| nobody())?))
}

fn unseen(unseen: Unseen) -> Report {
    let exit = if matches!(unseen, Unseen::NoDocument(..)) { Exit::NotFound } else { Exit::No };
    Report::new(exit, unseen.to_string())
}

/// A file that was not there: what somebody handed in never takes another file's place.
fn write_new(caller: &dyn Caller, path: &Path, bytes: &[u8]) -> Result<()> {
    let written = caller.create(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.finish()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Report::new(Exit::No, format!("{} is there already", path.display())),
        _ => Report::file("write", path, &error),
    })
}

fn say(document: &Document, path: &Path, ctx: &mut Context) -> Result<()> {
    if ctx.global.json {
        let mut shape = shape(document);
        shape["to"] = json!(path.display().to_string());
        ctx.out.json(&shape)?;
    } else if !ctx.global.quiet {
        let (name, size) = (visible(&document.name), document.size);
        ctx.out.line(format!("{name}, {size} bytes, is in {}", path.display()))?;
    }
    Ok(())
}

fn shape(document: &Document) -> serde_json::Value {
    json!({ "name": document.name, "size": document.size, "sha256": document.hash.to_string() })
}
