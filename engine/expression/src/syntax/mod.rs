//! Reading: rhai's and minijinja's parsers, and nothing else of them.
//!
//! Owns: turning their trees into ours. `script` alone sees rhai's internals, `letter` alone minijinja's; both versions
//! are pinned for that. Neither engine ever runs.

pub(crate) mod letter;
mod place;
pub(crate) mod script;

use crate::{
    fault::{Fault, FaultKind, Span},
    scope::SOURCE_BYTES_MAX,
};

/// Refuses a text that is too long before a parser sees it.
fn of_bounded_size(text: &str) -> Result<(), Vec<Fault>> {
    if text.len() <= SOURCE_BYTES_MAX {
        return Ok(());
    }
    let message = format!("this text has {} bytes; at most {SOURCE_BYTES_MAX} are read", text.len());
    Err(vec![Fault::new(Span::default(), FaultKind::TooLarge, message)])
}

/// The variables in sight while a text is read; a variable's number is its place from the bottom.
#[derive(Debug, Default)]
struct Sight {
    locals: Vec<String>,
    roots: Vec<String>,
    /// Every variable met so far, in sight or not.
    declared: Vec<String>,
}

impl Sight {
    fn local(&self, name: &str) -> Option<usize> {
        self.locals.iter().rposition(|local| local == name)
    }

    fn declare(&mut self, name: impl Into<String>) -> usize {
        let name = name.into();
        self.declared.push(name.clone());
        self.locals.push(name);
        self.locals.len() - 1
    }

    fn root(&mut self, name: &str) -> usize {
        self.roots.iter().position(|root| root == name).unwrap_or_else(|| {
            self.roots.push(name.into());
            self.roots.len() - 1
        })
    }
}
