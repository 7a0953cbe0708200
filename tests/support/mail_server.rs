//! A real mail server: OpenSMTPD of Debian, as one process in the foreground, with one mailbox for everybody.
//!
//! Owns: whether there is one, its settings, waiting until it has delivered (its log says so, so nothing sleeps), and
//! reading the mailbox back. One runs at a time on a machine, since its control socket has one fixed place.

use std::env;
use std::fs::{self, File, Permissions};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Folder;
use super::program::terminate;

/// Names the server's program; `tests/run` sets it.
const PROGRAM: &str = "JOBWRIGHT_TEST_SMTPD";
/// How long it may take to start, or to deliver one letter.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Between two tries to reach it while it starts.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(10);
/// It ends by itself after so many seconds, whatever becomes of the test.
const LIFE_SECONDS: &str = "120";
/// Who owns the mailbox: a user that every Debian has.
const OWNER: &str = "nobody";

/// The server; it ends with the value.
pub struct MailServer {
    /// Where it listens.
    pub port: u16,
    process: Child,
    log: Receiver<String>,
    delivered: usize,
    mailbox: PathBuf,
    _folder: Folder,
    _alone: File,
}

/// A letter in the mailbox.
pub struct Delivered {
    /// Whom the envelope named.
    pub to: String,
    /// The letter as the server kept it.
    pub bytes: Vec<u8>,
}

impl MailServer {
    /// Starts one, or says aloud that there is none and gives nothing. Where everything must run there must be one.
    pub fn start(test: &str) -> Option<Self> {
        let Some(program) = env::var_os(PROGRAM) else {
            let words = format!("{test}: run by `tests/run`, which installs OpenSMTPD and sets {PROGRAM}");
            assert!(env::var("CI").as_deref() != Ok("true"), "{words}");
            // Not by `eprintln`, which the test harness swallows: a test that did not run must not look like one that did.
            let _ = writeln!(io::stderr(), "NOT RUN {words}");
            return None;
        };
        Some(Self::start_as(Path::new(&program)))
    }

    fn start_as(program: &Path) -> Self {
        let alone = File::create(env::temp_dir().join("jobwright-test-smtpd.lock")).expect("a lock file");
        alone.lock().expect("the lock can be waited for");
        // Its delivery runs as another user, who must be able to walk to the mailbox: not below a tester's home.
        let folder = Folder::new_in(&env::temp_dir());
        let mailbox = folder.path().join("mailbox");
        fs::create_dir(&mailbox).expect("a mailbox");
        fs::set_permissions(&mailbox, Permissions::from_mode(0o777)).expect("a mailbox for its owner");
        let port = free_port();
        let settings = folder.path().join("smtpd.conf");
        fs::write(&settings, conf(port, &mailbox)).expect("settings");
        let mut process = Command::new("timeout")
            .args([LIFE_SECONDS.as_ref(), program.as_os_str(), "-d".as_ref(), "-f".as_ref(), settings.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("OpenSMTPD starts");
        let log = follow(process.stderr.take().expect("its log"));
        let mut server = Self { port, process, log, delivered: 0, mailbox, _folder: folder, _alone: alone };
        server.wait_until_it_listens();
        server
    }

    fn wait_until_it_listens(&mut self) {
        let give_up_at = Instant::now() + WAIT_MAX;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let has_ended = self.process.try_wait().expect("its state").is_some();
            if has_ended || Instant::now() > give_up_at {
                let log: Vec<_> = self.log.try_iter().collect();
                panic!("OpenSMTPD does not listen; it must be started by root, and none may run already:\n{log:#?}");
            }
            thread::sleep(TRY_AGAIN_AFTER);
        }
    }

    /// All letters, once so many have been delivered since the start.
    pub fn mailbox(&mut self, letters: usize) -> Vec<Delivered> {
        while self.delivered < letters {
            let line = self.log.recv_timeout(WAIT_MAX);
            let line = line.unwrap_or_else(|_| panic!("{} of {letters} letters were delivered", self.delivered));
            assert!(!line.contains("Fail stat="), "{line}");
            self.delivered += usize::from(line.contains("result=Ok stat=Delivered"));
        }
        let entries = fs::read_dir(self.mailbox.join("new")).expect("delivered letters");
        let letters = entries.map(|entry| fs::read(entry.expect("an entry").path()).expect("a letter"));
        letters.map(Delivered::read).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // `timeout` passes the signal on, and OpenSMTPD's parts end together.
        if matches!(self.process.try_wait(), Ok(None)) {
            terminate(&self.process);
        }
        let _ = self.process.wait();
    }
}

impl Delivered {
    /// The server writes whom the envelope named into the line of its own that stands above the letter.
    fn read(bytes: Vec<u8>) -> Self {
        let text = String::from_utf8_lossy(&bytes);
        let named = text.split_once("for <").and_then(|(_, rest)| rest.split_once('>'));
        let to = named.unwrap_or_else(|| panic!("no envelope in:\n{text}")).0.to_owned();
        Self { to, bytes }
    }
}

fn conf(port: u16, mailbox: &Path) -> String {
    let mailbox = mailbox.display();
    format!(
        "table everybody {{ \"@\" = \"{OWNER}\" }}\n\
         listen on 127.0.0.1 port {port}\n\
         action \"keep\" maildir \"{mailbox}\" virtual <everybody>\n\
         match from any for domain \"*.example\" action \"keep\"\n"
    )
}

/// One that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Its log, line by line.
fn follow(log: impl io::Read + Send + 'static) -> Receiver<String> {
    let (tell, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                break;
            }
        }
    });
    lines
}
