//! What the store itself says.
//!
//! Owns: who may look into its folder, whether it opens, its time, and what waits in it. A running engine speaks for the
//! store that it has open. Leaves the disk below to `disk`.

use std::fs;
use std::path::Path;

use jobwright_core::access::{Action, Resource};
use jobwright_runtime::{ClockPlan, Pause};
use jobwright_store::outbox;
use serde_json::json;

use super::{Context, Finding, Grade, counters};
use crate::assemble::engine_report;
use crate::clock::{Doubt, plan_lines};
use crate::desk::Desk;
use crate::exit::Exit;
use crate::practice::Practice;
use crate::report::Result;
use crate::shape;
use crate::verb::work::held_back;

pub(super) fn store(desk: Result<Desk>, practice: &Practice) -> Vec<Finding> {
    const WHAT: &str = "store";
    if !practice.store.exists() {
        let found = format!("there is no store in {}", practice.store.display());
        let next = "`jobwright import FILE` makes one; where there was one, `jobwright restore` makes it of a backup";
        return vec![Finding::new(Grade::Warn, WHAT, found).next(next)];
    }
    let mut findings: Vec<_> = open_to_others(&practice.store).into_iter().collect();
    match desk {
        Err(report) => findings.push(Finding::of(WHAT, &report)),
        Ok(desk) => findings.extend(inside(&desk)),
    }
    findings
}

/// The store holds people's data and frozen letters.
fn open_to_others(store: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(store).ok()?.permissions().mode() & 0o777;
    let is_open = mode & 0o007 != 0;
    is_open.then(|| {
        let finding =
            Finding::new(Grade::Warn, "store's rights", format!("other accounts may look into it ({mode:03o})"));
        finding.next(format!("chmod 700 {}", store.display()))
    })
}

fn inside(desk: &Desk) -> Vec<Finding> {
    let mut findings = vec![Finding::new(Grade::Ok, "store", format!("format {}, open", jobwright_store::FORMAT))];
    findings.extend(desk.engine.clock_doubt().map(|doubt| {
        let Doubt { what, next } = Doubt::of(doubt);
        Finding::new(Grade::Bad, "store's time", what).next(next)
    }));
    // What was said of letters that nobody waits for any more says nothing.
    let waits = outbox::wanted(&desk.engine.reader(), None, 1).is_ok_and(|listing| !listing.found.is_empty());
    let paused = desk.engine.paused().filter(|pause| waits || matches!(pause, Pause::Restored { .. }));
    findings.extend(paused.map(|pause| held(pause, desk)));
    match outbox::counts(&desk.engine.reader()) {
        Err(error) => findings.push(Finding::of("effects", &error.into())),
        Ok(counts) => {
            let (wait, are) =
                (if counts.wanted == 1 { "waits" } else { "wait" }, if counts.claimed == 1 { "is" } else { "are" });
            let found = format!("{} {wait}, {} {are} on the way", counts.wanted, counts.claimed);
            let finding = match counts.given_up {
                0 => Finding::new(Grade::Ok, "effects", found),
                many => Finding::new(Grade::Warn, "effects", format!("{many} were given up and wait for a person"))
                    .next("`jobwright jobs` shows them; `retry` tries again"),
            };
            findings.push(finding.data(shape::effects(&counts)));
        }
    }
    findings.extend([counters::journal(desk), counters::backup(desk)]);
    findings.extend(counters::counters(desk));
    findings
}

/// Takes the store's time back to this machine's, or shows what that would do.
pub(super) fn take_back(is_sure: bool, ctx: &mut Context) -> Result {
    let desk = ctx.desk_unsaid(Action::Edit, Resource::Store)?;
    let plan = if is_sure { desk.engine.accept_clock() } else { desk.engine.clock_plan() }.map_err(engine_report)?;
    if ctx.global.json {
        ctx.out.json(&shape_of(&plan, is_sure, &desk))?;
        return Ok(Exit::Done);
    }
    for line in plan_lines(&plan) {
        ctx.out.line(line)?;
    }
    match (is_sure, plan.is_empty()) {
        (true, _) => ctx.out.line("done: the store's time is this machine's")?,
        (false, true) => {}
        (false, false) => ctx.out.line("nothing was changed; `jobwright doctor --clock --yes` does it")?,
    }
    Ok(Exit::Done)
}

/// One line as `doctor` says them, with the plan as its numbers.
fn shape_of(plan: &ClockPlan, is_done: bool, desk: &Desk) -> serde_json::Value {
    let zone = &desk.practice.zone;
    let grade = if plan.is_empty() || is_done { "ok" } else { "bad" };
    let next = (!plan.is_empty() && !is_done).then_some("`jobwright doctor --clock --yes` takes it back");
    json!({
        "grade": grade, "what": "store's time", "found": plan_lines(plan).join("; "), "next": next,
        "data": {
            "from": shape::moment(plan.from.max(plan.to), zone), "to": shape::moment(plan.to, zone), "is_done": is_done,
            "jobs": plan.job_count, "effects": plan.effects.len(),
        },
    })
}

/// Why letters do not leave, as it was when one was last tried.
fn held(pause: Pause, desk: &Desk) -> Finding {
    const WHAT: &str = "letters";
    let data = match &pause {
        Pause::Server(halt) => json!({
            "since": shape::moment(halt.since, &desk.practice.zone),
            "again_at": shape::moment(halt.again_at, &desk.practice.zone),
            "tried": halt.times,
        }),
        Pause::Restored { at } => json!({ "since": shape::moment(*at, &desk.practice.zone) }),
    };
    Finding::of(WHAT, &held_back(pause, &desk.practice.zone)).data(data)
}
