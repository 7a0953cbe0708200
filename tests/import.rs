//! The sample table means what the file beside it says: both are imported, and the clients compared.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::Folder;
use crate::support::practice::{Practice, TO_FILES};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/workflows/sample");

fn jobwright(practice: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobwright"));
    let output = command.arg("-C").arg(practice).args(arguments).output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("what it says is text")
}

fn clients_after(files: &[&str]) -> String {
    let folder = Folder::new();
    fs::copy(format!("{SAMPLE}/practice.yaml"), folder.path().join("practice.yaml")).expect("a file can be copied");
    for file in files {
        jobwright(folder.path(), &["import", "--quiet", &format!("{SAMPLE}/{file}")]);
    }
    jobwright(folder.path(), &["client", "list", "--json"])
}

#[test]
fn b046_a_table_and_a_people_file_with_the_same_people_give_the_same_clients() {
    let table = clients_after(&["people.yaml", "people.csv"]);
    let whole = clients_after(&["people.yaml", "people.csv.expected.yaml"]);
    assert!(table.contains("Inkwell Stationers, Printers & Binders"));
    assert_eq!(table, whole);
}

#[test]
fn b046_a_second_import_updates_instead_of_doubling() {
    let once = clients_after(&["people.yaml", "people.csv"]);
    assert_eq!(clients_after(&["people.yaml", "people.csv", "people.csv", "people.yaml"]), once);
}

#[test]
fn a_fault_is_told_with_its_line_however_lines_end() {
    let practice = Practice::with_people(TO_FILES);
    for (name, end) in [("unix.csv", "\n"), ("windows.csv", "\r\n")] {
        let lines = ["client_id,client_name,status", "acme,Acme,active", "birch,Birch,perhaps", ""];
        practice.write(name, lines.join(end));
        practice.run(["import", name, "--dry-run"]).refuses(1, &[&format!("{name}:3: status:")]);
    }
}
