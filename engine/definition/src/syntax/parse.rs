//! Running the parser, and going on after what it cannot read.
//!
//! Owns: the parser's options, and the repair of single values, so that one slip does not hide all below it. Leaves what
//! the events mean to `build`, and the words to `fault`.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Parser, ScanError};

use super::build::{Builder, Step};
use super::clean::Clean;
use super::fault;
use super::tree::Node;
use crate::diagnostic::Diagnostics;
use crate::source::FileId;

/// A value that the parser cannot get past is blanked, and the text read again, at most this often in one file.
const REPAIRS_MAX: usize = 32;

/// The tree of a text, or `None` when there is none to be had. The parser stops at its first error; where that is only a
/// value on its line, the value is set aside as refused and the rest of the file still gets its say.
pub(super) fn parse(file: FileId, clean: &Clean, diagnostics: &mut Diagnostics) -> Option<Node> {
    let mut text = Cow::Borrowed(clean.text.as_ref());
    let mut repaired = Vec::new();
    loop {
        let (error, told) = match parse_once(file, &text, &repaired, diagnostics) {
            Parse::Done(node) => return node,
            Parse::Failed(error, told) => (error, told),
        };
        if clean.misshapen {
            return None;
        }
        let at = error.marker().byte_offset();
        if let Some((at, character)) = fault::stumbled_over(at, &text) {
            diagnostics.push(fault::invisible(file, at, character));
            return None;
        }
        if !told {
            diagnostics.push(fault::diagnose(error.kind(), at, file, &text));
        }
        let value = fault::value_at_fault(error.kind(), at, &text).filter(|value| !repaired.contains(value))?;
        if repaired.len() == REPAIRS_MAX {
            return None;
        }
        text = Cow::Owned([&text[..value.start], &"x".repeat(value.len()), &text[value.end..]].concat());
        repaired.push(value);
    }
}

enum Parse {
    Done(Option<Node>),
    /// The parser's error, and whether it only stumbled over what was reported already.
    Failed(ScanError, bool),
}

fn parse_once(file: FileId, text: &str, repaired: &[Range<usize>], diagnostics: &mut Diagnostics) -> Parse {
    let options = granit_parser::options! {
        strict_indentation: true,
        disallow_directives: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        emit_comments: false,
    };
    let mut builder = Builder::new(file, text, repaired, diagnostics);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, place) = match event {
            Ok(found) => found,
            Err(error) => {
                let told = builder.has_told(error.marker().byte_offset());
                return Parse::Failed(error, told);
            }
        };
        let range = place.byte_range().unwrap_or(0..0);
        let tag = place.tag_span().and_then(|tag| tag.byte_range());
        match builder.take(event, range, tag) {
            Step::On => {}
            Step::Enough => break,
            Step::GiveUp => return Parse::Done(None),
        }
    }
    Parse::Done(builder.finish())
}
