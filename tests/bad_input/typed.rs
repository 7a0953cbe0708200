//! Command lines that do not fit, folders that are none, readers that leave, servers that are not there.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};

use crate::support::Folder;
use crate::support::practice::{Practice, TO_FILES};
use crate::support::program::{Said, jobwright, run};

#[test]
fn a_command_line_that_does_not_fit_says_what_would() {
    let folder = Folder::new();
    for (line, words) in [
        (&["frobnicate"][..], &["unrecognized subcommand 'frobnicate'", "--help"][..]),
        (&["jbos"], &["'jbos'", "'jobs'"]),
        (&["jobs", "--frob"], &["--frob", "Usage:"]),
        (&["start"], &["<DEFINITION>", "Usage:"]),
        (&["work", "--until", "--follow"], &["--until", "--help"]),
        (&["publish", "a.yaml", "--existing", "perhaps"], &["perhaps", "ask, keep, update"]),
    ] {
        run(folder.path(), line).refuses(2, words);
    }
    let practice = Practice::open_for_business(TO_FILES);
    for (line, words) in [
        (&["start", "monthly-payroll"][..], &["--client"][..]),
        (&["start", "monthly-payroll", "--client", "Birch Wood"], &["`Birch Wood` is no client's id"]),
        (
            &["start", "monthly-payroll", "--client", "birchwood", "--input", "pay_day"],
            &["`pay_day` is not NAME=VALUE"],
        ),
        (
            &["start", "monthly-payroll", "--client", "birchwood", "--input", "pay_day=soon"],
            &["pay_day=soon", "whole number"],
        ),
        (&["work", "--until", "tomorrow"], &["`tomorrow` is no moment", "2026-06-01T18:00"]),
    ] {
        practice.run(line).refuses(2, words);
    }
    for (line, words) in [
        (&["start", "monthly-payrol", "--client", "birchwood"][..], &["monthly-payrol"][..]),
        (&["start", "monthly-payroll", "--client", "nobody"], &["nobody", "client list"]),
        (&["show", "4711"], &["there is no job `4711`", "`jobwright jobs` lists them"]),
        (&["publish", "nowhere.yaml"], &["cannot read nowhere.yaml", "No such file"]),
        (&["import", "nowhere.csv"], &["nowhere.csv", "No such file"]),
    ] {
        practice.run(line).refuses(3, words);
    }
    assert_eq!(practice.done(["jobs", "--all", "--json"]), "", "nothing was begun");
}

#[test]
fn a_folder_that_is_no_practice_says_how_to_make_one() {
    let folder = Folder::new();
    for verb in [&["jobs"][..], &["work"], &["start", "x", "--client", "y"], &["import", "people.yaml"]] {
        run(folder.path(), verb).refuses(3, &["is no practice: it has no practice.yaml", "jobwright init", "-C"]);
    }
    run(folder.path(), ["jobs", "-C", "nowhere"]).refuses(3, &["there is no folder nowhere"]);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "no store was made");
}

#[test]
fn a_reader_who_has_left_is_no_fault_of_any_verb() {
    let practice = Practice::open_for_business(TO_FILES);
    practice.done(["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-05"]);
    for verb in [
        &["jobs"][..],
        &["jobs", "--json"],
        &["show", "monthly-payroll/birchwood/2026-05"],
        &["why", "monthly-payroll/birchwood/2026-05", "ask_changes"],
        &["client", "list"],
        &["man"],
        &["work"],
    ] {
        let mut command = jobwright(practice.folder());
        let mut program =
            command.args(verb).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        drop(program.stdout.take());
        let said = Said::of(program.wait_with_output().expect("ended"));
        assert_eq!((said.code, said.errors.as_str()), (Some(0), ""), "{verb:?}");
    }
    let letters = std::fs::read_dir(practice.folder().join("letters")).expect("letters").count();
    assert_eq!(letters, 2, "the work was done all the same");
    let head = format!("'{}' client list | head -1", env!("CARGO_BIN_EXE_jobwright"));
    let said =
        Said::of(Command::new("sh").args(["-c", &head]).current_dir(practice.folder()).output().expect("a shell"));
    assert_eq!((said.code, said.errors.as_str(), said.out.lines().count()), (Some(0), "", 1));
}

#[test]
fn a_mail_server_that_is_not_there_costs_no_letter() {
    // Nobody listens here any more.
    let port = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.local_addr().expect("its address").port()
    };
    for (host, words) in [("127.0.0.1", "onnection refused"), ("mail.nowhere.invalid", "mail.nowhere.invalid")] {
        let mail = format!("transport: smtp\n  host: {host}\n  port: {port}\n  tls: none");
        let practice = Practice::open_for_business(&mail);
        practice.done(["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-05"]);
        practice
            .run(["work"])
            .refuses(5, &["letters could not leave yet", words, "cannot be reached", "nothing is lost", "tried again"]);
        let shown = practice.done(["show", "monthly-payroll/birchwood/2026-05"]);
        assert!(shown.contains(words), "{shown}");
        // There again, though not under that name: everything leaves as if nothing had been.
        practice.mend_mail(TO_FILES);
        let ann = practice.client("birchwood").contacts.remove(1);
        assert_eq!((ann.id.as_str(), ann.bounced), ("ann", None));
    }
}
