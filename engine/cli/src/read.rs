//! Reading a definition from a file, with all that is known around it.
//!
//! Owns: from a path to a plan, or everything that is wrong with it. Leaves what is right and wrong to `definition`.

use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use jobwright_core::id::DefinitionId;
use jobwright_core::plan::Plan;
use jobwright_definition::{
    code,
    definition::{self, Checked},
    diagnostic::Diagnostics,
    render,
    scenario::{Scenario, scenarios_among, test_file},
    source::Sources,
    surroundings::{self, Others, Surroundings},
    syntax,
};
use jobwright_runtime::Engine;
use jobwright_store::{definitions, directory};

use crate::assemble::store_report;
use crate::caller::Caller;
use crate::others::{Around, Known};
use crate::plugins;
use crate::practice::{Calendars, Practice, shown, unusable, zone};
use crate::report::{Report, Result};
use crate::verb::Context;

/// Most bytes of a file that a definition names.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Most definitions counted as published beside the one that is read.
const DEFINITIONS_MAX: usize = 1_000;

/// A definition that may be published.
pub struct Definition {
    /// Its plan.
    pub plan: Plan,
    /// Its canonical text.
    pub canonical: String,
    /// Its tests, those in the file beside it as well, where they were asked for.
    pub tests: Vec<Scenario>,
    /// Its text, to point into.
    pub sources: Sources,
}

/// Reads a definition that has no errors; warnings are told on standard error.
pub fn definition(
    path: &Path,
    practice: Option<&Practice>,
    engine: Option<&Engine>,
    ctx: &mut Context,
) -> Result<Definition> {
    let caller = ctx.caller.clone();
    let others = around(path, practice, engine, &*caller);
    let (sources, checked) = look(path, practice, engine, &*caller, &others)?;
    usable(path, sources, checked, Vec::new(), ctx)
}

/// The definitions that one may name: what is published where there is a store, else those beside it.
fn around<'a>(
    path: &Path,
    practice: Option<&'a Practice>,
    engine: Option<&'a Engine>,
    caller: &'a dyn Caller,
) -> Around<'a> {
    match engine {
        Some(engine) => Around::published(engine, caller),
        None => Around::files(&[path.to_owned()], practice, None, caller),
    }
}

/// Reads a definition that has no errors, nor have its tests; warnings are told on standard error.
pub fn with_tests(
    path: &Path,
    practice: Option<&Practice>,
    engine: Option<&Engine>,
    ctx: &mut Context,
) -> Result<Definition> {
    let caller = ctx.caller.clone();
    let others = around(path, practice, engine, &*caller);
    let (mut sources, mut checked) = look(path, practice, engine, &*caller, &others)?;
    let tests = tests(path, &mut sources, &mut checked, practice, &*caller, &others)?;
    usable(path, sources, checked, tests, ctx)
}

fn usable(
    path: &Path,
    sources: Sources,
    checked: Checked,
    tests: Vec<Scenario>,
    ctx: &mut Context,
) -> Result<Definition> {
    let has_errors = checked.diagnostics.has_errors();
    let Some(plan) = checked.plan.filter(|_| !has_errors) else {
        return Err(unusable(&shown(path), &sources, &checked.diagnostics));
    };
    if !ctx.global.quiet && checked.diagnostics.warnings() > 0 {
        let colour = ctx.errors.paint().is_coloured();
        ctx.beside(&render::human(&sources, &checked.diagnostics, colour));
    }
    Ok(Definition { plan, canonical: checked.canonical, tests, sources })
}

/// Reads and checks a definition.
pub fn look(
    path: &Path,
    practice: Option<&Practice>,
    engine: Option<&Engine>,
    caller: &dyn Caller,
    others: &dyn Others,
) -> Result<(Sources, Checked)> {
    let bytes = caller.read(path).map_err(|error| Report::file("read", path, &error))?;
    let calendars = match practice {
        Some(practice) => practice.calendars.clone(),
        None => Calendars::shipped()?,
    };
    let around = Surroundings {
        practice: practice.map(|practice| known(practice, engine)).transpose()?,
        calendars: calendars.by_id().clone(),
        is_zone: &|name| zone(name).is_ok(),
        offers: practice.map(plugins::offers).transpose()?.unwrap_or_default(),
        others,
    };
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut sources = Sources::default();
    let mut checked =
        definition::read(&mut sources, &shown(path), &bytes, &|name| beside(caller, &folder, name), &around);
    if engine.is_none() {
        checked.diagnostics = without_people(&checked.diagnostics);
    }
    Ok((sources, checked))
}

/// Reads the definition's own tests, and those in the file beside it; what is wrong with them is added to what is wrong
/// with the definition.
pub fn tests(
    path: &Path,
    sources: &mut Sources,
    checked: &mut Checked,
    practice: Option<&Practice>,
    caller: &dyn Caller,
    others: &dyn Others,
) -> Result<Vec<Scenario>> {
    let file = practice.map(|practice| &practice.file);
    let Checked { plan, tests, diagnostics, .. } = checked;
    let mut read = Vec::new();
    if let Some(tests) = tests {
        read.extend(scenarios_among(tests, plan.as_ref(), others, file, diagnostics));
    }
    let Some(path) = tests_beside(path) else { return Ok(read) };
    let bytes = match caller.read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(read),
        Err(error) => return Err(Report::file("read", &path, &error)),
    };
    let node = syntax::read(sources, &shown(&path), &bytes, diagnostics);
    if let Some(beside) = node.as_ref().and_then(|node| test_file(node, diagnostics)) {
        read.extend(scenarios_among(beside.tests, plan.as_ref(), others, file, diagnostics));
    }
    Ok(read)
}

/// How a file of tests beside a definition ends.
pub const TEST_FILE: &str = ".test.yaml";
/// How a definition ends.
pub const DEFINITION: &str = ".job.yaml";

/// Where a definition's file of tests lies when it has one.
fn tests_beside(definition: &Path) -> Option<PathBuf> {
    let text = definition.to_str()?;
    Some(PathBuf::from(format!("{}{TEST_FILE}", text.strip_suffix(DEFINITION)?)))
}

/// Without a store nobody is known, so it says nothing that nobody holds a staff role.
fn without_people(diagnostics: &Diagnostics) -> Diagnostics {
    let mut kept = Diagnostics::new();
    kept.extend(diagnostics.iter().filter(|one| one.code != code::UNKNOWN_STAFF_ROLE).cloned());
    kept
}

/// Reads a definition by itself, for those that name it: its id, and what it is when it has no faults of its own.
pub fn alone(path: &Path, practice: Option<&Practice>, caller: &dyn Caller) -> Option<(DefinitionId, Option<Known>)> {
    let bytes = caller.read(path).ok()?;
    let around = Surroundings {
        calendars: practice.map(|practice| practice.calendars.by_id().clone()).unwrap_or_default(),
        offers: practice.and_then(|practice| plugins::offers(practice).ok()).unwrap_or_default(),
        ..Surroundings::default()
    };
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut sources = Sources::default();
    let checked = definition::read(&mut sources, &shown(path), &bytes, &|name| beside(caller, &folder, name), &around);
    let canonical = checked.canonical;
    Some((checked.id?, checked.plan.map(|plan| Known { plan: Arc::new(plan), canonical })))
}

/// A file beside a definition: never above its folder, and of a bounded size.
fn beside(caller: &dyn Caller, folder: &Path, name: &str) -> std::result::Result<Vec<u8>, String> {
    let path = Path::new(name);
    if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err("must lie beside the definition or in a folder below it".into());
    }
    let path = folder.join(path);
    let opened = caller.open(&path).map_err(|error| error.to_string())?;
    if opened.size > FILE_BYTES_MAX {
        return Err(format!("has {} bytes; {FILE_BYTES_MAX} are the most", opened.size));
    }
    let mut read = Vec::new();
    opened.bytes.take(FILE_BYTES_MAX).read_to_end(&mut read).map_err(|error| error.to_string())?;
    Ok(read)
}

/// What is known of the practice: its file, and, where the store is open, its people and definitions.
fn known(practice: &Practice, engine: Option<&Engine>) -> Result<surroundings::Practice> {
    let file = &practice.file;
    let mut known = surroundings::Practice {
        client_fields: file.declared.clone(),
        services: file.practice.services.keys().cloned().collect(),
        offices: file.practice.offices.iter().cloned().collect(),
        calendar: Some(file.calendar.value.clone()),
        ..surroundings::Practice::default()
    };
    if let Some(engine) = engine {
        let reader = engine.reader();
        known.contact_roles =
            directory::roles(&reader).map_err(store_report)?.into_iter().map(|role| role.id).collect();
        let staff = directory::staff(&reader).map_err(store_report)?.value;
        known.staff_roles = staff.iter().flat_map(|one| one.roles.iter().cloned()).collect();
        let published = definitions::newest(&reader, None, DEFINITIONS_MAX).map_err(store_report)?;
        known.definitions = published.found.into_iter().map(|one| one.id).collect();
    }
    Ok(known)
}
