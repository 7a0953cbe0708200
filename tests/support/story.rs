//! One short life of a practice, told in commands, and what must be true of it at any moment.
//!
//! Owns: a definition with letters, a hand and a document, its commands in order, what each acknowledgement promises,
//! and the end that all jobs reach. Leaves what goes wrong in between to the tests.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::practice::{Practice, TO_FILES};
use super::program::{Said, jobwright, run};
use super::shim;

const RING: &str = "\
format: 1
id: ring
name: Ring
roles: { payroll: Payroll contact }
schedule: { every: month, once_per: period }
tasks:
  - id: ask
    type: email
    recipient: { role: payroll }
    template: ask
    retry: { times: 100, first: 1 second, factor: 1, max: 10 seconds }
  - { id: note, type: manual, assign: { staff: primary } }
  - id: hours
    type: document_request
    recipient: { role: payroll }
    template: ask
    items: [{ id: sheet, label: Hours }]
  - id: thank
    type: email
    depends_on: [ask, note, hours]
    recipient: { role: payroll }
    template: thank
    retry: { times: 100, first: 1 second, factor: 1, max: 10 seconds }
templates:
  ask: { subject: 'Hours for {{ period.label }}', body: 'Dear {{ recipient.first_name }}, which hours?' }
  thank: { subject: 'Thanks', body: 'Dear {{ recipient.first_name }}, thank you.' }
";
/// Large enough for a file of its own in the store.
const SHEET_BYTES: usize = 40_000;
/// The jobs of the story, a month each.
pub const JOBS: usize = 3;
/// Letters of one job at least: the question and the thanks. The request goes out unless its answer came before it.
const LETTERS_OF_A_JOB: usize = 2;
/// Past every wait of a letter in doubt.
const LATER_SECONDS: i64 = 3600;
/// More rounds than any letter needs tries.
const ROUNDS_MAX: usize = 6;

/// A command of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Brings the people in.
    Import,
    /// Publishes the definition.
    Publish,
    /// Starts the job of a month.
    Start(usize),
    /// Says that its manual task is done.
    Note(usize),
    /// Hands its document in.
    Answer(usize),
    /// Does what is due.
    Work,
}

/// The whole story.
pub const STORY: [Order; 15] = {
    use Order::{Answer, Import, Note, Publish, Start, Work};
    [
        Import,
        Publish,
        Start(0),
        Work,
        Note(0),
        Start(1),
        Answer(0),
        Work,
        Start(2),
        Note(1),
        Answer(1),
        Work,
        Note(2),
        Answer(2),
        Work,
    ]
};

/// A practice before the first command.
pub fn beginning() -> Practice {
    let practice = Practice::empty(TO_FILES);
    practice.write("people.yaml", super::practice::PEOPLE);
    practice.write("ring.job.yaml", RING);
    practice.write("sheet.csv", "ann,38\n".repeat(SHEET_BYTES / 7));
    practice
}

impl Order {
    /// As it is typed.
    pub fn words(self) -> Vec<String> {
        let words = match self {
            Self::Import => "import people.yaml".to_owned(),
            Self::Publish => "publish ring.job.yaml".to_owned(),
            Self::Start(job) => format!("start ring --client birchwood --period {}", period(job)),
            Self::Note(job) => format!("complete {} note --as pat", name(job)),
            Self::Answer(job) => format!("answer {} hours sheet --as contact:ann --file sheet.csv", name(job)),
            Self::Work => "work".to_owned(),
        };
        words.split(' ').map(str::to_owned).collect()
    }

    /// Whether it was acknowledged: done now, or found done by an earlier command that could not say so any more.
    pub fn is_acknowledged(self, said: &Said) -> bool {
        let is_act = matches!(self, Self::Note(_) | Self::Answer(_));
        let done = ["completed", "has ended", "already"];
        said.code == Some(0) || said.code == Some(1) && is_act && done.iter().any(|word| said.errors.contains(word))
    }
}

/// The name of a job for people.
pub fn name(job: usize) -> String {
    format!("ring/birchwood/{}", period(job))
}

fn period(job: usize) -> String {
    format!("2026-{:02}", job + 1)
}

/// What is missing of what was acknowledged, in words; nothing when all is there.
pub fn missing(folder: &Path, acknowledged: &BTreeSet<Order>) -> Result<(), String> {
    if acknowledged.is_empty() {
        return Ok(());
    }
    let jobs = lines(folder, &["jobs", "--all", "--json"])?;
    for order in acknowledged {
        let (job, task) = match *order {
            Order::Start(job) => (job, None),
            Order::Note(job) => (job, Some("note")),
            Order::Answer(job) => (job, Some("hours")),
            Order::Import | Order::Publish | Order::Work => continue,
        };
        if jobs.iter().filter(|one| one["period"]["key"] == *period(job)).count() != 1 {
            return Err(format!("{order:?} was acknowledged, and of {} jobs none or two are it", jobs.len()));
        }
        let Some(task) = task else { continue };
        let shown = lines(folder, &["show", &name(job), "--json"])?;
        let tasks = shown[0]["tasks"].as_array().cloned().unwrap_or_default();
        if !tasks.iter().any(|one| one["id"] == task && one["state"] == "completed") {
            return Err(format!("{order:?} was acknowledged, and {task} is not completed: {tasks:#?}"));
        }
    }
    if acknowledged.contains(&Order::Import) && lines(folder, &["client", "list", "--json"])?.len() < 2 {
        return Err("the import was acknowledged, and its clients are not there".into());
    }
    Ok(())
}

/// Tells the rest of the story, everything not acknowledged once more, and looks whether it ends as it must.
pub fn finish(folder: &Path, acknowledged: &BTreeSet<Order>) -> Result<(), String> {
    let before = letters(folder);
    for order in STORY.iter().filter(|order| !acknowledged.contains(*order)) {
        let said = run(folder, order.words());
        if !order.is_acknowledged(&said) {
            return Err(format!("{order:?} cannot be done any more: {said:#?}"));
        }
    }
    // Letters in doubt wait for their time; the clock is put forward rather than waited for.
    for round in 1..=ROUNDS_MAX {
        let mut command = jobwright(folder);
        let said = shim::shifted(command.arg("work"), LATER_SECONDS * round as i64).output();
        let said = Said::of(said.expect("the program runs"));
        if said.code != Some(0) {
            return Err(format!("the last work failed: {said:#?}"));
        }
        let jobs = lines(folder, &["jobs", "--all", "--json"])?;
        if jobs.len() == JOBS && jobs.iter().all(|job| job["state"] == "completed") {
            return letters_each_once(folder, &before);
        }
    }
    Err(format!("not all jobs come to their end: {:#?}", lines(folder, &["jobs", "--all", "--json"])?))
}

/// A store that was never whole may be refused, in words that say what to do; then that is done.
pub fn unfinished_is_told(folder: &Path) -> Result<(), String> {
    let said = run(folder, ["jobs"]);
    if said.code == Some(0) {
        return Ok(());
    }
    if said.code != Some(4) || !["next:", "start again"].iter().any(|words| said.errors.contains(words)) {
        return Err(format!("a store that was being made is refused without a way on: {said:#?}"));
    }
    match fs::remove_dir_all(folder.join(".jobwright")) {
        // Not even its folder was made.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|error| error.to_string()),
    }
}

/// Each letter that the timelines tell of is one whole file. Another file is a letter that was on its way before: its
/// task was over before it could be tried again.
fn letters_each_once(folder: &Path, before: &BTreeSet<String>) -> Result<(), String> {
    let mut told = Vec::new();
    for job in 0..JOBS {
        let shown = lines(folder, &["show", &name(job), "--json"])?;
        let events = shown[0]["events"].as_array().cloned().unwrap_or_default();
        let sent = events.iter().filter(|event| event["kind"] == "letter_sent");
        let sent: Vec<_> = sent.map(|event| format!("{}.eml", event["effect"].as_str().unwrap_or_default())).collect();
        if !(LETTERS_OF_A_JOB..=LETTERS_OF_A_JOB + 1).contains(&sent.len()) {
            return Err(format!("{} letters of one job: {events:#?}", sent.len()));
        }
        told.extend(sent);
    }
    let (told, files) = (told.into_iter().collect::<BTreeSet<_>>(), letters(folder));
    let lost: Vec<_> = told.difference(&files).collect();
    let strange: Vec<_> = files.difference(&told).filter(|file| !before.contains(*file)).collect();
    if !lost.is_empty() || !strange.is_empty() {
        return Err(format!("of the letters told of {lost:#?} are lost, and nothing tells of {strange:#?}"));
    }
    for file in files {
        let bytes = fs::read(folder.join("letters").join(&file)).map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        if !text.contains("\r\nMessage-ID: <") || !text.contains("Dear Ann") {
            return Err(format!("{file} is no whole letter: {text:?}"));
        }
    }
    Ok(())
}

/// The letters that lie there; what a cut left half written beside is written over when its letter is tried again.
fn letters(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder.join("letters")).into_iter().flatten().flatten();
    let names = entries.map(|file| file.file_name().to_string_lossy().into_owned());
    names.filter(|name| !name.ends_with(".part")).collect()
}

/// The lines of JSON that a command answers.
fn lines(folder: &Path, words: &[&str]) -> Result<Vec<Value>, String> {
    let said = run(folder, words);
    if said.code != Some(0) {
        return Err(format!("{words:?}: {said:#?}"));
    }
    said.out.lines().map(|line| serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))).collect()
}
