//! Where a verb finds the store: here, or in the process that has it open.
//!
//! Owns: the one decision between no store, a store opened for this verb, and asking a running engine through its
//! socket. A process never opens the store twice: who serves others gives their verbs its own engine. Leaves talking to
//! `socket` and putting an engine together to `assemble`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use jobwright_store::LOCK_WAIT;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use rustix::process::{Uid, geteuid};

use crate::arguments::Global;
use crate::assemble::{self, Found};
use crate::caller::account_of;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::practice::Practice;
use crate::report::{Report, Result};
use crate::socket::{Asked, Met, ask, is_served};

/// How long one look at the lock takes before the socket is tried again: an engine may have begun to serve meanwhile.
const LOOK_AT_LOCK: Duration = Duration::from_millis(200);
/// Before a busy engine is asked again.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// How long whoever drives the store waits for those who have it for a moment.
const WAIT_TO_DRIVE: Duration = Duration::from_secs(30);

/// What a verb wants of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Nothing.
    Nothing,
    /// To read or write it.
    Store,
    /// The same, and to make one where there is none: what is brought in first needs one.
    StoreToMake,
    /// To look into it when there is one; the verb does without, or says why it had to.
    StoreIfThere,
    /// To do what is due in it: in a running engine, which does that anyway, or here.
    StoreToDrive,
    /// To drive it for good, which one process at a time does.
    StoreAlone,
}

/// Where it was found.
pub enum Reached {
    /// In this process, if anywhere.
    Here(Result<Desk>),
    /// A running engine has taken the verb over.
    Elsewhere(Asked),
}

/// Finds the store that a verb wants, as it was typed.
pub fn store(wants: Wants, global: &Global, typed: &[OsString]) -> Reached {
    if wants == Wants::Nothing {
        return Reached::Here(Err(Report::new(Exit::Fault, "a verb asks for a store that it does not want")));
    }
    let entered = |practice: Practice| shut_out(&practice.store).map_or(Ok(practice), Err);
    let found = Practice::open(global).and_then(entered).and_then(|practice| match wants {
        Wants::StoreIfThere if !practice.store.exists() => {
            Err(Report::new(Exit::NotFound, format!("there is no store in {}", practice.store.display())))
        }
        Wants::StoreToMake => opened_or_asked(practice, global, typed, (LOCK_WAIT, true)),
        Wants::StoreAlone => opened_alone(practice, global),
        Wants::StoreToDrive => opened_or_asked(practice, global, typed, (WAIT_TO_DRIVE, false)),
        _ => opened_or_asked(practice, global, typed, (LOCK_WAIT, false)),
    });
    found.unwrap_or_else(|report| Reached::Here(Err(report)))
}

/// A store that this account may not enter belongs to another one: said as it is, before anything is tried that would
/// take it for an engine that does not answer.
fn shut_out(store: &Path) -> Option<Report> {
    let owner = fs::metadata(store).ok()?.uid();
    match accessat(CWD, store, Access::EXEC_OK, AtFlags::EACCESS) {
        Err(Errno::ACCESS) => {}
        _ => return None,
    }
    let name =
        |uid: Uid| account_of(uid).map_or_else(|| format!("account {}", uid.as_raw()), |name| format!("`{name}`"));
    let (owner, ours) = (Uid::from_raw(owner), geteuid());
    let report = Report::new(Exit::Store, format!("{} may not be entered", store.display()));
    Some(if owner == ours {
        report.because("its rights shut out its own account").next(format!("chmod 700 {}", store.display()))
    } else {
        report
            .because(format!("the store belongs to {}, and this is {}", name(owner), name(ours)))
            .next("give the command as that account; nothing was done")
    })
}

/// Takes the store as soon as those who have it for a moment let go. Whoever drives it is worth their waiting line, and
/// where they are many the lock is anybody's; an engine that still serves after a first wait, which is as long
/// as one may take to end, will not let go.
fn opened_alone(practice: Practice, global: &Global) -> Result<Reached> {
    let give_up_at = Instant::now() + WAIT_TO_DRIVE;
    loop {
        match assemble::opened_within(&practice, LOCK_WAIT, false)? {
            Found::Opened(opened) => return Ok(Reached::Here(Ok(Desk::own(practice, opened, global)))),
            Found::InUse(report) if Instant::now() >= give_up_at || is_served(&practice.store) => return Err(report),
            Found::InUse(_) => {}
        }
    }
}

/// Asks a running engine, else takes the store, for as long as others have it only for a moment.
fn opened_or_asked(
    practice: Practice,
    global: &Global,
    typed: &[OsString],
    (patience, makes): (Duration, bool),
) -> Result<Reached> {
    let give_up_at = Instant::now() + patience;
    loop {
        let held_by_others = match ask(&practice.store, global, typed)? {
            Met::Asked(asked) => return Ok(Reached::Elsewhere(asked)),
            Met::Busy(report) => {
                thread::sleep(ASK_AGAIN_AFTER);
                report
            }
            Met::Nobody => match assemble::opened_within(&practice, LOOK_AT_LOCK, makes)? {
                Found::Opened(opened) => return Ok(Reached::Here(Ok(Desk::own(practice, opened, global)))),
                Found::InUse(report) => report,
            },
        };
        if Instant::now() >= give_up_at {
            return Err(held_by_others);
        }
    }
}
