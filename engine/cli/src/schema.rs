//! The JSON Schemas that this binary speaks: of what people write, and of what it answers with `--json`.
//!
//! Owns: the list, and the texts as they lie in `schemas/`. Leaves making the former to `jobwright_definition::schema`,
//! the latter to `output`; a test holds the files against both.

pub mod output;
mod part;

use jobwright_definition::schema::ALL as WRITTEN;

/// Where a practice folder keeps those of its own files, so that `../schemas/…` is right beside every workflow.
pub const FOLDER: &str = "schemas";

/// A schema as text.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// What `jobwright schema NAME` calls it.
    pub name: &'static str,
    /// Of what, in one line.
    pub about: &'static str,
    /// Where it lies in `schemas/`.
    pub file: &'static str,
    /// The schema.
    pub text: &'static str,
}

macro_rules! texts {
    ($($name:literal in $file:literal,)+) => {
        [$(($name, $file, include_str!(concat!("../../../schemas/", $file)))),+]
    };
}

const TEXTS: [(&str, &str, &str); 20] = texts! {
    "job-definition" in "job-definition.json",
    "job-test" in "job-test.json",
    "practice" in "practice.json",
    "people" in "people.json",
    "calendar" in "calendar.json",
    "show" in "output/show.json",
    "jobs" in "output/jobs.json",
    "why" in "output/why.json",
    "check" in "output/check.json",
    "publish" in "output/publish.json",
    "start" in "output/start.json",
    "work" in "output/work.json",
    "staff-leave" in "output/staff-leave.json",
    "backup" in "output/backup.json",
    "restore" in "output/restore.json",
    "export" in "output/export.json",
    "verify" in "output/verify.json",
    "doctor" in "output/doctor.json",
    "event" in "output/event.json",
    "error" in "output/error.json",
};

/// All of them: first what people write, then what the program answers.
pub fn all() -> impl Iterator<Item = Schema> {
    let abouts = WRITTEN.iter().map(|schema| schema.about).chain(output::ALL.iter().map(|output| output.about));
    TEXTS.iter().zip(abouts).map(|((name, file, text), about)| Schema { name, about, file, text })
}

/// The files that a practice folder gets, by their path in it, for the editors of its people.
pub fn for_practice() -> impl Iterator<Item = (String, &'static str)> {
    TEXTS.iter().take(WRITTEN.len()).map(|(_, file, text)| (format!("{FOLDER}/{file}"), *text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_stand_in_the_order_of_those_who_make_them() {
        let makers = WRITTEN.iter().map(|schema| schema.name).chain(output::ALL.iter().map(|output| output.name));
        assert_eq!(all().map(|schema| schema.name).collect::<Vec<_>>(), makers.collect::<Vec<_>>());
        assert!(all().all(|schema| schema.file.ends_with(&format!("{}.json", schema.name))));
    }
}
