//! What can be asked of the program: one file a verb.
//!
//! Owns: the list of verbs. A verb is a struct of its arguments, whose first line of documentation is its help, with
//! examples in `after_help`, and a `run`. To add one: a file in `verb/`, its line here with what it wants of the store,
//! and a transcript in `tests/cli/`. Leaves finding the store to `reach`.

mod acts;
mod backup;
mod bench;
mod check;
mod client;
mod completions;
mod contact;
mod corrections;
mod date;
mod demo;
mod doctor;
mod export;
mod graph;
mod history;
mod import;
mod init;
mod jobs;
mod man;
mod plugin;
mod publish;
mod restore;
mod role;
mod run;
mod schema;
mod show;
mod staff;
mod start;
mod test;
mod verify;
mod why;
mod work;

use std::mem;
use std::sync::Arc;

use clap::Subcommand;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jobwright_core::access::{Action, Resource};
use jobwright_runtime::Woken;

use crate::arguments::Global;
use crate::caller::{Caller, Own};
use crate::clock::Doubt;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::output::Output;
use crate::reach::Wants;
use crate::report::{Report, Result};

/// What every verb is run with.
pub struct Context {
    /// The flags that every verb shares.
    pub global: Global,
    /// Where it answers.
    pub out: Output,
    /// Where it says what stands beside the answer.
    pub errors: Output,
    /// Who typed it.
    pub caller: Arc<dyn Caller>,
    desk: Result<Desk>,
}

impl Context {
    /// For a verb that runs in the process it was typed in.
    pub fn own(global: Global, desk: Result<Desk>) -> Self {
        let (out, errors) = (Output::standard(), Output::standard_error());
        Self { global, out, errors, caller: Arc::new(Own), desk }
    }

    /// For a verb that was typed in another process.
    pub fn of_caller(global: Global, out: Output, errors: Output, caller: Arc<dyn Caller>, desk: Desk) -> Self {
        Self { global, out, errors, caller, desk: Ok(desk) }
    }

    /// The practice at work, for somebody who may do this with it. It is the verb's from now on: when it is dropped,
    /// others may have the store.
    pub fn desk(&mut self, action: Action, resource: Resource) -> Result<Desk> {
        let desk = self.desk_unsaid(action, resource)?;
        // Whatever is done now, whoever does it should know that the time may be wrong.
        if let Some(doubt) = desk.engine.clock_doubt() {
            self.beside(&Doubt::of(doubt).beside());
        }
        Ok(desk)
    }

    /// The same, for a verb that says by itself what speaks against the clock.
    pub fn desk_unsaid(&mut self, action: Action, resource: Resource) -> Result<Desk> {
        let desk = self.desk_unasked()?;
        desk.may(action, resource)?;
        Ok(desk)
    }

    /// The practice at work, for verbs that say what is wrong with it, also with who acts.
    pub fn desk_unasked(&mut self) -> Result<Desk> {
        let taken = Report::new(Exit::Fault, "a verb that wants no store asks for it, or asks twice");
        mem::replace(&mut self.desk, Err(taken))
    }

    /// Shows what a change would take with it, and has it confirmed: by `--yes`, or by whoever sits there.
    ///
    /// # Errors
    /// That nothing was changed, when nobody confirms it.
    pub fn confirmed(&mut self, yes: bool, plan: &[String]) -> Result<()> {
        let paint = self.errors.paint();
        for line in plan.iter().filter(|_| !(yes && self.global.quiet)) {
            let _ = self.errors.text(format!("{}\n", paint.warn(&crate::output::visible(line))));
        }
        if yes {
            return Ok(());
        }
        let answer = match self.caller.can_answer() {
            true => self.caller.ask("Go on? [y/N] ")?,
            false => String::new(),
        };
        match answer.trim() {
            "y" | "yes" => Ok(()),
            _ => Err(Report::new(Exit::No, "nothing was changed").next("`--yes` does it without asking")),
        }
    }

    /// Says something beside the answer. Whoever closed that stream does not want to hear.
    pub fn beside(&mut self, words: &str) {
        let _ = self.errors.text(words);
    }

    /// Says what was done, when nobody asked for silence.
    pub fn say_done(&mut self, words: &str) -> Result<()> {
        if !self.global.quiet && !self.global.json {
            self.out.line(words)?;
        }
        Ok(())
    }

    /// Says which jobs took up their work because of a change.
    pub fn say_woken(&mut self, woken: Woken) -> Result<()> {
        match woken.jobs {
            0 => {}
            1 => self.say_done("1 job looked again")?,
            jobs => self.say_done(&format!("{jobs} jobs looked again"))?,
        }
        if woken.set_aside > 0 {
            self.say_done(&format!("{} jobs were set aside; `jobwright jobs` says why", woken.set_aside))?;
        }
        Ok(())
    }
}

/// A day or an instant as it was typed, in the practice's zone; a day means this time of it.
fn moment(text: &str, zone: &TimeZone, of_day: Time) -> Result<Timestamp> {
    let bad = || Report::usage(format!("`{text}` is not a day or a time")).next("write 2026-06-01 or 2026-06-01T18:00");
    let at = match text.contains('T') {
        true => text.parse::<DateTime>().map_err(|_| bad())?,
        false => text.parse::<Date>().map_err(|_| bad())?.to_datetime(of_day),
    };
    Ok(at.to_zoned(zone.clone()).map_err(|_| bad())?.timestamp())
}

macro_rules! verbs {
    ($($verb:ident($module:ident, $wants:ident),)+) => {
        /// One of the verbs, with its arguments.
        #[derive(Debug, Subcommand)]
        pub enum Verb {
            $($verb($module::$verb),)+
        }

        impl Verb {
            /// Its name, for logs: its arguments are people's data.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$verb(_) => stringify!($verb),)+
                }
            }

            /// What it wants of the store.
            pub fn wants(&self) -> Wants {
                match self {
                    Self::Verify(verify) if verify.is_of_backup() => Wants::Nothing,
                    Self::Work(work) if !work.follows() => Wants::StoreToDrive,
                    // Who sets a practice up by hand begins with these.
                    Self::Client(client) if client.adds() => Wants::StoreToMake,
                    Self::Staff(staff) if staff.adds() => Wants::StoreToMake,
                    Self::Role(role) if role.adds() => Wants::StoreToMake,
                    $(Self::$verb(_) => Wants::$wants,)+
                }
            }

            /// Does what was asked.
            pub fn run(self, ctx: &mut Context) -> Result {
                match self {
                    $(Self::$verb(verb) => verb.run(ctx),)+
                }
            }
        }
    };
}

// In the order in which people meet them.
verbs! {
    Demo(demo, Nothing),
    Init(init, Nothing),
    Check(check, StoreIfThere),
    Import(import, StoreToMake),
    Client(client, Store),
    Contact(contact, Store),
    Staff(staff, Store),
    Role(role, Store),
    Test(test, Nothing),
    Run(run, Store),
    Publish(publish, StoreToMake),
    Start(start, Store),
    Work(work, StoreAlone),
    Jobs(jobs, Store),
    Show(show, Store),
    Why(why, Store),
    Complete(acts, Store),
    Answer(acts, Store),
    Approve(acts, Store),
    Sign(acts, Store),
    Skip(acts, Store),
    Reassign(acts, Store),
    Retry(acts, Store),
    Cancel(acts, Store),
    Override(corrections, Store),
    Reopen(corrections, Store),
    Amend(corrections, Store),
    Uncancel(corrections, Store),
    Plugin(plugin, Nothing),
    Graph(graph, Nothing),
    Date(date, Nothing),
    Backup(backup, Store),
    Restore(restore, Nothing),
    Export(export, Store),
    Verify(verify, Store),
    Doctor(doctor, StoreIfThere),
    Bench(bench, Nothing),
    Schema(schema, Nothing),
    Completions(completions, Nothing),
    Man(man, Nothing),
}
