//! For tests of this crate: a text in, a decoded value and the picture of everything wrong out.

use super::{Node, read};
use crate::diagnostic::Diagnostics;
use crate::render;
use crate::source::Sources;

pub(crate) const NAME: &str = "vat.job.yaml";

/// The value, and what people would see; empty when nothing is wrong.
pub(crate) fn decoded<T>(text: &str, decode: impl FnOnce(&Node, &mut Diagnostics) -> Option<T>) -> (Option<T>, String) {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = read(&mut sources, NAME, text.as_bytes(), &mut diagnostics);
    let value = node.and_then(|node| decode(&node, &mut diagnostics));
    (value, render::human(&sources, &diagnostics, false))
}

/// Sources, tree and diagnostics of a file.
pub(crate) fn reading(bytes: &[u8]) -> (Sources, Option<Node>, Diagnostics) {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = read(&mut sources, NAME, bytes, &mut diagnostics);
    (sources, node, diagnostics)
}

/// The tree of a file with nothing wrong in it.
pub(crate) fn accepted(text: &str) -> Node {
    let (sources, node, diagnostics) = reading(text.as_bytes());
    assert!(diagnostics.is_empty(), "{text}\n{}", render::human(&sources, &diagnostics, false));
    node.expect("a tree")
}
