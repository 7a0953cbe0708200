//! The sample practice, as it ships in the binary.
//!
//! Owns: its files, and writing them into a folder. Leaves what they say to `workflows/sample`.

use std::fs;
use std::path::Path;

use crate::practice::{FILE, WORKFLOWS};
use crate::report::{Report, Result};
use crate::schema;

/// The people of the sample practice, beside its settings.
pub const PEOPLE: &str = "people.yaml";

/// A file by its name below the folder, with its text.
const FILES: &[(&str, &str)] = &[
    (FILE, include_str!("../../../../workflows/sample/practice.yaml")),
    (PEOPLE, include_str!("../../../../workflows/sample/people.yaml")),
];

/// The job definitions that ship.
pub const DEFINITIONS: &[(&str, &str)] = &[
    ("client-onboarding.job.yaml", include_str!("../../../../workflows/client-onboarding.job.yaml")),
    ("monthly-payroll.job.yaml", include_str!("../../../../workflows/monthly-payroll.job.yaml")),
    ("salary-review.job.yaml", include_str!("../../../../workflows/salary-review.job.yaml")),
    ("vat-quarter.job.yaml", include_str!("../../../../workflows/vat-quarter.job.yaml")),
];

/// Writes the sample practice into a folder.
pub fn write(folder: &Path) -> Result<()> {
    let workflows = folder.join(WORKFLOWS);
    for folder in [&workflows, &folder.join(schema::FOLDER)] {
        fs::create_dir_all(folder).map_err(|error| Report::file("make", folder, &error))?;
    }
    let settings = FILES.iter().map(|(name, text)| (folder.join(name), *text));
    let definitions = DEFINITIONS.iter().map(|(name, text)| (workflows.join(name), *text));
    let schemas = schema::for_practice().map(|(name, text)| (folder.join(name), text));
    for (path, text) in settings.chain(definitions).chain(schemas) {
        fs::write(&path, text).map_err(|error| Report::file("write", &path, &error))?;
    }
    Ok(())
}
