//! A whole payroll through OpenSMTPD: what lies in people's mailboxes in the end.

use expect_test::expect;

use super::{people, read};
use crate::support::mail_server::{Delivered, MailServer};
use crate::support::practice::Practice;

/// The practice, with its letters going to this server.
fn practice(server: &MailServer) -> Practice {
    Practice::open_for_business(&format!("transport: smtp\n  host: 127.0.0.1\n  port: {}\n  tls: none", server.port))
}

/// Starts the payroll of a client; gives the job's id.
fn start(practice: &Practice, client: &str) -> String {
    let started = practice.done(["start", "monthly-payroll", "--client", client, "--period", "2026-05", "--json"]);
    let started: serde_json::Value = serde_json::from_str(&started).expect("one object");
    started["job"].as_str().expect("a job's id").to_owned()
}

/// Who got which letter, one line each.
fn postbag(letters: &[Delivered]) -> String {
    let line = |letter: &Delivered| {
        let read = read(&letter.bytes);
        let cc = people(read.cc()).join(", ");
        let cc = if cc.is_empty() { String::new() } else { format!("  cc {cc}") };
        format!("{}: {}  to {}{cc}", letter.to, read.subject().unwrap_or_default(), people(read.to()).join(", "))
    };
    let mut lines: Vec<_> = letters.iter().map(line).collect();
    lines.sort();
    lines.join("\n") + "\n"
}

#[test]
fn everybody_who_is_asked_gets_a_letter_of_their_own() {
    let Some(mut server) = MailServer::start("everybody_who_is_asked_gets_a_letter_of_their_own") else { return };
    let practice = practice(&server);
    for client in ["northgate", "garrick", "quentin"] {
        start(&practice, client);
    }
    assert!(practice.done(["work"]).contains("effects tried"));
    let letters = server.mailbox(10);
    // Three payroll contacts are three letters; Hal and Una Garrick share an address, and get one.
    expect![[r#"
        asha@northgate.example: Northgate Academy Trust: payroll for May 2026  to Asha Nair <asha@northgate.example>
        asha@northgate.example: Northgate Academy Trust: please send the payroll changes for May 2026  to Asha Nair <asha@northgate.example>
        office@garrick.example: Garrick Print Works Ltd: payroll for May 2026  to Hal Garrick <office@garrick.example>
        office@garrick.example: Garrick Print Works Ltd: please send the payroll changes for May 2026  to Hal Garrick <office@garrick.example>
        phil@northgate.example: Northgate Academy Trust: payroll for May 2026  to Phil Oakes <phil@northgate.example>
        phil@northgate.example: Northgate Academy Trust: please send the payroll changes for May 2026  to Phil Oakes <phil@northgate.example>
        tess@northgate.example: Northgate Academy Trust: payroll for May 2026  to Tess Byrne <tess@northgate.example>
        tess@northgate.example: Northgate Academy Trust: please send the payroll changes for May 2026  to Tess Byrne <tess@northgate.example>
        zofia@smorrebrod.example: Škoda & Søn Smørrebrød Ltd: payroll for May 2026  to Żofia Ząbek-Müller <zofia@smorrebrod.example>
        zofia@smorrebrod.example: Škoda & Søn Smørrebrød Ltd: please send the payroll changes for May 2026  to Żofia Ząbek-Müller <zofia@smorrebrod.example>
    "#]].assert_eq(&postbag(&letters));
    // Nobody sees another's address.
    for letter in &letters {
        let read = read(&letter.bytes);
        assert_eq!((people(read.to()).len(), people(read.cc()).len(), people(read.bcc()).len()), (1, 0, 0));
    }
}

#[test]
fn a_payroll_from_the_first_letter_to_the_payslips_is_one_thread() {
    let name = "a_payroll_from_the_first_letter_to_the_payslips_is_one_thread";
    let Some(mut server) = MailServer::start(name) else { return };
    let practice = practice(&server);
    let job = start(&practice, "quentin");
    let record = practice.write("record.pdf", "%PDF-1.4 the payroll record");
    let record = format!("record={}", record.display());
    practice.done(["work"]);
    for act in [
        &["answer", &job, "changes_in", "changes", "--nothing", "--as", "contact:zofia"][..],
        &["complete", &job, "prepare", "--set", "headcount=12", "--set", "net_total=21480.35", "--as", "kim"],
        &["work"],
        &["approve", &job, "approve", "--as", "contact:zofia"],
        &["complete", &job, "file_fps", "--set", "receipt=8F2-01", "--set", &record, "--as", "kim"],
        &["work"],
        &["sign", &job, "sign_off", "--as", "contact:zofia"],
        &["work"],
    ] {
        practice.done(act);
    }
    let letters = server.mailbox(6);
    expect![[r#"
        pat@larkfield.example: Škoda & Søn Smørrebrød Ltd: payslips for May 2026  to Żofia Ząbek-Müller <zofia@smorrebrod.example>  cc Pat Quill <pat@larkfield.example>
        zofia@smorrebrod.example: Škoda & Søn Smørrebrød Ltd: payroll for May 2026  to Żofia Ząbek-Müller <zofia@smorrebrod.example>
        zofia@smorrebrod.example: Škoda & Søn Smørrebrød Ltd: payslips for May 2026  to Żofia Ząbek-Müller <zofia@smorrebrod.example>  cc Pat Quill <pat@larkfield.example>
        zofia@smorrebrod.example: Škoda & Søn Smørrebrød Ltd: please approve the May 2026 payroll  to Żofia Ząbek-Müller <zofia@smorrebrod.example>
        zofia@smorrebrod.example: Škoda & Søn Smørrebrød Ltd: please send the payroll changes for May 2026  to Żofia Ząbek-Müller <zofia@smorrebrod.example>
        zofia@smorrebrod.example: Škoda & Søn Smørrebrød Ltd: please sign off the May 2026 payroll record  to Żofia Ząbek-Müller <zofia@smorrebrod.example>
    "#]].assert_eq(&postbag(&letters));
    let (effects, ended) = effects(&practice, &job);
    assert!(ended.contains("completed"), "{ended}");
    let mut ids: Vec<_> = letters.iter().map(|letter| one_of_the_thread(letter, &job)).collect();
    ids.sort();
    assert_eq!(ids, effects, "each effect is one letter under its own id");
}

/// Reads what every letter of a job must be; gives its Message-ID.
fn one_of_the_thread(letter: &Delivered, job: &str) -> String {
    let read = read(&letter.bytes);
    let root = format!("{job}@larkfield.example");
    assert_eq!(read.references().as_text(), Some(root.as_str()));
    assert_eq!(people(read.from()), ["Larkfield & Rowe <office@larkfield.example>"]);
    let (text, html) = (read.body_text(0).expect("a text part"), read.body_html(0).expect("an HTML part"));
    assert!(text.contains("Dear") && text.contains("Larkfield & Rowe"), "{text}");
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("Larkfield &amp; Rowe"), "{html}");
    assert_eq!((read.text_body_count(), read.html_body_count(), read.attachment_count()), (1, 1, 0));
    read.message_id().expect("a Message-ID").to_owned()
}

/// The Message-IDs that the job's timeline calls for, and the job's state.
fn effects(practice: &Practice, job: &str) -> (Vec<String>, String) {
    let shown: serde_json::Value = serde_json::from_str(&practice.done(["show", job, "--json"])).expect("one object");
    let events = shown["events"].as_array().expect("events");
    let sent = events.iter().filter(|event| event["kind"] == "letter_sent");
    let mut ids: Vec<_> =
        sent.map(|event| format!("{}@larkfield.example", event["effect"].as_str().expect("an effect's id"))).collect();
    ids.sort();
    (ids, shown["state"].to_string())
}
