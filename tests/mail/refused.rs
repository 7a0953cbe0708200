//! The program before a mail server that will not have us: what it says, and that nothing is lost.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use jobwright_email::double::{Act, Certificate, Double, Script};
use tokio::runtime::Runtime;

use crate::support::practice::Practice;
use crate::support::program::jobwright;

/// How long the program may take to dial.
const WAIT_MAX: Duration = Duration::from_secs(30);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(5);

/// `office` and `s3cret`, as AUTH PLAIN sends them.
const TOKEN: &str = "AG9mZmljZQBzM2NyZXQ=";
const REFUSAL: &str = "535 5.7.8 not known";

fn mail(double: &Double, more: &str) -> String {
    format!("transport: smtp\n  host: 127.0.0.1\n  port: {}\n  {more}", double.address.port())
}

fn double(runtime: &Runtime, script: Script) -> Double {
    runtime.block_on(Double::start(script)).expect("a free port")
}

#[test]
fn a_server_that_wants_a_login_pauses_all_mail_and_blames_nobody() {
    let runtime = Runtime::new().expect("a runtime");
    let double = double(&runtime, Script::new().login(TOKEN, REFUSAL));
    let practice = Practice::open_for_business(&mail(&double, "tls: none"));
    practice.done(["start", "monthly-payroll", "--client", "northgate"]);
    for _ in 0..2 {
        let words = ["letters cannot leave", "530 5.7.0 authentication required", "mail.user", "nothing is lost"];
        practice.run(["work"]).refuses(5, &words);
    }
    assert_eq!(double.taken(), []);
    let northgate = practice.client("northgate");
    assert!(northgate.contacts.iter().all(|contact| contact.bounced.is_none()));
    // Mended: the login is told, and everything leaves at once.
    practice.mend_mail(&mail(&double, "tls: none\n  user: office"));
    let words = ["letters cannot leave", "wants a password for `office`", "JOBWRIGHT_SMTP_PASSWORD", "nothing is lost"];
    practice.run(["work"]).refuses(5, &words);
    practice.done(["jobs"]);
    let wrong = practice.run_with(&[("JOBWRIGHT_SMTP_PASSWORD", "guess")], ["work"]);
    wrong.refuses(5, &["refuses our login", "535 5.7.8 not known", "mail.user"]);
    assert!(!wrong.errors.contains("guess"), "a password is never told: {}", wrong.errors);
    let mended = practice.run_with(&[("JOBWRIGHT_SMTP_PASSWORD", "s3cret")], ["work"]);
    assert_eq!((mended.code, mended.errors.as_str()), (Some(0), ""));
    assert_eq!(double.taken().len(), 6);
}

#[test]
fn a_certificate_of_the_practices_own_is_trusted_when_it_is_named_and_only_then() {
    let runtime = Runtime::new().expect("a runtime");
    let certificate = Certificate::new().expect("a certificate");
    let double = double(&runtime, Script::new().starttls(&certificate).login(TOKEN, REFUSAL));
    let practice = Practice::open_for_business(&mail(&double, "tls: starttls\n  user: office"));
    let root = practice.write("root.pem", &certificate.pem);
    practice.done(["start", "monthly-payroll", "--client", "birchwood"]);
    let password = ("JOBWRIGHT_SMTP_PASSWORD", "s3cret");
    practice.run_with(&[password], ["work"]).refuses(5, &["cannot be secured", "nothing is lost"]);
    let named = ("JOBWRIGHT_SMTP_ROOT_CERTIFICATE", root.to_str().expect("a path"));
    let said = practice.run_with(&[password, named], ["work"]);
    assert_eq!((said.code, said.errors.as_str()), (Some(0), ""));
    let taken = double.taken();
    assert!(taken.len() == 2 && taken.iter().all(|letter| letter.was_secured), "{}", taken.len());
}

#[test]
fn a_server_without_starttls_gets_no_letter_in_clear() {
    let runtime = Runtime::new().expect("a runtime");
    let double = double(&runtime, Script::new());
    let practice = Practice::open_for_business(&mail(&double, "tls: starttls"));
    practice.done(["start", "monthly-payroll", "--client", "birchwood"]);
    practice.run(["work"]).refuses(5, &["offers no STARTTLS", "mail.tls", "nothing is lost"]);
    assert_eq!(double.taken(), []);
}

#[test]
fn a_program_killed_while_the_server_thinks_tries_the_letter_again() {
    let runtime = Runtime::new().expect("a runtime");
    let double = double(&runtime, Script::new().to("ann@birchwood.example", [Act::Stall]));
    let practice = Practice::open_for_business(&mail(&double, "tls: none"));
    practice.done(["start", "monthly-payroll", "--client", "birchwood"]);
    let mut work = jobwright(practice.folder()).arg("work").stdout(Stdio::null()).spawn().expect("the program runs");
    let give_up_at = Instant::now() + WAIT_MAX;
    // The claim is committed before the server is dialled, so from here on the letter is in doubt.
    while double.connections() == 0 {
        assert!(Instant::now() < give_up_at && work.try_wait().expect("its state").is_none());
        thread::sleep(LOOK_AGAIN_AFTER);
    }
    work.kill().expect("killed");
    work.wait().expect("ended");
    let again = practice.run(["work"]);
    assert_eq!((again.code, again.errors.contains("in doubt since the last stop")), (Some(0), true), "{again:#?}");
    assert_eq!(double.taken().len(), 0, "in doubt means: not at once");
}
