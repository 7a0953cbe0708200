//! People's YAML, or JSON, as a tree that knows where everything stands.
//!
//! Owns: the strict subset of YAML, JSON, their limits, and the decoders that turn nodes into values. Leaves what the keys mean
//! to the files that decode definitions, people and settings. Reading never stops at the first fault and never panics.

mod build;
mod clean;
mod decode;
mod fault;
mod fields;
mod json;
mod parse;
mod place;
mod tree;

#[cfg(test)]
mod oracle;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use decode::{choice, in_range, list_of, map_of, parsed, spanned};
pub use fields::Fields;
pub use tree::{Comment, Entry, Kind, Node, Style, Text};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Sources, Span};

/// A larger file is refused before anything looks into it.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// Lists and mappings inside one another.
pub const DEPTH_MAX: usize = 32;

/// How the name of a file ends that holds JSON.
const JSON: &str = ".json";

/// Texts, keys, lists and mappings of one file.
pub const NODES_MAX: usize = 20_000;

/// Reads a file: JSON when its name says so, else YAML. The tree is missing when the text cannot be read as YAML; it is there, with the refused parts marked,
/// when only our own rules are broken, so that the decoder can go on and everything wrong is told at once.
pub fn read(sources: &mut Sources, name: &str, bytes: &[u8], diagnostics: &mut Diagnostics) -> Option<Node> {
    if bytes.len() > FILE_BYTES_MAX {
        let file = sources.add(name, "");
        let message = format!("the file has {} bytes; at most {FILE_BYTES_MAX} (1 MiB) are read", bytes.len());
        diagnostics.push(Diagnostic::error(code::TOO_LARGE, message).at(Span::new(file, 0..0), ""));
        return None;
    }
    let (text, fault) = clean::decode(bytes);
    let file = sources.add(name, text);
    if let Some(fault) = fault {
        let fatal = fault.fatal;
        diagnostics.push(fault.diagnose(sources, file));
        if fatal {
            return None;
        }
    }
    let text = sources.text(file);
    if name.to_ascii_lowercase().ends_with(JSON) {
        return json::parse(file, text, diagnostics);
    }
    let clean = clean::clean(file, text, diagnostics);
    parse::parse(file, &clean, diagnostics)
}
