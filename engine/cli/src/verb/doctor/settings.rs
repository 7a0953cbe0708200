//! What practice.yaml and this machine say.
//!
//! Owns: the clock, the calendar's data, who writes letters and how they leave, who acts. Leaves the store to `inside`.

use jiff::Timestamp;
use jobwright_definition::practice::Transport;
use jobwright_email::Transport as WayOut;

use super::{Finding, Grade};
use crate::assemble::{self, LETTERS};
use crate::desk::runtime;
use crate::practice::Practice;

/// A calendar whose data end sooner than this should be renewed.
const CALENDAR_YEARS_AHEAD: i16 = 1;
/// A clock before this day was never set.
const EARLIEST_NOW: &str = "2026-01-01T00:00:00Z";

pub(super) fn zone(practice: &Practice) -> &str {
    &practice.file.timezone.value
}

pub(super) fn calendar(practice: &Practice) -> &str {
    &practice.file.calendar.value
}

pub(super) fn clock(now: Timestamp) -> Finding {
    const WHAT: &str = "clock";
    match EARLIEST_NOW.parse::<Timestamp>() {
        Ok(earliest) if now < earliest => Finding::new(Grade::Bad, WHAT, format!("says {now}, which has long passed"))
            .next("set this machine's clock"),
        _ => Finding::new(Grade::Ok, WHAT, now.strftime("%F %H:%M UTC").to_string()),
    }
}

/// Past its data a calendar counts weekends only, and dates move without anybody having moved them.
pub(super) fn calendar_data(practice: &Practice) -> Finding {
    const WHAT: &str = "calendar";
    let id = calendar(practice);
    let Ok(calendar) = practice.calendars.get(id) else {
        return Finding::new(Grade::Bad, WHAT, format!("there is no calendar {id}"));
    };
    let (year, last) = (Timestamp::now().to_zoned(practice.zone.clone()).year(), calendar.last_year);
    let found = format!("{id} knows its holidays to the end of {last}");
    match last {
        i16::MAX => Finding::new(Grade::Ok, WHAT, format!("{id} has no holidays")),
        last if last < year => Finding::new(Grade::Bad, WHAT, found).next(renew(id)),
        last if last < year + CALENDAR_YEARS_AHEAD => Finding::new(Grade::Warn, WHAT, found).next(renew(id)),
        _ => Finding::new(Grade::Ok, WHAT, found),
    }
}

fn renew(id: &str) -> String {
    format!("take a newer jobwright, or put the new years into calendars/{id}.yaml of the practice")
}

/// The settings only, and says so: whether the server takes letters is seen when one is sent, or by `doctor --mail`.
pub(super) fn mail(practice: &Practice) -> Finding {
    const WHAT: &str = "mail";
    let mail = &practice.file.mail;
    let Some(from) = mail.from.as_ref().map(|from| from.address.as_str()) else {
        let finding = Finding::new(Grade::Warn, WHAT, "letters have no sender");
        return finding.next("write `mail: { from: { name: …, address: … } }` into practice.yaml");
    };
    match &mail.transport {
        Transport::Files => {
            let found = format!("letters by {from} become files in {LETTERS}/; nobody gets them");
            Finding::new(Grade::Warn, WHAT, found)
                .next("name your mail server in practice.yaml when you begin in earnest")
        }
        Transport::None => Finding::new(Grade::Warn, WHAT, "letters go nowhere").next("set `transport:` under `mail`"),
        Transport::Smtp { host, port, .. } => match assemble::transport(practice) {
            Ok(WayOut::Unready { why }) => Finding::new(Grade::Bad, WHAT, why),
            Ok(_) => {
                let found = format!("letters by {from} are to leave through {host}:{port}, which was not tried");
                Finding::new(Grade::Ok, WHAT, found).next("`jobwright doctor --mail` dials it and logs in")
            }
            Err(report) => Finding::of(WHAT, &report),
        },
    }
}

/// The way of a letter as far as it goes without one: a line each step, and the last one says how it ended.
pub(super) fn mail_tried(practice: &Practice) -> Vec<Finding> {
    const WHAT: &str = "mail server";
    let Transport::Smtp { host, port, .. } = &practice.file.mail.transport else {
        return vec![Finding::new(Grade::Warn, WHAT, "there is none to try: letters do not go to a mail server")];
    };
    let transport = match assemble::transport(practice) {
        Ok(transport) => transport,
        Err(report) => return vec![Finding::of(WHAT, &report)],
    };
    let mut findings = Vec::new();
    let mut told = |step: String| findings.push(Finding::new(Grade::Ok, WHAT, step));
    let ended = runtime().map(|runtime| runtime.block_on(transport.probe(&mut told)));
    findings.push(match ended {
        Err(report) => Finding::of(WHAT, &report),
        Ok(Ok(())) => Finding::new(Grade::Ok, WHAT, format!("{host}:{port} lets us in; nothing was sent")),
        Ok(Err(why)) => {
            Finding::new(Grade::Bad, WHAT, why).next("mend it, and try again with `jobwright doctor --mail`")
        }
    });
    findings
}

pub(super) fn operator(practice: &Practice) -> Finding {
    const WHAT: &str = "operator";
    match &practice.file.practice.operator {
        Some(operator) => Finding::new(Grade::Ok, WHAT, format!("{operator} acts when a command names nobody")),
        None => Finding::new(Grade::Warn, WHAT, "nobody acts when a command names nobody")
            .next("write `operator: ID` of a member of staff into practice.yaml, or use --as"),
    }
}
