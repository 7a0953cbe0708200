//! Letters to a mail server: bounded in number, in time and in trust.
//!
//! Owns: the connections that are kept, and the two time bounds of a try. The conversation is our own: lettre's gives a
//! connection back when a try is broken off in the middle of DATA, so that the next letter would read the answers to the
//! last one, and it takes an answer with a code that it does not know for a broken line.

mod answers;
mod reply;
mod secure;
mod session;
mod settings;
mod verdict;

pub use settings::{
    BadSettings, DELIVERY_TIME_MAX, GREETING_TIME, Login, OFFER_TIME_MAX, PARALLEL_MAX, Security, Settings,
};

use super::{Envelope, Outcome};
use crate::panic::caught;
use jobwright_core::retry::FailureKind;
use secure::Trust;
use session::{Credentials, Session, Trouble};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

/// An idle connection is not used again after this long: servers hang up soon.
const IDLE_TIME_MAX: Duration = Duration::from_secs(20);
/// Taking leave is a courtesy.
const QUIT_TIME_MAX: Duration = Duration::from_secs(2);

/// A mail server, and the connections to it that are still good.
pub struct Smtp {
    settings: Settings,
    tls: Option<Trust>,
    under_way: Semaphore,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    session: Session,
    since: Instant,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Reads the settings; dials nobody yet.
    pub fn new(settings: Settings) -> Result<Self, BadSettings> {
        let tls = settings.trust()?;
        // A bound of none would wait for ever.
        let under_way = Semaphore::new(settings.parallel_max.max(1));
        Ok(Self { settings, tls, under_way, idle: Mutex::default() })
    }

    pub(super) fn parallel_max(&self) -> usize {
        self.settings.parallel_max.max(1)
    }

    /// Tries once: offers the letter, and once the server asks for it hands it over. Whatever breaks before the
    /// second step has certainly not sent it; whatever breaks within may have.
    pub(super) async fn send(&self, envelope: &Envelope, bytes: &[u8]) -> Outcome {
        // Held to the end. The semaphore is never closed, so there is always a permit in it.
        let _permit = self.under_way.acquire().await;
        match bounded(self.settings.offer_time_max, self.offer(envelope)).await {
            Ok(Ok(session)) => self.deliver(session, bytes).await,
            Ok(Err(trouble)) => self.verdict(&trouble),
            Err(Broken::Late) => verdict::gave_up(FailureKind::Timeout, "the mail server did not answer in time"),
            Err(Broken::Panic(words)) => verdict::gave_up(FailureKind::Transient, &words),
        }
    }

    /// Dials, greets, secures the line, logs in and takes leave, telling each step; sends nothing.
    pub(super) async fn probe(&self, told: &mut (dyn FnMut(String) + Send)) -> Result<(), Outcome> {
        match bounded(self.settings.offer_time_max, self.dialled(told)).await {
            Ok(Ok(session)) => {
                let _ = bounded(QUIT_TIME_MAX, session.quit()).await;
                Ok(())
            }
            Ok(Err(trouble)) => Err(self.verdict(&trouble)),
            Err(Broken::Late) => Err(verdict::gave_up(FailureKind::Timeout, "the mail server did not answer in time")),
            Err(Broken::Panic(words)) => Err(verdict::gave_up(FailureKind::Transient, &words)),
        }
    }

    /// Where it sends to, as people know it.
    pub(super) fn server(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    /// Says goodbye on the connections that wait for work.
    pub(super) async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for Idle { session, .. } in idle {
            // A server that does not answer is left anyway.
            let _ = bounded(QUIT_TIME_MAX, session.quit()).await;
        }
    }

    /// A session whose server waits for the letter.
    async fn offer(&self, envelope: &Envelope) -> Result<Session, Trouble> {
        let mut session = self.session().await?;
        match session.offer(envelope).await {
            Ok(()) => Ok(session),
            Err(trouble) => {
                self.keep(session, &trouble);
                Err(trouble)
            }
        }
    }

    async fn deliver(&self, mut session: Session, bytes: &[u8]) -> Outcome {
        let limit = self.settings.delivery_time_max;
        match bounded(limit, session.hand_over(bytes)).await {
            Ok(Ok(reply)) => {
                self.put_by(session);
                Outcome::Sent { reply }
            }
            Ok(Err(trouble)) => {
                self.keep(session, &trouble);
                self.verdict(&trouble)
            }
            // The session goes with its answer still to come.
            Err(Broken::Late) => verdict::in_doubt(&format!("no answer to the letter within {limit:?}")),
            Err(Broken::Panic(words)) => verdict::in_doubt(&words),
        }
    }

    async fn session(&self) -> Result<Session, Trouble> {
        while let Some(mut session) = self.take_idle() {
            if session.is_ready().await {
                return Ok(session);
            }
        }
        self.dialled(&mut |_: String| {}).await
    }

    async fn dialled(&self, told: &mut (dyn FnMut(String) + Send)) -> Result<Session, Trouble> {
        let login = self.settings.login.as_ref();
        let login = login.map(|login| Credentials { user: &login.user, password: login.password.expose() });
        Session::open(&self.settings, self.tls.as_ref(), login, told).await
    }

    fn take_idle(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|waiting| waiting.since.elapsed() < IDLE_TIME_MAX);
        idle.pop().map(|waiting| waiting.session)
    }

    fn put_by(&self, session: Session) {
        let waiting = Idle { session, since: Instant::now() };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
    }

    /// A refusal leaves the line usable; anything else does not, nor does what is said of us: once that is mended, a line
    /// that was opened before may still be held against us.
    fn keep(&self, session: Session, trouble: &Trouble) {
        let is_ours = matches!(self.verdict(trouble), Outcome::Paused { .. });
        if trouble.leaves_the_line_usable() && !is_ours {
            self.put_by(session);
        }
    }

    fn verdict(&self, trouble: &Trouble) -> Outcome {
        verdict::verdict(trouble, &self.server())
    }
}

enum Broken {
    Late,
    Panic(String),
}

/// Runs for so long and no longer, and takes a panic inside for a failure.
async fn bounded<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Broken> {
    match timeout(limit, caught(work)).await {
        Ok(done) => done.map_err(|words| Broken::Panic(format!("the conversation panicked: {words}"))),
        Err(_) => Err(Broken::Late),
    }
}
