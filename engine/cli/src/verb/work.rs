//! `work`: drives whatever is due in the store, then leaves; or stays.
//!
//! Owns: how long it goes on, and what it says. Leaves turns and letters to the engine.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use jobwright_core::event::Event;
use jobwright_email::{NO_ANSWER, NO_CONNECTION};
use jobwright_runtime::{Driven, Engine};
use jobwright_store::outbox;
use serde_json::json;

use super::Context;
use crate::assemble::{engine_report, store_report};
use crate::desk::{Desk, runtime};
use crate::exit::Exit;
use crate::report::{Report, Result};
use crate::socket::{Serving, serve};

/// Longest sleep between two looks at what is due, while nothing is.
const LOOK_AFTER: Duration = Duration::from_secs(30);
/// Letters looked at for the reason why they wait: with a server that is not there it is the same for all.
const WAITING_LOOKED_AT_MAX: usize = 50;

/// Do everything that is due: turns, letters, other jobs; then leave
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright work                                   does what is due now, for cron
  jobwright work --until 2026-06-01T18:00          stays until then
  jobwright work --follow                          stays until it is told to stop (SIGTERM, ctrl-c)")]
pub struct Work {
    /// Stay until this moment, in the practice's zone, or until nothing is due: `idle`
    #[arg(long, value_name = "TIME", default_value = "idle")]
    until: String,

    /// Stay until SIGTERM
    #[arg(long, conflicts_with = "until")]
    follow: bool,
}

/// When to leave.
#[derive(Clone, Copy)]
enum Leave {
    Idle,
    At(Timestamp),
    Never,
}

impl Work {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk()?;
        let leave = self.leave(&desk)?;
        let in_doubt = desk.engine.recover().map_err(engine_report)?;
        if in_doubt > 0 && !ctx.global.quiet {
            let letters = if in_doubt == 1 { "letter was" } else { "letters were" };
            ctx.beside(&format!(
                "{in_doubt} {letters} in doubt since the last stop, and leave again under the same Message-ID\n"
            ));
        }
        let serving = if matches!(leave, Leave::Idle) { None } else { begin_to_serve(&desk) };
        let driven = runtime()?.block_on(drive(&desk.engine, leave, serving.as_ref()));
        let is_at_fault = serving.as_ref().is_some_and(Serving::is_at_fault);
        if let Some(serving) = serving {
            serving.close();
        }
        let driven = driven.map_err(engine_report)?;
        if is_at_fault {
            return Ok(Exit::Fault);
        }
        say(&desk, driven, ctx)?;
        match (desk.engine.paused(), unreached(&desk)?) {
            (Some(why), _) => Err(Report::new(Exit::Outside, "letters cannot leave")
                .because(why)
                .next("mend it, then `jobwright work` again: nothing is lost, and no contact was marked")),
            (None, Some(why)) => Err(Report::new(Exit::Outside, "letters could not leave yet")
                .because(why)
                .next("they are tried again by the next `jobwright work`: nothing is lost, and no contact was marked")),
            (None, None) => Ok(Exit::Done),
        }
    }

    fn leave(&self, desk: &Desk) -> Result<Leave> {
        if self.follow {
            return Ok(Leave::Never);
        }
        if self.until == "idle" {
            return Ok(Leave::Idle);
        }
        let bad = || Report::usage(format!("`{}` is no moment; write `2026-06-01T18:00` or `idle`", self.until));
        let at: jiff::civil::DateTime = self.until.parse().map_err(|_| bad())?;
        let zoned = at.to_zoned(desk.practice.zone.clone()).map_err(|_| bad())?;
        Ok(Leave::At(zoned.timestamp()))
    }
}

/// Drives until it is time to leave; a signal to stop lets what is under way come to its end.
async fn drive(
    engine: &Arc<Engine>,
    leave: Leave,
    serving: Option<&Serving>,
) -> std::result::Result<Driven, jobwright_runtime::Error> {
    let mut driven = drive_alone(engine, serving).await?;
    let mut stop = std::pin::pin!(stopped());
    while engine.paused().is_none() {
        let now = engine.now();
        let ends = match leave {
            Leave::Idle => break,
            Leave::At(end) if end <= now => break,
            Leave::At(end) => Some(end),
            Leave::Never => None,
        };
        let next = [engine.next_at()?, ends].into_iter().flatten().min();
        let pause = next.map_or(LOOK_AFTER, |next| Duration::try_from(next.duration_since(now)).unwrap_or_default());
        tokio::select! {
            () = &mut stop => break,
            () = tokio::time::sleep(pause.min(LOOK_AFTER)) => {}
            () = news(serving) => {}
        }
        if serving.is_some_and(Serving::is_at_fault) {
            break;
        }
        driven = driven.and(drive_alone(engine, serving).await?);
    }
    engine.close().await;
    Ok(driven)
}

async fn drive_alone(
    engine: &Arc<Engine>,
    serving: Option<&Serving>,
) -> std::result::Result<Driven, jobwright_runtime::Error> {
    let _alone = match serving {
        Some(serving) => Some(serving.alone().await),
        None => None,
    };
    engine.drive().await
}

/// Something may be due because of what somebody asked; never, when nobody can.
async fn news(serving: Option<&Serving>) {
    match serving {
        Some(serving) => serving.news().await,
        None => std::future::pending().await,
    }
}

/// Lets other verbs in while the store is ours. Where no socket can be made, the work goes on without.
fn begin_to_serve(desk: &Desk) -> Option<Serving> {
    let serving = serve(&desk.practice, &desk.engine);
    serving.inspect_err(|error| tracing::warn!(%error, "other commands must wait: there can be no socket")).ok()
}

/// Why letters wait because no mail server could be reached. One that answered and put a letter off is none of it.
fn unreached(desk: &Desk) -> Result<Option<String>> {
    let reader = desk.engine.reader();
    let waiting = outbox::wanted(&reader, None, WAITING_LOOKED_AT_MAX).map_err(store_report)?;
    for id in waiting.found {
        let entry = outbox::load(&reader, id).map_err(store_report)?;
        if entry.is_none_or(|entry| entry.value.tries == 0) {
            continue;
        }
        let looked = desk.engine.look(id.job).map_err(engine_report)?;
        let failure = looked.events.iter().rev().find_map(|recorded| match &recorded.event {
            Event::EffectDelayed { effect, failure, .. } if *effect == id => Some(failure),
            _ => None,
        });
        if let Some(failure) = failure.filter(|failure| [NO_CONNECTION, NO_ANSWER].contains(&failure.code.as_str())) {
            return Ok(Some(failure.message.clone()));
        }
    }
    Ok(None)
}

async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

fn say(desk: &Desk, driven: Driven, ctx: &mut Context) -> Result<()> {
    let counts = outbox::counts(&desk.engine.reader()).map_err(store_report)?;
    let next = desk.engine.next_at().map_err(engine_report)?;
    if ctx.global.json {
        let zone = &desk.practice.zone;
        ctx.out.json(&json!({
            "turns": driven.turns, "tries": driven.tries, "set_aside": driven.set_aside,
            "letters": { "wanted": counts.wanted, "claimed": counts.claimed, "given_up": counts.given_up },
            "next_at": next.map(|next| crate::shape::moment(next, zone)),
        }))?;
        return Ok(());
    }
    if ctx.global.quiet {
        return Ok(());
    }
    let plural = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let mut line = format!("{}, {} tried", plural(driven.turns, "turn"), plural(driven.tries, "effect"));
    if counts.wanted + counts.claimed > 0 {
        line += &format!("; {} wait", plural(counts.wanted + counts.claimed, "effect"));
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
