//! CSV tables of people.
//!
//! Owns: that any bytes are read to clients or to faults that name a line.

use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jobwright::caller::{Caller, NewFile, Opened};
use jobwright::import::read_table;
use jobwright::output::Paint;
use jobwright::people::Known;
use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::practice::{PracticeFile, practice};
use jobwright_definition::source::Sources;
use jobwright_definition::syntax;

use super::text::{Words, damaged};
use super::{Chance, Input, fuzz};

const TABLES: Words = Words {
    seeds: &[
        "client_id,client_name,status,contact_id,contact_name,email,roles,primary_staff\n4711,Acme Ltd,active,ann,Ann Archer,ann@acme.example,payroll;director,pat\n4711,,,bob,Bob,bob@acme.example,,\n4712,Birch,prospect,,,,,\n",
        "client_id;client_name;year_end;services\na;\"A; B \"\"C\"\"\";2026-03-31;payroll, vat\n",
        "client_id\tclient_name\tstaff.reviewer\nx\tX\tlee\n",
    ],
    words: &[
        "client_id",
        "client_name",
        "contact_id",
        "contact_name",
        "email",
        "roles",
        "primary_staff",
        "staff.reviewer",
        "status",
        "year_end",
        "services",
        "office",
        "\"",
        "\"\"",
        ",",
        ";",
        "\t",
        "\r\n",
        "\n",
        "pat",
        "payroll",
        "2026-02-30",
        "active",
        "a@b.example",
        "\"a\nb\"",
    ],
};

static PRACTICE: LazyLock<PracticeFile> = LazyLock::new(|| {
    let text = include_bytes!("../../workflows/sample/practice.yaml");
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, "practice.yaml", text, &mut diagnostics).expect("YAML");
    practice(&node, &mut diagnostics).expect("the sample's settings")
});

/// Somebody whose only file is the table.
struct Held(Vec<u8>);

impl Caller for Held {
    fn open(&self, _path: &Path) -> io::Result<Opened> {
        Ok(Opened { size: self.0.len() as u64, bytes: Box::new(Cursor::new(self.0.clone())) })
    }

    fn create(&self, _path: &Path) -> io::Result<Box<dyn NewFile>> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn make_folder(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        path.into()
    }

    fn can_answer(&self) -> bool {
        false
    }

    fn ask(&self, _question: &str) -> io::Result<String> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

#[test]
fn no_bytes_do_harm_as_a_table_of_people() {
    fuzz!(50, |chance: &mut Chance<'_>| damaged(&TABLES, chance), told_or_taken);
}

fn told_or_taken(input: &Input) {
    let staff = ["pat".parse().expect("an id")].into();
    let payroll = || "payroll".parse().expect("an id");
    let labels = vec![("Payroll contact".to_owned(), payroll())];
    let known = Known { file: &PRACTICE, staff, roles: [payroll()].into(), labels };
    match read_table(Path::new("people.csv"), None, &known, &Held(input.0.clone())) {
        Err(report) => assert!(!report.human(Paint::plain()).is_empty()),
        Ok(table) => {
            for client in &table.clients {
                assert!(client.lines.iter().all(|line| *line > 0) && !client.reference.is_empty(), "{client:?}");
                assert!(
                    client.faults.iter().all(|(line, why)| client.lines.contains(line) && !why.is_empty()),
                    "{client:?}"
                );
            }
            for fault in &table.loose {
                let line = fault.place.rsplit_once(':').and_then(|(_, line)| line.parse::<u64>().ok());
                assert!(line.is_some_and(|line| line > 0) && !fault.why.is_empty(), "{fault:?}");
            }
        }
    }
}
