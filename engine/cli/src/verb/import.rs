//! `import`: people in, from files of others.
//!
//! Owns: the order of the work and what is said of it. All files are read and everything wrong with them is told before
//! anything is written. A client with a wrong row is left out with all its rows, and the others are written, unless all
//! or nothing was asked for; a file of which it is not certain where its rows end is not used at all.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use jobwright_core::access::{Action, Resource};
use jobwright_core::directory::Staff;
use jobwright_core::value::Value;
use jobwright_definition::people;
use jobwright_definition::suggest::suggest;
use jobwright_store::directory::{self, ContactRole};
use serde_json::{Value as Json, json};

use super::Context;
use super::work::say_waiting;
use crate::caller::Caller;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::import::{Change, Counts, Fault, Map, Outcome, Plan, Told, names, read_map, read_people, read_table};
use crate::output::counted;
use crate::people::Known;
use crate::practice::shown;
use crate::progress::Progress;
use crate::report::{Report, Result};
use crate::shape;

/// Most files that the trail names.
const FILES_NAMED_MAX: usize = 8;
/// More errors are counted, not told.
const ERRORS_TOLD_MAX: usize = 5_000;
/// More warnings are counted, not told.
const WARNINGS_TOLD_MAX: usize = 200;
/// What `--overwrite` takes besides the names of columns.
const OVERWRITTEN_TOO: [&str; 4] = ["removed", "label", "hint", "away"];

/// Bring people in from CSV tables and people files
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright import people.yaml
  jobwright import clients.csv --dry-run      every change, field by field, and nothing is written
  jobwright import export.csv --map map.yaml --all-or-nothing
  jobwright import clients.csv --overwrite phone --overwrite roles

A row of a table is a contact. The client's own columns may stand in any of its rows and say the same in all of them.
Columns: client_id, client_name, type, status, services, office, primary_staff, staff.ROLE, any field of practice.yaml,
contact_id, contact_name, greeting, email, roles (by id or label), department, position, phone, offices, portal, active,
can_sign, crm_opt_out. Several values in a cell stand with `;` between them, and an empty cell says nothing.

A map gives these names to the columns of another system; other columns are left out. A column may serve several of our
names, several may be joined, and words may be translated:
  columns:
    client_id: Ref
    client_name: Company
    contact_name: \"{First} {Last}\"
    status: { column: State, values: { Live: active, Closed: former } }
  dates: day/month/year
  separator: tab
  encoding: windows-1252

The same file again changes what has changed and doubles nobody: a contact is known by its contact_id, else by name and
address, else by whichever of the two is there. What was set by hand since the last import (an opt-out, a tick, a person
who has left, any field) stays and is told, unless --overwrite names the field; `--overwrite removed` brings back who was
removed. Ids are made of client_id in a-z, 0-9; where two would be one, the second gets a mark of its own.

A client with a wrong row is left out with all its rows, and the others are imported.")]
pub struct Import {
    /// Tables (.csv, .tsv) and people files (.yaml, .json)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// What the columns of a table mean
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,

    /// Say what would be done, field by field, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Write nothing when any row is wrong
    #[arg(long)]
    all_or_nothing: bool,

    /// Take this field from the files even where it was set by hand
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    overwrite: Vec<String>,
}

impl Import {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::Edit, Resource::Clients)?;
        let caller = &*ctx.caller.clone();
        let map = self.map.as_deref().map(|path| read_map(path, caller)).transpose()?;
        let mut listed = Listed::of(&desk)?;
        let overwrite = self.overwritten(&listed.known(&desk))?;
        let mut plan = Plan::new(&desk.engine, &overwrite)?;
        let mut progress = Progress::of(ctx);
        let mut left_out = Vec::new();
        for (at, path) in self.files.iter().enumerate() {
            progress.say(|| format!("file {} of {}", at + 1, self.files.len()));
            if is_table(path)? {
                left_out.extend(table(path, map.as_ref(), &listed.known(&desk), caller, &mut plan)?);
            } else {
                people_file(path, &desk, caller, &mut listed, &mut plan)?;
            }
        }
        progress.end();
        let errors = plan.faults.iter().filter(|fault| !fault.is_warning).count();
        let is_held_back = self.all_or_nothing && errors > 0;
        let may_write = !self.dry_run && !is_held_back;
        if may_write {
            plan.write(&desk.attribution(self.door())?)?;
        }
        let account = Account { is_written: may_write, is_held_back, errors, left_out, plan: &plan };
        account.say(self.dry_run, ctx)?;
        if may_write {
            ctx.say_woken(desk.engine.wake_for_changes()?)?;
            say_waiting(&desk, ctx)?;
        }
        Ok(if errors > 0 { Exit::No } else { Exit::Done })
    }

    /// What stands on the trail of the directory: the files by their names.
    fn door(&self) -> String {
        let names = self.files.iter().filter_map(|path| path.file_name()).map(|name| name.to_string_lossy());
        let names: Vec<_> = names.take(FILES_NAMED_MAX).collect();
        format!("import {}", names.join(" "))
    }

    /// The fields that are taken whatever was done by hand.
    fn overwritten(&self, known: &Known<'_>) -> Result<BTreeSet<String>> {
        let mut all = BTreeSet::new();
        for name in self.overwrite.iter().map(|name| name.trim()) {
            let is_known = |name: &str| name.starts_with("staff.") || OVERWRITTEN_TOO.contains(&name) || name == "name";
            if !is_known(name) && !names(known).any(|one| one == name) {
                let report = Report::usage(format!("there is no field `{name}` that an import could overwrite"));
                let meant = suggest(name, names(known).chain(OVERWRITTEN_TOO));
                let next = meant.map_or("`jobwright help import` lists them".to_owned(), |meant| {
                    format!("did you mean `{meant}`?")
                });
                return Err(report.next(next));
            }
            all.insert(name.to_owned());
        }
        Ok(all)
    }
}

/// What came of it all.
struct Account<'a> {
    is_written: bool,
    is_held_back: bool,
    errors: usize,
    /// Columns that the map does not name.
    left_out: Vec<String>,
    plan: &'a Plan<'a>,
}

impl Account<'_> {
    fn say(&self, is_trial: bool, ctx: &mut Context) -> Result<()> {
        if ctx.global.json {
            return Ok(ctx.out.json(&self.json())?);
        }
        self.say_faults(ctx)?;
        if !self.left_out.is_empty() {
            ctx.say_done(&format!("columns left out: {}", self.left_out.join(", ")))?;
        }
        if is_trial {
            for told in &self.plan.told {
                say_told(told, ctx)?;
            }
        }
        let rows_left_out = self.plan.rows_left_out;
        if self.is_held_back {
            return ctx.say_done(&format!("{} wrong, and nothing was written", rows(rows_left_out)));
        }
        let Counts { new, changed, same, .. } = self.plan.counts("client");
        let verb = if is_trial { "would be" } else { "are" };
        let verb = if new == 1 && !is_trial { "is" } else { verb };
        let mut said =
            format!("{} {verb} new, {changed} changed, {same} the same already", counted(new as u64, "client"));
        let (roles, staff) = (self.plan.counts("role"), self.plan.counts("staff"));
        if total(roles) + total(staff) > 0 {
            let roles_said = counted(total(roles) as u64, "contact role");
            said += &format!("; {roles_said}{}, {} staff{}", changed_of(roles), total(staff), changed_of(staff));
        }
        let kept: usize = self.plan.told.iter().map(|told| told.kept.len()).sum();
        if kept > 0 {
            let fields = counted(kept as u64, "field");
            said += &format!("; {fields} kept as set by hand");
        }
        if rows_left_out > 0 {
            said += &format!("; {} left out", rows(rows_left_out));
        }
        ctx.say_done(&said)?;
        if kept > 0 && !is_trial {
            self.say_kept(ctx)?;
        }
        Ok(())
    }

    /// Everything wrong, within bounds, and how much there is of it in all.
    fn say_faults(&self, ctx: &mut Context) -> Result<()> {
        let paint = ctx.errors.paint();
        for fault in self.told() {
            let mark = if fault.is_warning { paint.warn("warning:") } else { paint.bad("error:") };
            let why = crate::output::visible(&fault.why);
            ctx.errors.line(format!("{mark} {}: {why}", fault.place))?;
        }
        let warnings = self.plan.faults.len() - self.errors;
        for (count, max, what) in [(warnings, WARNINGS_TOLD_MAX, "warning"), (self.errors, ERRORS_TOLD_MAX, "error")] {
            if count > max {
                ctx.errors.line(format!(
                    "{} in all; {} more of them are not shown",
                    counted(count as u64, what),
                    count - max
                ))?;
            }
        }
        Ok(())
    }

    /// What stays against the files, in words.
    fn say_kept(&self, ctx: &mut Context) -> Result<()> {
        for told in self.plan.told.iter().filter(|told| !told.kept.is_empty()).take(WARNINGS_TOLD_MAX) {
            for kept in &told.kept {
                ctx.say_done(&format!("  {}: {}", told.id, kept_line(kept)))?;
            }
        }
        Ok(())
    }

    /// Faults within their bounds, in the order of the files.
    fn told(&self) -> impl Iterator<Item = &Fault> {
        let (mut errors, mut warnings) = (0, 0);
        self.plan.faults.iter().filter(move |fault| {
            let (count, max) =
                if fault.is_warning { (&mut warnings, WARNINGS_TOLD_MAX) } else { (&mut errors, ERRORS_TOLD_MAX) };
            *count += 1;
            *count <= max
        })
    }

    fn json(&self) -> Json {
        let fault = |fault: &Fault| json!({ "place": fault.place, "why": fault.why, "warning": fault.is_warning });
        let counts = |counts: Counts| json!({ "new": counts.new, "changed": counts.changed, "same": counts.same });
        let (roles, staff) = (self.plan.counts("role"), self.plan.counts("staff"));
        json!({
            "written": self.is_written,
            "clients": counts(self.plan.counts("client")),
            "contacts": counts(self.plan.counts("contact")),
            "roles": total(roles), "role_changes": counts(roles),
            "staff": total(staff), "staff_changes": counts(staff),
            "bad": self.plan.rows_left_out,
            "left_out": self.left_out,
            "errors": self.errors,
            "warnings": self.plan.faults.len() - self.errors,
            "faults": self.told().map(fault).collect::<Vec<_>>(),
            "rows": self.plan.told.iter().map(told_json).collect::<Vec<_>>(),
        })
    }
}

fn told_json(told: &Told) -> Json {
    let change = |change: &Change| json!({ "field": change.field, "before": shape::value(&change.before), "after": shape::value(&change.after) });
    let kept = |kept: &Change| json!({ "field": kept.field, "value": shape::value(&kept.before), "file": shape::value(&kept.after) });
    json!({
        "place": told.place,
        "kind": told.kind,
        "id": told.id,
        "outcome": word(told.outcome, "_"),
        "changes": told.changes.iter().map(change).collect::<Vec<_>>(),
        "kept": told.kept.iter().map(kept).collect::<Vec<_>>(),
        "why": told.why,
    })
}

/// One line for what becomes of somebody, and one for each field.
fn say_told(told: &Told, ctx: &mut Context) -> Result<()> {
    let why = told.why.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
    ctx.out.line(format!("{}: {} {}: {}{why}", told.place, told.kind, told.id, word(told.outcome, " ")))?;
    for change in &told.changes {
        let after = value_shown(&change.after);
        match told.outcome {
            Outcome::New => ctx.out.line(format!("  {}: {after}", change.field))?,
            _ => ctx.out.line(format!("  {}: {} → {after}", change.field, value_shown(&change.before)))?,
        }
    }
    for kept in &told.kept {
        ctx.out.line(format!("  {}", kept_line(kept)))?;
    }
    Ok(())
}

fn kept_line(kept: &Change) -> String {
    format!(
        "{} stays {}, set by hand; the file says {}",
        kept.field,
        value_shown(&kept.before),
        value_shown(&kept.after)
    )
}

fn value_shown(value: &Value) -> String {
    let text = match value {
        Value::Nothing => "nothing".to_owned(),
        Value::List(values) if values.is_empty() => "nothing".to_owned(),
        value => value.to_string(),
    };
    crate::output::visible(&text)
}

fn word(outcome: Outcome, space: &str) -> String {
    let word = match outcome {
        Outcome::New => "new",
        Outcome::Changed => "changed",
        Outcome::Same => "same",
        Outcome::LeftOut => "left out",
    };
    word.replace(' ', space)
}

fn total(counts: Counts) -> usize {
    counts.new + counts.changed + counts.same
}

fn changed_of(counts: Counts) -> String {
    if counts.changed == 0 { String::new() } else { format!(" ({} changed)", counts.changed) }
}

fn rows(number: usize) -> String {
    if number == 1 { "1 row".to_owned() } else { format!("{number} rows") }
}

/// Takes a table into the plan; gives the columns that were left out.
fn table(
    path: &Path,
    map: Option<&Map>,
    known: &Known<'_>,
    caller: &dyn Caller,
    plan: &mut Plan<'_>,
) -> Result<Vec<String>> {
    let table = read_table(path, map, known, caller)?;
    plan.loose(table.loose);
    plan.clients(&shown(path), table.clients)?;
    Ok(table.left_out)
}

/// Roles and staff first, since the clients of the same file name them.
fn people_file(path: &Path, desk: &Desk, caller: &dyn Caller, listed: &mut Listed, plan: &mut Plan<'_>) -> Result<()> {
    let read = read_people(path, &desk.practice, &listed.for_people(), caller)?;
    let file = shown(path);
    plan.loose(read.faults);
    for role in read.people.roles {
        let role = ContactRole { id: role.id, label: role.label, hint: role.hint };
        plan.role(&file, &role)?;
        listed.roles.retain(|known| known.id != role.id);
        listed.roles.push(role);
    }
    for staff in &read.people.staff {
        let (keys, line) = read.staff.get(staff.id.as_str()).cloned().unwrap_or_default();
        let place = if line == 0 { file.clone() } else { format!("{file}:{line}") };
        let staff = plan.staff(&place, staff, &keys)?;
        listed.staff.retain(|known| known.id != staff.id);
        listed.staff.push(staff);
    }
    plan.clients(&file, read.clients)
}

/// Roles and staff that rows may name: those of the store, and those of files read before.
struct Listed {
    roles: Vec<ContactRole>,
    staff: Vec<Staff>,
}

impl Listed {
    fn of(desk: &Desk) -> Result<Self> {
        let reader = desk.engine.reader();
        Ok(Self { roles: directory::roles(&reader)?, staff: directory::staff(&reader)?.value })
    }

    fn known<'a>(&self, desk: &'a Desk) -> Known<'a> {
        Known {
            file: &desk.practice.file,
            staff: self.staff.iter().filter(|one| one.active).map(|one| one.id.clone()).collect(),
            roles: self.roles.iter().map(|role| role.id.clone()).collect(),
            labels: self.roles.iter().map(|role| (role.label.clone(), role.id.clone())).collect(),
        }
    }

    fn for_people(&self) -> people::Known {
        people::Known {
            staff: self.staff.iter().map(|one| (one.id.clone(), one.active)).collect(),
            roles: self.roles.iter().map(|role| role.id.clone()).collect(),
        }
    }
}

fn is_table(path: &Path) -> Result<bool> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("csv" | "tsv" | "txt") => Ok(true),
        Some("yaml" | "yml" | "json") => Ok(false),
        _ => {
            let report = Report::usage(format!("{} is no kind of file that can be imported", path.display()));
            Err(report.next("tables end in .csv or .tsv, people files in .yaml or .json"))
        }
    }
}
