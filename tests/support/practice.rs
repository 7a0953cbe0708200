//! A practice of a test: the sample that ships, in a folder of its own.
//!
//! Owns: its settings with the mail that a test wants, its people and its published workflows. What a test then does
//! with it goes through the program, or through an engine on the same store while the program is not running.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use jobwright::arguments::Arguments;
use jobwright::assemble;
use jobwright_core::directory::Client;
use jobwright_core::directory::trail::Attribution;
use jobwright_definition::{
    diagnostic::Diagnostics,
    people::{Known, People, people},
    practice::PracticeFile,
    render,
    source::Sources,
    syntax,
};
use jobwright_runtime::{Engine, Error};
use jobwright_store::directory::{self, ContactRole};

use super::Folder;
use super::program::{Said, jobwright, run};

const SETTINGS: &str = include_str!("../../workflows/sample/practice.yaml");
/// The sample's people.
pub const PEOPLE: &str = include_str!("../../workflows/sample/people.yaml");
/// The workflow that most tests run.
pub const PAYROLL: &str = include_str!("../../workflows/monthly-payroll.job.yaml");
/// Letters go to files.
pub const TO_FILES: &str = "transport: files";

/// The practice.
pub struct Practice(Folder);

impl Practice {
    /// The sample, with these lines about where letters go, its people and its payroll.
    pub fn open_for_business(mail: &str) -> Self {
        let practice = Self::with_people(mail);
        practice.write("payroll.job.yaml", PAYROLL);
        practice.done(["publish", "payroll.job.yaml"]);
        practice
    }

    /// The sample with its people, and no workflow.
    pub fn with_people(mail: &str) -> Self {
        let practice = Self::empty(mail);
        practice.write("people.yaml", PEOPLE);
        practice.done(["import", "people.yaml"]);
        practice
    }

    /// The sample's settings alone.
    pub fn empty(mail: &str) -> Self {
        let practice = Self(Folder::new());
        practice.write("practice.yaml", settings(mail));
        practice
    }

    /// Other lines about where letters go.
    pub fn mend_mail(&self, mail: &str) {
        self.write("practice.yaml", settings(mail));
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// A file in its folder.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        fs::write(&path, text).expect("the folder can be written");
        path
    }

    /// Runs the program here.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Said {
        run(self.folder(), arguments)
    }

    /// Runs the program here with something in its environment.
    pub fn run_with<A: AsRef<OsStr>>(
        &self,
        environment: &[(&str, &str)],
        arguments: impl IntoIterator<Item = A>,
    ) -> Said {
        let mut command = jobwright(self.folder());
        Said::of(command.envs(environment.iter().copied()).args(arguments).output().expect("the program runs"))
    }

    /// Runs the program here, which must do as asked; gives what it said.
    #[track_caller]
    pub fn done<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> String {
        let said = self.run(arguments);
        assert_eq!(said.code, Some(0), "{said:#?}");
        said.out
    }

    /// Runs the program here, which must do as asked; gives its one line of JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let said = self.done([arguments, &["--json"]].concat());
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// Its folder as the program opens it.
    pub fn opened(&self) -> jobwright::practice::Practice {
        let folder = self.folder().as_os_str();
        let arguments = [OsStr::new("jobwright"), OsStr::new("-C"), folder, OsStr::new("jobs")];
        let arguments = Arguments::try_parse_from(arguments).expect("arguments");
        jobwright::practice::Practice::open(&arguments.global).unwrap_or_else(|report| panic!("{report:#?}"))
    }

    /// An engine on its store; nobody else may have it open.
    pub fn engine(&self) -> Arc<Engine> {
        assemble::own(&self.opened()).unwrap_or_else(|report| panic!("{report:#?}"))
    }

    /// A client as it is kept.
    pub fn client(&self, id: &str) -> Client {
        client(&self.engine(), id)
    }
}

/// The client of this id, as it is kept.
pub fn client(engine: &Engine, id: &str) -> Client {
    let id = id.parse().expect("an id");
    directory::client(&engine.reader(), &id).expect("the store can be read").value.expect("a client")
}

/// The sample's settings with these lines about where letters go.
fn settings(mail: &str) -> String {
    let changed = SETTINGS.replace("transport: files", mail);
    assert!(changed.contains(mail), "the sample says where letters go");
    changed
}

/// The sample's people.
pub fn sample_people(file: &PracticeFile) -> People {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, "people.yaml", PEOPLE.as_bytes(), &mut diagnostics);
    let people = people(&node.expect("YAML"), file, &Known::default(), &mut diagnostics).expect("people");
    assert_eq!(diagnostics.errors(), 0, "{}", render::human(&sources, &diagnostics, false));
    people
}

/// Takes people in.
pub fn fill(engine: &Engine, people: &People) {
    for role in &people.roles {
        let role = ContactRole { id: role.id.clone(), label: role.label.clone(), hint: role.hint.clone() };
        engine.put_role(&role, &Attribution::engine("test")).expect("roles can be kept");
    }
    for staff in &people.staff {
        engine.put_staff(staff, &Attribution::engine("test")).expect("staff can be kept");
    }
    for client in &people.clients {
        let taken = |_: Option<Client>| Ok::<_, Error>((client.clone(), ()));
        engine.change_client(&client.id, &Attribution::engine("test"), taken).expect("clients can be kept");
    }
}
