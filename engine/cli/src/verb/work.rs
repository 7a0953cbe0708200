//! `work`: drives whatever is due in the store, then leaves; or stays.
//!
//! Owns: whom it lets in, and what it says. Leaves how long it goes on to `stay`, turns and letters to the engine.

mod letters;
mod stay;

use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use jobwright_core::access::{Action, Resource};
use jobwright_runtime::{Counted, Driven};
use jobwright_store::outbox;
use serde_json::json;

pub use self::letters::held_back;
use self::stay::{Leave, Signals, Stayed, stay};
use super::Context;
use crate::assemble::{engine_report, store_report};
use crate::clock::{Doubt, plan_lines};
use crate::desk::{Desk, runtime};
use crate::exit::Exit;
use crate::report::{Report, Result};
use crate::socket::{Serving, serve};

/// How long a running engine may take to do what is due before `work` beside it says how far it has come.
const IDLE_WITHIN: Duration = Duration::from_secs(60);
/// Before it is looked at again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// Do everything that is due: turns, letters, other jobs; then leave
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright work                                   does what is due now, for cron
  jobwright work --until 2026-06-01T18:00          stays until then
  jobwright work --follow                          stays until it is told to stop (SIGTERM, ctrl-c)
  jobwright work --follow -v                       and logs each step of each job on standard error
  jobwright work --now                             does not wait with letters and calls that are to be tried again later

A letter that could not leave is tried again by itself, at growing distances. When the mail server takes none of ours,
all letters stay, once and with the reason; everything else goes on. `jobwright doctor --mail` tries the way to it.
The password of `mail.user` stands in JOBWRIGHT_SMTP_PASSWORD, or in .jobwright/secrets.toml (mode 0600):

  [mail]
  password = \"…\"

Exit code 5 says that letters could not leave or were refused, each with its reason.

While it stays, all other commands go through it, also another `work`. Told to stop, it takes nothing new in, lets letters
that are on their way come to their end for at most eight seconds, closes the store and exits with 0.

A clock that is more than 60 days after the last commit, or more than five minutes before it, is not
taken for granted: timers and letters wait until somebody has looked and says --accept-clock.")]
pub struct Work {
    /// Stay until this moment, in the practice's zone, or until nothing is due: `idle`
    #[arg(long, value_name = "TIME", default_value = "idle")]
    until: String,

    /// Stay until SIGTERM
    #[arg(long, conflicts_with = "until")]
    follow: bool,

    /// Try at once what waits to be tried again; a running engine is told to
    #[arg(long)]
    now: bool,

    /// Let out the letters of a store that was made of a backup, which may have left before
    #[arg(long)]
    release_letters: bool,

    /// Take this machine's clock for right, although it is far from the last commit
    #[arg(long)]
    accept_clock: bool,
}

impl Work {
    /// Whether it stays until it is told to stop.
    pub(super) fn follows(&self) -> bool {
        self.follow
    }

    pub fn run(self, ctx: &mut Context) -> Result {
        let (action, resource) = (Action::Edit, Resource::Letters);
        let desk = match self.accept_clock {
            true => ctx.desk_unsaid(action, resource)?,
            false => ctx.desk(action, resource)?,
        };
        let leave = self.leave(&desk)?;
        if self.accept_clock {
            let plan = desk.engine.accept_clock().map_err(engine_report)?;
            for line in plan_lines(&plan).iter().filter(|_| !plan.is_empty()) {
                ctx.beside(&format!("{line}\n"));
            }
        }
        if self.release_letters {
            desk.engine.release_letters().map_err(engine_report)?;
        }
        if desk.goes_on {
            if self.now {
                desk.engine.hurry().map_err(engine_report)?;
            }
            return beside(&desk, ctx);
        }
        letters::say_in_doubt(ctx, &desk)?;
        if self.now {
            desk.engine.hurry().map_err(engine_report)?;
        }
        forget_components(&desk);
        let runtime = runtime()?;
        let inside = runtime.enter();
        let no_signals = |error| Report::new(Exit::Outside, "cannot hear signals").caused_by(&error);
        let mut signals = Signals::hear().map_err(no_signals)?;
        // Only now may others come: whoever has reached the engine may also tell it to stop.
        let serving = if matches!(leave, Leave::Idle) { None } else { begin_to_serve(&desk) };
        say_problems(ctx, &desk);
        let stayed = runtime.block_on(stay(&desk.engine, leave, serving.as_ref(), &desk.practice, &mut signals));
        let is_at_fault = serving.as_ref().is_some_and(Serving::is_at_fault);
        let end_by = stayed.as_ref().map_or_else(|_| Instant::now(), |stayed| stayed.end_by);
        if let Some(serving) = serving {
            serving.close(end_by);
        }
        drop(inside);
        // A plugin that is just being compiled keeps nobody waiting.
        runtime.shutdown_background();
        let Stayed { driven, told_by, .. } = stayed.map_err(engine_report)?;
        if is_at_fault {
            return Ok(Exit::Fault);
        }
        say(&desk, driven, ctx)?;
        if let Some(signal) = told_by {
            drop(desk);
            tracing::info!(signal, turns = driven.turns, tries = driven.tries, "stopped, and the store is closed");
            return Ok(Exit::Done);
        }
        letters::how_they_fared(&desk, ctx)
    }

    fn leave(&self, desk: &Desk) -> Result<Leave> {
        if self.follow {
            return Ok(Leave::Never);
        }
        if self.until == "idle" {
            return Ok(Leave::Idle);
        }
        let bad = || Report::usage(format!("`{}` is no moment; write `2026-06-01T18:00` or `idle`", self.until));
        let at = jobwright_core::date::local_moment(&self.until).ok_or_else(bad)?;
        let zoned = at.to_zoned(desk.practice.zone.clone()).map_err(|_| bad())?;
        Ok(Leave::At(zoned.timestamp()))
    }
}

/// Beside a running engine, which does what is due by itself: waits until it has, and says what came of it.
fn beside(desk: &Desk, ctx: &mut Context) -> Result {
    let (before, give_up_at) = (desk.engine.counters().read(), Instant::now() + IDLE_WITHIN);
    desk.engine.nudge();
    while Instant::now() < give_up_at && is_at_work(desk)? {
        thread::sleep(LOOK_AGAIN_AFTER);
    }
    let Counted { turns, letters_claimed, .. } = desk.engine.counters().read();
    let count = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
    let driven = Driven {
        turns: count(turns, before.turns),
        tries: count(letters_claimed, before.letters_claimed),
        set_aside: 0,
    };
    say(desk, driven, ctx)?;
    letters::how_they_fared(desk, ctx)
}

/// Whether something is due or on its way that the engine would do now.
fn is_at_work(desk: &Desk) -> Result<bool> {
    let engine = &desk.engine;
    if engine.holds_letters() {
        return Ok(false);
    }
    let next = engine.next_at().map_err(engine_report)?;
    let counts = outbox::counts(&engine.reader()).map_err(store_report)?;
    Ok(counts.claimed > 0 || next.is_some_and(|next| next <= engine.now()))
}

/// Components that are neither installed nor called by any job are deleted, now that nobody else can begin one. What
/// cannot be deleted only takes room.
fn forget_components(desk: &Desk) {
    let Ok(Some(shelf)) = desk.practice.shelf() else { return };
    match desk.engine.components_called() {
        Ok(Some(called)) => match shelf.forget_unpinned(&called) {
            Ok(0) => {}
            Ok(components) => tracing::info!(components, "components that no job needs any more are deleted"),
            Err(error) => tracing::warn!(%error, "components that no job needs any more are kept"),
        },
        Ok(None) => tracing::debug!("too many effects wait to say which components are needed"),
        Err(error) => tracing::warn!(%error, "cannot say which components are needed"),
    }
}

/// Whoever drives hears which plugins cannot run: the jobs that need them will wait.
fn say_problems(ctx: &mut Context, desk: &Desk) {
    match desk.practice.shelf() {
        Ok(shelf) => {
            for problem in shelf.iter().flat_map(|shelf| shelf.problems()) {
                ctx.beside(&format!("{problem}\n"));
            }
        }
        Err(report) => ctx.beside(&format!("no plugin can run: {}\n", report.sentence())),
    }
}

/// Lets other verbs in while the store is ours. Where no socket can be made, the work goes on without.
fn begin_to_serve(desk: &Desk) -> Option<Serving> {
    let serving = serve(&desk.practice, desk.opened());
    serving.inspect_err(|error| tracing::warn!(%error, "other commands must wait: there can be no socket")).ok()
}

fn say(desk: &Desk, driven: Driven, ctx: &mut Context) -> Result<()> {
    let counts = outbox::counts(&desk.engine.reader()).map_err(store_report)?;
    let next = desk.engine.next_at().map_err(engine_report)?;
    if ctx.global.json {
        let zone = &desk.practice.zone;
        ctx.out.json(&json!({
            "turns": driven.turns, "tries": driven.tries, "set_aside": driven.set_aside,
            "letters": crate::shape::effects(&counts), "counters": crate::shape::counters(&desk.engine.counters().read()),
            "next_at": next.map(|next| crate::shape::moment(next, zone)),
            "clock": desk.engine.clock_doubt().map(|doubt| Doubt::of(doubt).what),
        }))?;
        return Ok(());
    }
    if ctx.global.quiet {
        return Ok(());
    }
    let plural = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let mut line = format!("{}, {} tried", plural(driven.turns, "turn"), plural(driven.tries, "effect"));
    if counts.wanted + counts.claimed > 0 {
        let waiting = counts.wanted + counts.claimed;
        line += &format!("; {} {}", plural(waiting, "effect"), if waiting == 1 { "waits" } else { "wait" });
    }
    if counts.given_up > 0 {
        line += &format!("; {} given up", counts.given_up);
    }
    if driven.set_aside > 0 {
        line += &format!("; {} set aside", plural(driven.set_aside, "job"));
    }
    ctx.out.line(line + ".")?;
    if let Some(next) = next {
        let next = next.to_zoned(desk.practice.zone.clone()).strftime("%a %-d %b %Y %H:%M").to_string();
        ctx.out.line(format!("Next due {next}."))?;
    }
    Ok(())
}

/// The last line of a verb that commits its turn and leaves: how many letters wait for `work`. An engine that goes on
/// has taken them up by then.
pub fn say_waiting(desk: &Desk, ctx: &mut Context) -> Result<()> {
    if ctx.global.json || ctx.global.quiet || desk.goes_on {
        return Ok(());
    }
    let counts = outbox::counts(&desk.engine.reader()).map_err(store_report)?;
    match counts.wanted {
        0 => Ok(()),
        1 => Ok(ctx.out.line("1 effect waits; `jobwright work` sends it.")?),
        many => Ok(ctx.out.line(format!("{many} effects wait; `jobwright work` sends them."))?),
    }
}
