//! Driving until it is time to leave.
//!
//! Owns: when to look again, and how a stop goes: nothing new is taken in, the batch in hand and letters on their way
//! come to their end, and only then is the store let go. Leaves turns and letters to the engine, requests to `socket`.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jobwright_runtime::{Driven, Engine, Error, Halt, Pause};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout_at};

use crate::plugins::LOOK_AGAIN_AFTER;
use crate::practice::Practice;
use crate::socket::Serving;

/// Longest sleep between two looks at what is due, while nothing is.
const LOOK_AFTER: Duration = Duration::from_secs(30);
/// How long what is under way may take to its end once the program is told to stop: a little less than the ten seconds
/// after which most supervisors kill. A letter that needs longer is in doubt then, and leaves again under its own name.
const END_WITHIN: Duration = Duration::from_secs(8);

/// When to leave.
#[derive(Clone, Copy)]
pub enum Leave {
    /// When nothing is due.
    Idle,
    /// At a moment.
    At(Timestamp),
    /// When told to.
    Never,
}

/// What a stay came to.
pub struct Stayed {
    /// What was done.
    pub driven: Driven,
    /// The signal that ended it.
    pub told_by: Option<&'static str>,
    /// When what is under way must have come to its end.
    pub end_by: Instant,
}

/// What tells the program to stop.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on a signal is heard instead of ending the process.
    pub fn hear() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Drives until it is time to leave, or a signal comes.
pub async fn stay(
    engine: &Arc<Engine>,
    leave: Leave,
    serving: Option<&Serving>,
    practice: &Practice,
    signals: &mut Signals,
) -> Result<Stayed, Error> {
    let mut driven = Driven::default();
    let in_time = || Instant::now() + END_WITHIN;
    let changed = Notify::new();
    let mut watching = pin!(watch(practice, &changed));
    let mut said = Said::default();
    let (told_by, end_by) = loop {
        let mut driving = pin!(engine.drive());
        tokio::select! {
            done = &mut driving => driven = driven.and(done?),
            never = &mut watching => match never {},
            told_by = signals.next() => {
                engine.stop();
                serving.inspect(|serving| serving.take_no_more());
                let end_by = in_time();
                driven = driven.and(end(driving, end_by, signals).await?);
                break (Some(told_by), end_by);
            }
        }
        // Who leaves now says it all at the end.
        if !matches!(leave, Leave::Idle) {
            said.say(engine);
        }
        // Only a person can let out the letters of a restored store; a mail server's fault holds up letters alone.
        let is_restored = matches!(engine.paused(), Some(Pause::Restored { .. }));
        let is_over = is_restored || serving.is_some_and(Serving::is_at_fault);
        let Some(pause) = pause(engine, leave)?.filter(|_| !is_over) else { break (None, in_time()) };
        tokio::select! {
            told_by = signals.next() => {
                serving.inspect(|serving| serving.take_no_more());
                break (Some(told_by), in_time());
            }
            () = sleep(pause) => {}
            never = &mut watching => match never {},
            () = changed.notified() => {}
            () = news(serving) => {}
            () = engine.news() => {}
        }
    };
    engine.close().await;
    Ok(Stayed { driven, told_by, end_by })
}

/// What was said of letters while it stays, so that each thing is said once.
#[derive(Default)]
struct Said {
    /// How often letters have been stopped, when they are.
    halted: Option<u32>,
}

impl Said {
    /// Says in the log what has changed. Ids and the words of our own mail server; no names, no addresses.
    fn say(&mut self, engine: &Engine) {
        let halt = match engine.paused() {
            Some(Pause::Server(halt)) => Some(halt),
            Some(Pause::Restored { .. }) | None => None,
        };
        let times = halt.as_ref().map(|halt| halt.times);
        match halt {
            Some(Halt { why, again_at, .. }) if self.halted != times => {
                tracing::error!(why, %again_at, "no letter can leave; everything else goes on");
            }
            None if self.halted.is_some() => tracing::warn!("letters leave again"),
            _ => {}
        }
        self.halted = times;
        let troubles = engine.take_troubles();
        for effect in &troubles.named {
            tracing::warn!(%effect, "could not be delivered; `jobwright show` says why");
        }
        let others = troubles.count - troubles.named.len();
        if others > 0 {
            tracing::warn!(others, "could not be delivered either; `jobwright jobs --attention` lists them");
        }
    }
}

/// How long nothing is due; nothing, when it is time to leave.
fn pause(engine: &Engine, leave: Leave) -> Result<Option<Duration>, Error> {
    let now = engine.now();
    let ends = match leave {
        Leave::Idle => return Ok(None),
        Leave::At(end) if end <= now => return Ok(None),
        Leave::At(end) => Some(end),
        Leave::Never => None,
    };
    // What is due waits for a person: nothing is hurried, and the clock is looked at again.
    if engine.clock_doubt().is_some() {
        return Ok(Some(LOOK_AFTER));
    }
    let next = [engine.next_at()?, ends].into_iter().flatten().min();
    let pause = next.map_or(LOOK_AFTER, |next| Duration::try_from(next.duration_since(now)).unwrap_or_default());
    Ok(Some(pause.min(LOOK_AFTER)))
}

/// Lets what is under way come to its end, unless it takes too long or somebody says stop once more.
async fn end(
    driving: impl Future<Output = Result<Driven, Error>>,
    end_by: Instant,
    signals: &mut Signals,
) -> Result<Driven, Error> {
    let ended = tokio::select! {
        ended = timeout_at(end_by.into(), driving) => ended.ok(),
        _ = signals.next() => None,
    };
    ended.unwrap_or_else(|| {
        tracing::warn!("letters or calls were on their way and are in doubt now; `jobwright work` takes them up again");
        Ok(Driven::default())
    })
}

/// Looks for plugins that were added or changed, also while calls are under way: the next call is of the new one.
async fn watch(practice: &Practice, changed: &Notify) -> Infallible {
    loop {
        sleep(LOOK_AGAIN_AFTER).await;
        let Ok(Some(shelf)) = practice.shelf() else { continue };
        // It reads files, and may have to compile one.
        if spawn_blocking(move || shelf.look_again()).await.unwrap_or(false) {
            changed.notify_one();
        }
    }
}

/// Something may be due because of what somebody asked; never, when nobody can.
async fn news(serving: Option<&Serving>) {
    match serving {
        Some(serving) => serving.news().await,
        None => std::future::pending().await,
    }
}
