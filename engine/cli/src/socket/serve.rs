//! The engine's side: takes requests, and runs each as its own verb on the one engine.
//!
//! Owns: who may ask, how many at once, and that a caller who goes away, lies or does nothing costs a bounded time of
//! one thread and nothing else. A fault of ours ends the engine too, since what it holds in memory is in doubt then.

use std::ffi::OsString;
use std::io::{self, BufWriter, LineWriter, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use clap::Parser;
use tokio::sync::Notify;

use super::afar::{Afar, Said, Wire};
use super::message::{Greeting, PROTOCOL, Request, Say};
use super::{frame, place};
use crate::arguments::Arguments;
use crate::assemble::Opened;
use crate::caller::account_of;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::output::Output;
use crate::practice::Practice;
use crate::reach::Wants;
use crate::verb::Context;

/// Most requests at a time.
pub const REQUESTS_MAX: usize = 16;
/// How long a caller may take to say what they want.
const REQUEST_WITHIN: Duration = Duration::from_secs(5);
/// After the system refused a connection, for want of files perhaps.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// Output kept back before it is sent, where nobody watches.
const OUT_BYTES: usize = 64 << 10;

/// The engine while it serves others; it stops with `close`.
pub struct Serving {
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    practice: Arc<Practice>,
    opened: Opened,
    at_work: Mutex<usize>,
    one_less: Condvar,
    is_closing: AtomicBool,
    is_at_fault: AtomicBool,
    news: Notify,
}

/// Begins to serve. Only who holds the store's lock may.
pub fn serve(practice: &Arc<Practice>, opened: Opened) -> io::Result<Serving> {
    let listener = place::bind(&practice.store)?;
    let shared = Arc::new(Shared {
        practice: practice.clone(),
        opened,
        at_work: Mutex::new(0),
        one_less: Condvar::new(),
        is_closing: AtomicBool::new(false),
        is_at_fault: AtomicBool::new(false),
        news: Notify::new(),
    });
    let of_thread = shared.clone();
    let accepting = thread::Builder::new().name("accept".into()).spawn(move || accept(&listener, &of_thread))?;
    Ok(Serving { shared, accepting })
}

impl Serving {
    /// Comes when a request has been done: something may be due now.
    pub async fn news(&self) {
        self.shared.news.notified().await;
    }

    /// Whether a request met a fault of ours.
    pub fn is_at_fault(&self) -> bool {
        self.shared.is_at_fault.load(Ordering::Acquire)
    }

    /// Takes no more requests.
    pub fn take_no_more(&self) {
        if self.shared.is_closing.swap(true, Ordering::AcqRel) {
            return;
        }
        // Wakes the thread that accepts, which then sees that it is time to go.
        drop(place::connect(&self.shared.practice.store));
        place::remove(&self.shared.practice.store);
    }

    /// Takes no more requests, and waits until then at most for those in hand.
    pub fn close(self, until: Instant) {
        self.take_no_more();
        let is_told = self.accepting.join().is_ok();
        let at_work = self.shared.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        let within = until.saturating_duration_since(Instant::now());
        let waited = self.shared.one_less.wait_timeout_while(at_work, within, |at_work| *at_work > 0);
        let (at_work, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *at_work > 0 || !is_told {
            tracing::warn!(requests = *at_work, "requests were cut off");
        }
    }
}

fn accept(listener: &UnixListener, shared: &Arc<Shared>) {
    loop {
        let accepted = listener.accept();
        if shared.is_closing.load(Ordering::Acquire) {
            return;
        }
        match accepted {
            Ok((stream, _)) => {
                if let Err(error) = admit(stream, shared) {
                    tracing::warn!(%error, "a request was not taken");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "no requests can be taken");
                thread::sleep(ACCEPT_AGAIN_AFTER);
            }
        }
    }
}

/// Gives a caller a thread, or tells them that there is none.
fn admit(mut stream: UnixStream, shared: &Arc<Shared>) -> io::Result<()> {
    stream.set_read_timeout(Some(REQUEST_WITHIN))?;
    stream.set_write_timeout(Some(REQUEST_WITHIN))?;
    let Some(place) = Place::take(shared) else {
        return frame::send(&mut stream, &greeting(false), &[]);
    };
    let shared = shared.clone();
    let request = move || {
        let _place = place;
        if let Err(error) = hear(stream, &shared) {
            tracing::debug!(%error, "a caller went away");
        }
        shared.news.notify_one();
    };
    thread::Builder::new().name("request".into()).spawn(request).map(drop)
}

/// One of the bounded number of places, given back when dropped.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let mut at_work = shared.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        (*at_work < REQUESTS_MAX).then(|| {
            *at_work += 1;
            Self(shared.clone())
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.at_work.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.one_less.notify_all();
    }
}

fn greeting(ready: bool) -> Greeting {
    let (program, process) = (env!("CARGO_PKG_VERSION").to_owned(), std::process::id());
    Greeting { protocol: PROTOCOL, program, process, ready }
}

/// Hears one caller out, does as asked and tells how it ended.
fn hear(mut stream: UnixStream, shared: &Arc<Shared>) -> io::Result<()> {
    let peer = peer(&stream)?;
    frame::send(&mut stream, &greeting(true), &[])?;
    let Some((request, words)) = frame::receive::<Request>(&mut stream)? else { return Ok(()) };
    if request.program != env!("CARGO_PKG_VERSION") {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a program of another version"));
    }
    let mut words = words.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec()));
    let folder = PathBuf::from(words.next().unwrap_or_default());
    let mut typed: Vec<OsString> = words.collect();
    // The last word is ended like all others, so nothing stands after it.
    typed.pop();
    let wire = Wire::new(stream)?;
    wire.say(&Say::Taken, &[])?;
    let account = peer.unwrap_or_else(|| request.account.clone());
    let done = || run(shared, &wire, folder, &request, &typed, account);
    let exit = panic::catch_unwind(AssertUnwindSafe(done)).unwrap_or_else(|_| {
        shared.is_at_fault.store(true, Ordering::Release);
        let _ = wire.say(&Say::Errors, FAULT.as_bytes());
        Exit::Fault
    });
    wire.say(&Say::Ended(exit.code()), &[])
}

const FAULT: &str = "\
error: the running engine met a fault of its own and ends
  next: send us the report that lies in its store's folder
  next: start it again: what was committed is safe
";

fn run(
    shared: &Shared,
    wire: &Arc<Wire>,
    folder: PathBuf,
    request: &Request,
    typed: &[OsString],
    account: String,
) -> Exit {
    let to_out: Box<dyn Write + Send> = match request.out.is_terminal {
        true => Box::new(LineWriter::new(Said::out(wire))),
        false => Box::new(BufWriter::with_capacity(OUT_BYTES, Said::out(wire))),
    };
    let out = Output::of_caller(to_out, request.out.colour, request.out.is_terminal);
    let to_errors = Box::new(LineWriter::new(Said::errors(wire)));
    let mut errors = Output::of_caller(to_errors, request.errors.colour, request.errors.is_terminal);
    let Arguments { mut global, verb } = match Arguments::try_parse_from(typed) {
        Ok(arguments)
            if matches!(
                arguments.verb.wants(),
                Wants::Store | Wants::StoreToMake | Wants::StoreIfThere | Wants::StoreToDrive
            ) =>
        {
            arguments
        }
        // The caller's program has read the same words already, so this is none of ours.
        _ => {
            let _ = errors.line("error: that cannot be asked of a running engine");
            return Exit::Usage;
        }
    };
    // Our own environment is not theirs.
    global.acting.clone_from(&request.acting);
    let desk = Desk::of_caller(shared.practice.clone(), shared.opened.clone(), &global, account);
    let caller = Arc::new(Afar { wire: wire.clone(), folder, can_answer: request.can_answer });
    let mut context = Context::of_caller(global, out, errors, caller, desk);
    let name = verb.name();
    let exit = crate::answer(verb, &mut context);
    let _ = context.errors.flush();
    tracing::debug!(verb = name, exit = exit.code(), "request");
    exit
}

/// The account at the other end, where it may ask at all: our own, or the administrator's.
#[cfg(target_os = "linux")]
fn peer(stream: &UnixStream) -> io::Result<Option<String>> {
    if place::stranger(stream)?.is_some() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "another account"));
    }
    Ok(account_of(rustix::net::sockopt::socket_peercred(stream)?.uid))
}

/// Elsewhere the rights of the socket alone decide, and the caller says who they are.
#[cfg(not(target_os = "linux"))]
fn peer(_: &UnixStream) -> io::Result<Option<String>> {
    Ok(None)
}
