//! What a running engine logs.
//!
//! Owns: that a collector can read every line, that a job's story can be picked out by its id, and that nothing of
//! people's data or of secrets is in it, however much is asked for.

use serde_json::Value as Json;

use crate::support::practice::{Practice, TO_FILES};
use crate::support::running::{Running, wait_until};

/// What nobody reads in a log: people of the sample, their words and addresses, and the mail server's password.
const PRIVATE: [&str; 7] = ["@", "Ann", "Sykes", "Birchwood", "Dear ", "payroll changes", "s3cret-of-the-server"];

fn lines(log: &str) -> Vec<Json> {
    log.lines().map(|line| line.parse().unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn a_collector_reads_every_line_and_finds_a_jobs_story_by_its_id() {
    let practice = Practice::open_for_business(TO_FILES);
    // Logging itself may not add what the others leave out, so everything of ours is asked for.
    let running = Running::start(&practice, &[("JOBWRIGHT_LOG_FORMAT", "json"), ("JOBWRIGHT_LOG", "debug,sled=warn")]);
    let job =
        practice.json(&["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-05"])["job"].clone();
    wait_until("its letters left", || {
        std::fs::read_dir(practice.folder().join("letters")).map_or(0, Iterator::count) >= 2
    });
    let said = running.stop();
    let lines = lines(&said.errors);
    let story: Vec<&Json> =
        lines.iter().filter(|line| line["span"]["name"] == "job" && line["span"]["id"] == job).collect();
    let told: Vec<&str> = story.iter().filter_map(|line| line["fields"]["event"].as_str()).collect();
    for event in ["job_opened", "recipients_resolved", "letter_written", "letter_sent", "task_completed"] {
        assert!(told.contains(&event), "{event} is not in {told:?}");
    }
    for line in &story {
        let span = &line["span"];
        assert_eq!((&span["definition"], &span["client"]), (&"monthly-payroll".into(), &"birchwood".into()));
        assert_eq!(line["level"], "INFO");
    }
    let debug = |what: &str| lines.iter().any(|line| line["level"] == "DEBUG" && line["fields"]["message"] == what);
    assert!(debug("batch") && debug("request"), "{}", said.errors);
    let found: Vec<_> = PRIVATE.iter().filter(|words| said.errors.contains(**words)).collect();
    assert!(found.is_empty(), "{found:?} in\n{}", said.errors);
}

#[test]
fn a_mail_server_that_refuses_us_is_logged_without_a_word_of_the_letter_or_the_password() {
    let practice =
        Practice::open_for_business("transport: smtp\n  host: 127.0.0.1\n  port: 9\n  tls: none\n  user: office");
    let environment = [
        ("JOBWRIGHT_LOG_FORMAT", "json"),
        ("JOBWRIGHT_LOG", "trace,sled=warn"),
        ("JOBWRIGHT_SMTP_PASSWORD", "s3cret-of-the-server"),
    ];
    let mut running = Running::start(&practice, &environment);
    practice.done(["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-05"]);
    let show = ["show", "monthly-payroll/birchwood/2026-05", "--json"];
    wait_until("it was tried", || !running.is_running() || practice.done(show).contains("effect_delayed"));
    let said = if running.is_running() { running.stop() } else { running.ended() };
    lines(&said.errors.lines().filter(|line| line.starts_with('{')).collect::<Vec<_>>().join("\n"));
    let found: Vec<_> = PRIVATE.iter().filter(|words| said.errors.contains(**words)).collect();
    assert!(found.is_empty(), "{found:?} in\n{}", said.errors);
}
