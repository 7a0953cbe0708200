//! A running engine: `work --follow` of a practice, and what it is told by other processes.
//!
//! Owns: starting it, waiting until it serves, and its end. It is killed with the value, unless a test ended it.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::practice::Practice;
use super::program::{Said, jobwright, signal};

/// However busy the machine is.
const WAIT_MAX: Duration = Duration::from_secs(60);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(5);

/// The engine.
pub struct Running {
    process: Option<Child>,
    folder: PathBuf,
}

impl Running {
    /// Starts it, with these settings in its environment, and waits until it serves.
    pub fn start(practice: &Practice, environment: &[(&str, &str)]) -> Self {
        Self::start_in(practice.folder(), environment)
    }

    /// The same for a practice in a folder.
    pub fn start_in(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = jobwright(folder);
        let command = command.args(["work", "--follow"]).envs(environment.iter().copied());
        let process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let folder = folder.to_owned();
        let mut running = Self { process: Some(process), folder };
        wait_until("it serves", || {
            assert!(running.is_running(), "it ended before it served: {:#?}", running.ended());
            UnixStream::connect(running.socket()).is_ok()
        });
        running
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.process().id()
    }

    /// Where its socket lies.
    pub fn socket(&self) -> PathBuf {
        socket(&self.folder)
    }

    /// Asks it to stop, and gives what it said in its life.
    pub fn stop(mut self) -> Said {
        signal(self.process(), "TERM");
        self.ended()
    }

    /// Kills it.
    pub fn kill(mut self) {
        self.process.as_mut().expect("it runs").kill().expect("killed");
        self.ended();
    }

    /// What it said in its life, once it has ended.
    pub fn ended(&mut self) -> Said {
        Said::of(self.process.take().expect("it runs").wait_with_output().expect("it ended"))
    }

    /// Whether it is there.
    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().expect("it runs").try_wait().expect("its state").is_none()
    }

    /// It, as the system sees it.
    pub fn process(&self) -> &Child {
        self.process.as_ref().expect("it runs")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Where the socket of a practice lies.
pub fn socket(folder: &Path) -> PathBuf {
    folder.join(".jobwright/socket")
}

/// Waits for another process to come so far.
#[track_caller]
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let give_up_at = Instant::now() + WAIT_MAX;
    while !holds() {
        assert!(Instant::now() < give_up_at, "{what}: not within {WAIT_MAX:?}");
        thread::sleep(LOOK_AGAIN_AFTER);
    }
}

/// Says a message over the socket, as its protocol frames them.
pub fn say(to: &mut impl Write, message: &Json, beside: &[u8]) -> io::Result<()> {
    let message = message.to_string();
    let lengths = [message.len() as u32, beside.len() as u32].map(u32::to_be_bytes).concat();
    to.write_all(&[&lengths, message.as_bytes(), beside].concat())
}

/// Hears a message with what stands beside it; nothing when the other side has closed.
pub fn hear(from: &mut impl Read) -> io::Result<Option<(Json, Vec<u8>)>> {
    let mut lengths = [0; 8];
    match from.read_exact(&mut lengths) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = |at: usize| u32::from_be_bytes(lengths[at..at + 4].try_into().expect("four bytes")) as usize;
    let (mut message, mut beside) = (vec![0; length(0)], vec![0; length(4)]);
    from.read_exact(&mut message)?;
    from.read_exact(&mut beside)?;
    Ok(Some((serde_json::from_slice(&message)?, beside)))
}
