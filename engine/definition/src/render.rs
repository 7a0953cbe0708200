//! Diagnostics as pictures for people, and as JSON and SARIF for machines.
//!
//! Owns: how a diagnostic looks. Everything is made from the same sorted list, so the three never disagree. Leaves where
//! it is printed, and whether in colour, to the caller.

mod human;
mod json;
mod sarif;

pub use human::human;
pub use json::json;
pub use sarif::sarif;

use crate::diagnostic::Diagnostics;

/// One line: "2 errors, 1 warning".
pub fn summary(diagnostics: &Diagnostics) -> String {
    match (diagnostics.errors(), diagnostics.warnings()) {
        (0, 0) => "no errors".to_owned(),
        (errors, 0) => count(errors, "error"),
        (0, warnings) => count(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
