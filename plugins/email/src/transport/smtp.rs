//! Letters to a mail server: bounded in number, in time and in trust.
//!
//! Owns: the settings, the connections that are kept, and the two time bounds of a try. lettre speaks SMTP, but its
//! transport and pool stay out: they give a connection back to the pool when a try is broken off in the middle of
//! DATA, and the next letter would read the answers to the last one.

mod session;
mod verdict;

use super::{Envelope, FailureKind, Outcome};
use crate::secrets::Secret;
use lettre::transport::smtp::{
    authentication::Credentials,
    client::{Certificate, TlsParameters},
};
use session::{Session, Trouble};
use std::{
    fmt,
    future::poll_fn,
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Mutex, PoisonError},
    task::Poll,
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

/// Letters under way at once, each on its own connection, unless the settings say otherwise.
pub const PARALLEL_MAX: usize = 4;
/// From dialling to the server's `go ahead`: generous, since some servers keep newcomers waiting on purpose.
pub const OFFER_TIME_MAX: Duration = Duration::from_secs(120);
/// From the first byte of the letter to the server's last word: servers scan for viruses in between.
pub const DELIVERY_TIME_MAX: Duration = Duration::from_secs(300);
/// An idle connection is not used again after this long: servers hang up soon.
const IDLE_TIME_MAX: Duration = Duration::from_secs(20);
/// Taking leave is a courtesy.
const QUIT_TIME_MAX: Duration = Duration::from_secs(2);

/// How the line to the server is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    None,
    /// By STARTTLS, and a server without it gets no letter.
    Starttls,
    /// From the first byte.
    Tls,
}

/// Who we are to the server.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user.
    pub user: String,
    /// And the password.
    pub password: Secret,
}

/// All that a mail server needs to be told or known by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name or number of the server; its certificate must hold it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the line is secured.
    pub security: Security,
    /// Who we are, if it asks.
    pub login: Option<Login>,
    /// A root certificate (PEM) to trust beside the usual ones.
    pub root_certificate: Option<Vec<u8>>,
    /// How many letters may be under way at once.
    pub parallel_max: usize,
    /// Bound on everything before the letter is handed over.
    pub offer_time_max: Duration,
    /// Bound on handing it over.
    pub delivery_time_max: Duration,
}

impl Settings {
    /// Settings with our bounds, no login and the usual root certificates.
    pub fn new(host: impl Into<String>, port: u16, security: Security) -> Self {
        Self {
            host: host.into(),
            port,
            security,
            login: None,
            root_certificate: None,
            parallel_max: PARALLEL_MAX,
            offer_time_max: OFFER_TIME_MAX,
            delivery_time_max: DELIVERY_TIME_MAX,
        }
    }
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadSettings {
    /// The password would be readable by everyone on the way.
    #[error("the password for {0} would travel in clear; use tls: starttls or tls: tls")]
    PasswordInClear(String),
    /// The root certificate is none.
    #[error("the root certificate for {host} cannot be read")]
    RootCertificate {
        /// For which server.
        host: String,
        /// What is wrong with it.
        source: lettre::transport::smtp::Error,
    },
}

/// A mail server, and the connections to it that are still good.
pub struct Smtp {
    settings: Settings,
    tls: Option<TlsParameters>,
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
        if settings.login.is_some() && settings.security == Security::None && !is_this_machine(&settings.host) {
            return Err(BadSettings::PasswordInClear(settings.host));
        }
        let tls = match settings.security {
            Security::None => None,
            Security::Starttls | Security::Tls => Some(trust(&settings)?),
        };
        // A bound of none would wait for ever.
        let under_way = Semaphore::new(settings.parallel_max.max(1));
        Ok(Self { settings, tls, under_way, idle: Mutex::default() })
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
        let credentials =
            self.settings.login.as_ref().map(|l| Credentials::new(l.user.clone(), l.password.expose().into()));
        Session::open(&self.settings, self.tls.as_ref(), credentials.as_ref()).await
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

    /// A refusal leaves the line usable; anything else does not.
    fn keep(&self, session: Session, trouble: &Trouble) {
        if trouble.leaves_the_line_usable() {
            self.put_by(session);
        }
    }

    fn verdict(&self, trouble: &Trouble) -> Outcome {
        verdict::verdict(trouble, &format!("{}:{}", self.settings.host, self.settings.port))
    }
}

fn trust(settings: &Settings) -> Result<TlsParameters, BadSettings> {
    let bad = |source| BadSettings::RootCertificate { host: settings.host.clone(), source };
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.root_certificate {
        parameters = parameters.add_root_certificate(Certificate::from_pem(pem).map_err(bad)?);
    }
    parameters.build().map_err(bad)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

enum Broken {
    Late,
    Panic(String),
}

/// Runs for so long and no longer, and takes a panic inside for a failure: lettre's own time bound does not hold, and
/// it has panicked on input before.
async fn bounded<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Broken> {
    let mut work = pin!(work);
    let caught = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(Broken::Panic(words(&*panic)))),
    });
    timeout(limit, caught).await.unwrap_or(Err(Broken::Late))
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the mail library panicked: {}", said.unwrap_or("without words"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_inside_is_a_failed_attempt_and_no_crash() {
        let broken = bounded(Duration::from_secs(5), async { panic!("writing `Mailbox` returned an error") }).await;
        let Err::<(), _>(Broken::Panic(words)) = broken else { panic!("not caught") };
        assert_eq!(words, "the mail library panicked: writing `Mailbox` returned an error");
    }

    #[test]
    fn a_password_never_travels_in_clear_beyond_this_machine() {
        let login = Some(Login { user: "office".into(), password: Secret::new("s3cret") });
        for (host, security, fits) in [
            ("mail.practice.example", Security::None, false),
            ("mail.practice.example", Security::Starttls, true),
            ("mail.practice.example", Security::Tls, true),
            ("127.0.0.1", Security::None, true),
            ("localhost", Security::None, true),
        ] {
            let settings = Settings { login: login.clone(), ..Settings::new(host, 587, security) };
            assert_eq!(Smtp::new(settings).is_ok(), fits, "{host} {security:?}");
        }
    }
}
