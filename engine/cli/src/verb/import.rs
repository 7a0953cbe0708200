//! `import`: people in, from files of others.
//!
//! Owns: the order of the work and what is said of it. Bad rows are told with file and line and hold nothing back, unless
//! all or nothing was asked for: then everything is read once before anything is written.

use std::path::{Path, PathBuf};

use clap::Args;
use jobwright_core::access::{Action, Resource};
use jobwright_core::directory::Staff;
use jobwright_definition::people;
use jobwright_store::directory::{self, ContactRole};
use serde_json::json;

use super::Context;
use super::work::say_waiting;
use crate::caller::Caller;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::import::{Counts, Fault, Incoming, Map, Put, Said, Sink, read_map, read_people, read_table};
use crate::output::counted;
use crate::people::Known;
use crate::practice::shown;
use crate::progress::Progress;
use crate::report::{Report, Result};

/// Most files that the trail names.
const FILES_NAMED_MAX: usize = 8;
/// More faults are counted, not told.
const FAULTS_TOLD_MAX: usize = 200;

/// Bring people in from CSV tables and people files
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright import people.yaml
  jobwright import clients.csv --dry-run
  jobwright import export.csv --map map.yaml --all-or-nothing

A row of a table is a contact; rows of one client follow one another, and the client's own columns stand in its first
row. Columns: client_id, client_name, type, status, services, office, primary_staff, staff.ROLE, any field of
practice.yaml, contact_id, contact_name, email, roles, department, position, phone, offices, portal, active, can_sign,
crm_opt_out. Several values in a cell stand with `;` between them, and an empty cell leaves what is known as it is.

A map gives these names to the columns of another system; other columns are left out:
  columns: { client_id: Ref, client_name: Company, contact_name: Person, email: Mail }
  separator: tab

The same file again changes what has changed and doubles nobody.")]
pub struct Import {
    /// Tables (.csv, .tsv) and people files (.yaml, .json)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// What the columns of a table mean
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,

    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Write nothing when any row is wrong
    #[arg(long)]
    all_or_nothing: bool,
}

/// What was read, found wrong and done.
#[derive(Default)]
struct Account {
    counts: Counts,
    roles: usize,
    staff: usize,
    bad: usize,
    faults: Vec<Fault>,
    left_out: Vec<String>,
}

impl Import {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::Edit, Resource::Clients)?;
        let map = self.map.as_deref().map(|path| read_map(path, &*ctx.caller)).transpose()?;
        let mut account = Account::default();
        if self.all_or_nothing || self.dry_run {
            account = self.pass(&desk, map.as_ref(), false, ctx)?;
        }
        let may_write = !self.dry_run && account.bad == 0;
        if may_write {
            account = self.pass(&desk, map.as_ref(), true, ctx)?;
        }
        let is_held_back = self.all_or_nothing && account.bad > 0;
        self.say(&account, is_held_back, ctx)?;
        if may_write {
            ctx.say_woken(desk.engine.wake_for_changes()?)?;
            say_waiting(&desk, ctx)?;
        }
        Ok(if account.bad > 0 { Exit::No } else { Exit::Done })
    }

    /// What stands on the trail of the directory: the files by their names.
    fn door(&self) -> String {
        let names = self.files.iter().filter_map(|path| path.file_name()).map(|name| name.to_string_lossy());
        let names: Vec<_> = names.take(FILES_NAMED_MAX).collect();
        format!("import {}", names.join(" "))
    }

    /// Reads all files once.
    fn pass(&self, desk: &Desk, map: Option<&Map>, writes: bool, ctx: &mut Context) -> Result<Account> {
        let caller = &*ctx.caller.clone();
        let progress = Progress::of(ctx);
        let whole = if progress.is_wanted() { self.files.iter().map(|path| size(path, caller)).sum() } else { 0 };
        let put = Put::new(&desk.engine, desk.attribution(self.door())?, writes);
        let mut taking = Taking { put, writes, account: Account::default(), progress, done: 0, whole };
        let mut listed = Listed::of(desk)?;
        for path in &self.files {
            if is_table(path)? {
                let known = listed.known(desk);
                let left_out = read_table(path, map, &known, caller, &mut taking)?;
                taking.account.left_out.extend(left_out);
            } else {
                people_file(path, desk, caller, &mut listed, &mut taking)?;
            }
            taking.done += if taking.whole == 0 { 0 } else { size(path, caller) };
        }
        let Taking { put, mut account, progress, .. } = taking;
        progress.end();
        account.counts = put.finish()?;
        Ok(account)
    }

    fn say(&self, account: &Account, is_held_back: bool, ctx: &mut Context) -> Result<()> {
        let Counts { new, changed, same } = account.counts;
        if ctx.global.json {
            let fault = |fault: &Fault| json!({ "place": fault.place, "why": fault.why, "warning": fault.is_warning });
            return Ok(ctx.out.json(&json!({
                "written": !self.dry_run && !is_held_back,
                "clients": { "new": new, "changed": changed, "same": same },
                "roles": account.roles, "staff": account.staff, "bad": account.bad,
                "left_out": account.left_out,
                "faults": account.faults.iter().map(fault).collect::<Vec<_>>(),
            }))?);
        }
        let paint = ctx.errors.paint();
        for fault in &account.faults {
            let mark = if fault.is_warning { paint.warn("warning:") } else { paint.bad("error:") };
            let why = crate::output::visible(&fault.why);
            ctx.errors.line(format!("{mark} {}: {why}", fault.place))?;
        }
        if !account.left_out.is_empty() {
            ctx.say_done(&format!("columns left out: {}", account.left_out.join(", ")))?;
        }
        if is_held_back {
            return ctx.say_done(&format!("{} wrong, and nothing was written", rows(account.bad)));
        }
        let verb = if self.dry_run { "would be" } else { "are" };
        let verb = if new == 1 && !self.dry_run { "is" } else { verb };
        let mut told =
            format!("{} {verb} new, {changed} changed, {same} the same already", counted(new as u64, "client"));
        if account.roles + account.staff > 0 {
            let roles = counted(account.roles as u64, "contact role");
            told += &format!("; {roles}, {} staff", account.staff);
        }
        if account.bad > 0 {
            told += &format!("; {} left out", rows(account.bad));
        }
        ctx.say_done(&told)
    }
}

fn rows(number: usize) -> String {
    if number == 1 { "1 row".to_owned() } else { format!("{number} rows") }
}

/// Roles and staff first, since the clients of the same file name them.
fn people_file(
    path: &Path,
    desk: &Desk,
    caller: &dyn Caller,
    listed: &mut Listed,
    taking: &mut Taking<'_>,
) -> Result<()> {
    let (people, faults) = read_people(path, &desk.practice, &listed.for_people(), caller)?;
    for fault in faults {
        taking.fault(fault)?;
    }
    for role in &people.roles {
        let role = ContactRole { id: role.id.clone(), label: role.label.clone(), hint: role.hint.clone() };
        if taking.writes {
            desk.engine.put_role(&role, &taking.put.who)?;
        }
        taking.account.roles += 1;
        listed.roles.push(role);
    }
    for staff in &people.staff {
        if taking.writes {
            desk.engine.put_staff(staff, &taking.put.who)?;
        }
        taking.account.staff += 1;
        listed.staff.retain(|known| known.id != staff.id);
        listed.staff.push(staff.clone());
    }
    for client in people.clients {
        let (id, source) = (client.id.clone(), client.source.clone());
        taking.client(&shown(path), Incoming { id, source, line: 0, said: Said::Whole(Box::new(client)) })?;
    }
    Ok(())
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
        }
    }

    fn for_people(&self) -> people::Known {
        people::Known {
            staff: self.staff.iter().map(|one| (one.id.clone(), one.active)).collect(),
            roles: self.roles.iter().map(|role| role.id.clone()).collect(),
        }
    }
}

/// What the readers hand on to.
struct Taking<'a> {
    put: Put<'a>,
    writes: bool,
    account: Account,
    progress: Progress<'a>,
    /// Bytes of the files that are read.
    done: u64,
    /// Bytes of all files; unknown when nobody watches.
    whole: u64,
}

impl Sink for Taking<'_> {
    fn client(&mut self, file: &str, incoming: Incoming) -> Result<()> {
        let line = incoming.line;
        match self.put.client(incoming)? {
            Ok(()) => Ok(()),
            Err(why) => {
                let place = if line == 0 { file.to_owned() } else { format!("{file}:{line}") };
                self.fault(Fault { place, why, is_warning: false })
            }
        }
    }

    fn fault(&mut self, fault: Fault) -> Result<()> {
        let is_first = self.account.faults.last().is_none_or(|last| last.is_warning || last.place != fault.place);
        // Several things may be wrong with one row, which is left out once.
        self.account.bad += usize::from(!fault.is_warning && is_first);
        if self.account.faults.len() < FAULTS_TOLD_MAX {
            self.account.faults.push(fault);
        }
        Ok(())
    }

    fn progress(&mut self, bytes: u64) {
        let (read, whole) = (self.done + bytes, self.whole.max(1));
        self.progress.say(|| format!("{} % of {} KiB", (read * 100 / whole).min(100), whole >> 10));
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

/// Nothing is known of a file that cannot be opened; reading it says why.
fn size(path: &Path, caller: &dyn Caller) -> u64 {
    caller.open(path).map_or(0, |file| file.size)
}
