//! Diagnostics as people read them, in the manner of a good compiler.
//!
//! Owns: which lines are shown around a place, and the bound on them. Leaves the drawing to annotate-snippets.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Diagnostics, Label, Severity};
use crate::source::{FileId, Sources};

/// A stretch of lines larger than this is named by line and column only: a line of a megabyte helps nobody.
const SNIPPET_BYTES_MAX: usize = 8 * 1024;

/// Each diagnostic with its lines, in order, with an empty line between.
pub fn human(sources: &Sources, diagnostics: &Diagnostics, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let pictures = diagnostics.sorted();
    let pictures = pictures.iter().map(|diagnostic| renderer.render(&[group(sources, diagnostic)]) + "\n");
    pictures.collect::<Vec<_>>().join("\n")
}

fn group<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let places = windows(sources, diagnostic).into_iter().map(|window| window.draw(sources));
    let help = diagnostic.help.iter().map(|help| Level::HELP.message(help.as_str()).into());
    title.elements(places.chain(help))
}

/// Whole lines of one file, and the labels on them.
struct Window<'a> {
    file: FileId,
    range: Range<usize>,
    labels: Vec<&'a Label>,
}

/// The labels' lines, near ones together; the primary place first, since the header line names it.
fn windows<'a>(sources: &Sources, diagnostic: &'a Diagnostic) -> Vec<Window<'a>> {
    let mut labels: Vec<&Label> = diagnostic.labels.iter().collect();
    labels.sort_by_key(|label| !label.primary);
    let mut windows: Vec<Window> = Vec::new();
    for label in labels {
        let range = lines(sources, label);
        let near = windows
            .iter_mut()
            .find(|window| window.file == label.span.file && join(&window.range, &range).len() <= SNIPPET_BYTES_MAX);
        match near {
            Some(window) => {
                window.range = join(&window.range, &range);
                window.labels.push(label);
            }
            None => windows.push(Window { file: label.span.file, range, labels: vec![label] }),
        }
    }
    windows
}

fn lines(sources: &Sources, label: &Label) -> Range<usize> {
    let Range { start, end } = label.span.range();
    let last = end.saturating_sub(1).max(start);
    sources.line_range(label.span.file, start).start..sources.line_range(label.span.file, last).end
}

fn join(one: &Range<usize>, other: &Range<usize>) -> Range<usize> {
    one.start.min(other.start)..one.end.max(other.end)
}

impl<'a> Window<'a> {
    fn draw(self, sources: &'a Sources) -> Element<'a> {
        let name = sources.name(self.file);
        let first = sources.place(self.file, self.range.start).line;
        if self.range.len() > SNIPPET_BYTES_MAX || sources.text(self.file).is_empty() {
            let place = self.labels.first().map(|label| sources.place(self.file, label.span.range().start));
            let origin = Origin::path(name).line(place.map_or(first, |place| place.line));
            return place.map_or(origin.clone(), |place| origin.char_column(place.column)).into();
        }
        let text = sources.text(self.file).get(self.range.clone()).unwrap_or("");
        let annotations = self.labels.iter().map(|label| {
            let kind = if label.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let within = |offset: usize| text.floor_char_boundary(offset.saturating_sub(self.range.start));
            let Range { start, end } = label.span.range();
            let label_text = (!label.text.is_empty()).then_some(label.text.as_str());
            kind.span(within(start)..within(end)).label(label_text)
        });
        Snippet::source(text).path(name).line_start(first).annotations(annotations).into()
    }
}
