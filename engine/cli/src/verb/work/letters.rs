//! How letters fared, as `work` tells it.
//!
//! Owns: each thing once and in plain words: what was in doubt, why letters stay, which could not be delivered and what to
//! do about each, and the exit code that says so to cron. Leaves when letters leave to the engine.

use jiff::{Timestamp, tz::TimeZone};
use jobwright_core::effect::Effect;
use jobwright_core::event::Event;
use jobwright_core::id::EffectId;
use jobwright_core::recipient::PersonId;
use jobwright_email::{NO_ANSWER, NO_CONNECTION};
use jobwright_plugin::Until;
use jobwright_runtime::{Halt, Pause};
use jobwright_store::outbox;

use crate::assemble::{engine_report, store_report};
use crate::desk::{Desk, short};
use crate::exit::Exit;
use crate::report::{Report, Result};
use crate::verb::Context;

/// Letters looked at for the reason why they wait: with a server that is not there it is the same for all.
const WAITING_LOOKED_AT_MAX: usize = 50;
/// Effects in doubt that are told apart into letters and calls; more than can be under way at once.
const CLAIMED_LOOKED_AT_MAX: usize = 2_000;
/// Letters that could not be delivered which are named one by one.
const NAMED_MAX: usize = 20;

/// Says what nobody knew the end of when the engine stopped, and what becomes of it.
pub fn say_in_doubt(ctx: &mut Context, desk: &Desk) -> Result<()> {
    let (mut calls, mut letters) = (0, Vec::new());
    for id in outbox::claimed(&desk.engine.reader(), None, CLAIMED_LOOKED_AT_MAX).map_err(store_report)?.found {
        let entry = outbox::load(&desk.engine.reader(), id).map_err(store_report)?;
        if entry.is_some_and(|entry| matches!(entry.value.effect, Effect::SendLetter { .. })) {
            letters.push(id);
        } else {
            calls += 1;
        }
    }
    let in_doubt = desk.engine.recover().map_err(engine_report)?;
    if ctx.global.quiet {
        return Ok(());
    }
    let mut dropped = 0;
    for id in letters {
        let entry = outbox::load(&desk.engine.reader(), id).map_err(store_report)?;
        dropped += usize::from(entry.is_none());
    }
    match in_doubt.saturating_sub(calls + dropped) {
        0 => {}
        1 => ctx.beside("1 letter was in doubt since the last stop, and leaves again under the same Message-ID\n"),
        many => ctx.beside(&format!(
            "{many} letters were in doubt since the last stop, and leave again under the same Message-ID\n"
        )),
    }
    match dropped {
        0 => {}
        1 => ctx.beside("1 letter was in doubt since the last stop; it may have arrived, and is no longer wanted\n"),
        many => ctx.beside(&format!(
            "{many} letters were in doubt since the last stop; they may have arrived, and are no longer wanted\n"
        )),
    }
    match calls.min(in_doubt) {
        0 => {}
        1 => {
            ctx.beside("1 call of a plugin was cut off by the last stop; what becomes of it is for its plugin to say\n")
        }
        many => ctx.beside(&format!(
            "{many} calls of plugins were cut off by the last stop; what becomes of them is for their plugins to say\n"
        )),
    }
    Ok(())
}

/// Done, or why letters could not leave, or could not be delivered.
pub fn how_they_fared(desk: &Desk, ctx: &mut Context) -> Result {
    let failed = troubles(desk)?;
    let counts = outbox::counts(&desk.engine.reader()).map_err(store_report)?;
    // What was said of letters that nobody wants any more holds up nothing.
    let paused = desk.engine.paused().filter(|pause| matches!(pause, Pause::Restored { .. }) || counts.wanted > 0);
    let held = match paused {
        Some(why) => Some(held_back(why, &desk.practice.zone)),
        None => unreached(desk)?,
    };
    match (failed, held) {
        (None, None) => Ok(Exit::Done),
        (Some(report), None) | (None, Some(report)) => Err(report),
        (Some(failed), Some(held)) => {
            ctx.beside(&failed.human(ctx.errors.paint()));
            Err(held)
        }
    }
}

/// Why no letter leaves, and what to do about it.
pub fn held_back(why: Pause, zone: &TimeZone) -> Report {
    match why {
        Pause::Server(halt) => {
            let report = Report::new(Exit::Outside, "letters cannot leave").because(&*halt.why);
            let (next, when) = (next_of(&halt), moment(zone, halt.again_at));
            let report = report.next(next);
            match halt.until {
                Until::Mended => report,
                Until::Later => report.next(format!("one is tried again {when}; `jobwright work --now` tries at once")),
            }
        }
        Pause::Restored { at } => {
            let at = at.strftime("%-d %b %Y %H:%M UTC");
            Report::new(Exit::Outside, "letters are held back")
                .because(format!("this store was made of a backup on {at}, and what waits in it may have left before"))
                .next("see with `jobwright jobs` and `jobwright show` which letters wait, and ask your mail server for them")
                .next("then `jobwright work --release-letters` lets them out, and all that come after")
        }
    }
}

/// What somebody does about a fault of the way out.
pub fn next_of(halt: &Halt) -> &'static str {
    match halt.until {
        Until::Mended => "mend it, then `jobwright work` again: nothing is lost, and no contact was marked",
        Until::Later => "nothing is lost, and no contact was marked: they leave by themselves once that is over",
    }
}

/// Why letters wait because no mail server could be reached. One that answered and put a letter off is none of it.
fn unreached(desk: &Desk) -> Result<Option<Report>> {
    let reader = desk.engine.reader();
    let waiting = outbox::wanted(&reader, None, WAITING_LOOKED_AT_MAX).map_err(store_report)?;
    for id in waiting.found {
        let entry = outbox::load(&reader, id).map_err(store_report)?;
        if entry.is_none_or(|entry| entry.value.tries == 0) {
            continue;
        }
        let looked = desk.engine.look(id.job).map_err(engine_report)?;
        let delayed = looked.events.iter().rev().find_map(|recorded| match &recorded.event {
            Event::EffectDelayed { effect, failure, next_at, .. } if *effect == id => Some((failure, *next_at)),
            _ => None,
        });
        let delayed = delayed.filter(|(failure, _)| [NO_CONNECTION, NO_ANSWER].contains(&failure.code.as_str()));
        if let Some((failure, next_at)) = delayed {
            let when = moment(&desk.practice.zone, next_at);
            return Ok(Some(
                Report::new(Exit::Outside, "letters could not leave yet")
                    .because(&*failure.message)
                    .next("nothing is lost, and no contact was marked")
                    .next(format!(
                        "they are tried again by the first `jobwright work` after {when}, or at once by `jobwright work --now`"
                    )),
            ));
        }
    }
    Ok(None)
}

fn moment(zone: &TimeZone, at: Timestamp) -> String {
    at.to_zoned(zone.clone()).strftime("%a %-d %b %Y %H:%M").to_string()
}

/// What came to nothing while we drove, one line each; the timeline of each job has it too.
fn troubles(desk: &Desk) -> Result<Option<Report>> {
    let troubles = desk.engine.take_troubles();
    let mut letters = Vec::new();
    for id in &troubles.named {
        letters.extend(trouble(desk, *id)?);
    }
    if letters.is_empty() {
        return Ok(None);
    }
    // What is beyond those that are named may be calls as well; nothing is said of it that is not known.
    let what = match (letters.len(), troubles.count > troubles.named.len()) {
        (1, false) => "1 letter could not be delivered".to_owned(),
        (many, false) => format!("{many} letters could not be delivered"),
        (many, true) => format!("{many} letters and more could not be delivered"),
    };
    let mut report = Report::new(Exit::Outside, what);
    for letter in letters.iter().take(NAMED_MAX) {
        report = report.because(&*letter.words);
    }
    if letters.len() > NAMED_MAX {
        report = report
            .because(format!("and {} more; `jobwright jobs --attention` lists the jobs", letters.len() - NAMED_MAX));
    }
    if let Some(letter) = letters.iter().find(|letter| letter.is_refused) {
        let contact = letter.contact.as_deref().unwrap_or("CLIENT/CONTACT");
        report = report.next(format!(
            "no such address: `jobwright contact set {contact} email=…` corrects it, and the letter is written again"
        ));
    }
    if let Some(letter) = letters.iter().find(|letter| !letter.is_refused) {
        report = report.next(format!(
            "nobody was marked: look into it, then `jobwright retry {} {}` sends it again",
            letter.job, letter.task
        ));
    }
    Ok(Some(report))
}

/// A letter that could not be delivered.
struct Undelivered {
    words: String,
    is_refused: bool,
    contact: Option<String>,
    job: String,
    task: String,
}

/// A letter's fate in one line; nothing for what is not a letter.
fn trouble(desk: &Desk, id: EffectId) -> Result<Option<Undelivered>> {
    let looked = desk.engine.look(id.job).map_err(engine_report)?;
    let written = looked.events.iter().find_map(|recorded| match &recorded.event {
        Event::LetterWritten { task, letter, .. } if recorded.number == id.event => Some((task, letter)),
        _ => None,
    });
    let Some((task, letter)) = written else { return Ok(None) };
    let fate = looked.events.iter().rev().find_map(|recorded| match &recorded.event {
        Event::LetterRefused { effect, reply, .. } if *effect == id => Some((true, reply.clone())),
        // One that was dropped while it was on its way is not to arrive: how its last try ended is no trouble.
        Event::EffectGivenUp { effect, failure } if *effect == id && looked.job.effects.contains_key(effect) => {
            Some((false, failure.message.clone()))
        }
        _ => None,
    });
    let Some((is_refused, why)) = fate else { return Ok(None) };
    let address = letter.to.address.as_deref().map(|address| format!(" <{address}>")).unwrap_or_default();
    let (job, client) = (short(id.job), &looked.job.client);
    let what = if is_refused { "refused" } else { "given up" };
    let contact = match &letter.to.id {
        PersonId::Contact(contact) => Some(format!("{client}/{contact}")),
        PersonId::Staff(_) => None,
    };
    let words = format!(
        "{}{address} ({}/{client}, task {task}, job {job}) {what}: {why}",
        letter.to.name, looked.job.definition
    );
    Ok(Some(Undelivered { words, is_refused, contact, job, task: task.to_string() }))
}
