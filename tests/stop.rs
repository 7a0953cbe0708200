//! A running engine is told to stop.
//!
//! Owns: that it takes nothing new in, brings to an end what is under way for as long as it may, lets go of the store and
//! ends well; and that what could not come to its end is whole afterwards. What a kill leaves is shown in `kill`.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::support::practice::{Practice, TO_FILES};
use crate::support::program::signal;
use crate::support::running::{Running, socket, wait_until};

/// A mail server that takes one letter after the other and thinks about each until it is allowed to say yes.
struct Thoughtful {
    port: u16,
    /// One for each letter that it has read.
    read: Receiver<String>,
    /// One for each letter that it may say yes to.
    allow: Sender<()>,
}

impl Thoughtful {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let (told, read) = channel();
        let (allow, allowed) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up is met in tests of kills.
                let _ = talk(&stream, &told, &allowed);
            }
        });
        Self { port, read, allow }
    }

    fn mail(&self) -> String {
        format!("transport: smtp\n  host: 127.0.0.1\n  port: {}\n  tls: none", self.port)
    }

    /// The Message-ID of the next letter that it reads.
    fn reads(&self) -> String {
        self.read.recv_timeout(std::time::Duration::from_secs(60)).expect("a letter")
    }
}

fn talk(mut stream: &TcpStream, told: &Sender<String>, allowed: &Receiver<()>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    stream.write_all(b"220 thoughtful\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let reply = match line.split(' ').next().unwrap_or_default() {
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let mut id = String::new();
                for line in lines.by_ref() {
                    let line = line?;
                    if let Some(found) = line.strip_prefix("Message-ID: ") {
                        id = found.to_owned();
                    }
                    if line == "." {
                        break;
                    }
                }
                let _ = told.send(id);
                if allowed.recv().is_err() {
                    return Ok(());
                }
                "250 taken\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 thoughtful\r\n",
        };
        stream.write_all(reply.as_bytes())?;
    }
    Ok(())
}

#[test]
fn it_ends_well_by_either_signal_and_the_store_is_free() {
    let practice = Practice::open_for_business(TO_FILES);
    for name in ["TERM", "INT"] {
        let mut running = Running::start(&practice, &[("JOBWRIGHT_LOG", "jobwright=info")]);
        practice.done(["start", "monthly-payroll", "--client", "birchwood"]);
        signal(running.process(), name);
        let said = running.ended();
        assert_eq!(said.code, Some(0), "{said:#?}");
        let stops: Vec<&str> = said.errors.lines().filter(|line| line.contains("stopped")).collect();
        assert!(stops.len() == 1 && stops[0].contains(&format!("SIG{name}")), "{said:#?}");
        assert!(!socket(practice.folder()).exists());
        practice.done(["jobs"]);
    }
}

#[test]
fn a_letter_that_is_on_its_way_comes_to_its_end_and_no_other_sets_out() {
    let server = Thoughtful::start();
    let practice = Practice::open_for_business(&server.mail());
    practice.done(["start", "monthly-payroll", "--client", "birchwood"]);
    let mut running = Running::start(&practice, &[]);
    let first = server.reads();
    // While the server thinks, everybody else is served.
    practice.done(["client", "set", "birchwood", "payroll.pay_day=27"]);
    practice.done(["jobs"]);
    signal(running.process(), "TERM");
    wait_until("it takes nothing new in", || !socket(practice.folder()).exists());
    server.allow.send(()).expect("the server listens");
    assert_eq!(running.ended().code, Some(0));
    assert!(server.read.try_recv().is_err(), "no other letter set out");
    // The first is settled, the second waits for the next engine.
    server.allow.send(()).expect("the server listens");
    let after = practice.run(["work"]);
    assert_eq!((after.code, after.errors.as_str()), (Some(0), ""), "nothing was in doubt");
    assert_ne!(server.reads(), first);
    let letters = practice.json(&["work"])["letters"].clone();
    assert_eq!(letters, serde_json::json!({ "wanted": 0, "claimed": 0, "given_up": 0 }));
}

/// A practice whose engine was told twice to stop while a letter was on its way.
fn stopped_in_doubt() -> Practice {
    let server = Thoughtful::start();
    let practice = Practice::open_for_business(&server.mail());
    practice.done(["start", "monthly-payroll", "--client", "birchwood"]);
    let mut running = Running::start(&practice, &[]);
    assert_ne!(server.reads(), "");
    signal(running.process(), "TERM");
    wait_until("it takes nothing new in", || !socket(practice.folder()).exists());
    signal(running.process(), "TERM");
    assert_eq!(running.ended().code, Some(0));
    practice
}

#[test]
fn who_says_it_twice_does_not_wait_and_the_letter_on_its_way_is_in_doubt() {
    let practice = stopped_in_doubt();
    let said = practice.run(["work"]);
    assert!(said.errors.contains("1 letter was in doubt since the last stop, and leaves again"), "{said:#?}");
}

#[test]
fn a_letter_in_doubt_that_is_no_longer_wanted_is_told_and_is_no_trouble_of_the_next_work() {
    let practice = stopped_in_doubt();
    practice.done(["cancel", "monthly-payroll/birchwood", "--note", "started for the wrong client"]);
    practice.mend_mail(TO_FILES);
    let said = practice.run(["work"]);
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(said.errors.contains("may have arrived, and is no longer wanted"), "{said:#?}");
    assert!(!said.errors.contains("retry"), "{said:#?}");
    let letters = practice.json(&["work"])["letters"].clone();
    assert_eq!(letters, serde_json::json!({ "wanted": 0, "claimed": 0, "given_up": 0 }));
}
