//! Stores that earlier programs wrote: `tests/stores/<format>/practice.tar.gz`, each made by the program of its time.
//!
//! Owns: that each is opened with everything in it, or refused with both formats named; never opened with less. What was
//! in them is told here, as their own program told it.

use std::path::Path;
use std::process::Command;

use crate::support::Folder;
use crate::support::program::{Said, run};

/// Format 1: sled alone, before there was a journal. Its jobs, with their definition, period and number of events.
const JOBS_1: [(&str, &str, &str, usize); 6] = [
    ("01a207307fdb70778e2c9129fca7f1fa", "monthly-payroll", "2026-05", 21),
    ("01a20730803473bd933c85c50f8d34ec", "monthly-payroll", "2026-05", 26),
    ("01a20730808f7690a566cc1bbe09f862", "monthly-payroll", "2026-06", 26),
    ("01a2073080ef71aca4c5df5b78085b17", "monthly-payroll", "2026-06", 22),
    ("01a20730a2c2740a8e53240aedcd3382", "client-onboarding", "", 18),
    ("01a20730a31f74d1aa289cb8a755bf98", "vat-quarter", "2026-Q2", 12),
];
/// The document that a client handed in, by its hash.
const DOCUMENT_1: &str = "2dc2db992a40e94a3a52c4ec3cf5554d4801fe56b9db43cc778051e6342a907b";

fn unpacked(format: &str) -> Folder {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stores").join(format).join("practice.tar.gz");
    let folder = Folder::new();
    let unpacked = Command::new("tar").arg("-xzf").arg(packed).arg("-C").arg(folder.path()).status();
    assert!(unpacked.expect("tar is there").success());
    folder
}

#[track_caller]
fn json(folder: &Folder, words: &[&str]) -> Vec<serde_json::Value> {
    let said = run(folder.path(), words);
    assert_eq!(said.code, Some(0), "{said:#?}");
    said.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_store_of_format_1_is_opened_with_everything_in_it() {
    let folder = unpacked("v1");
    let jobs = json(&folder, &["jobs", "--all", "--json"]);
    assert_eq!(jobs.len(), JOBS_1.len());
    for (job, definition, period, events) in JOBS_1 {
        let shown = &json(&folder, &["show", job, "--json"])[0];
        assert_eq!(shown["definition"], definition);
        assert_eq!(shown["period"]["key"].as_str().unwrap_or_default(), period);
        assert_eq!(shown["events"].as_array().map(Vec::len), Some(events), "{job}");
    }
    assert_eq!(json(&folder, &["client", "list", "--json"]).len(), 30);
    let document = folder.path().join(".jobwright/blobs").join(&DOCUMENT_1[..2]).join(&DOCUMENT_1[2..]);
    assert_eq!(std::fs::metadata(document).expect("the document").len(), 54_000);
    it_goes_on(&folder);
}

/// What was begun under the old program comes to its end under the new one.
fn it_goes_on(folder: &Folder) {
    let done = |words: &[&str]| -> Said {
        let said = run(folder.path(), words);
        assert_eq!(said.code, Some(0), "{said:#?}");
        said
    };
    done(&["complete", JOBS_1[1].0, "prepare", "--as", "kim", "--set", "headcount=3", "--set", "net_total=1200"]);
    done(&["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-07"]);
    done(&["work"]);
    assert_eq!(json(folder, &["jobs", "--all", "--json"]).len(), JOBS_1.len() + 1);
}
