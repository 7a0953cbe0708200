//! Files beside a definition, put where they belong.
//!
//! Owns: `file:` of templates and scripts, replaced by the text of the file before anything is decoded, so that neither
//! the hash nor the plan ever looks at a file again. A script keeps its file's name, for what is said when it fails.
//! Leaves reading from disk to the caller.

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::source::{Sources, Span, Spanned};
use crate::syntax::{Entry, FILE_BYTES_MAX, Kind, Node, Style, Text};

/// Gives the bytes of a file beside the definition, or says why not.
pub type Files<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// The key that names a file.
pub(crate) const FILE: &str = "file";
/// The key of a script's text.
const SOURCE: &str = "source";

/// Puts the texts of all files into the tree.
pub(crate) fn include(root: &mut Node, sources: &mut Sources, files: Files, diagnostics: &mut Diagnostics) {
    let folder = sources.name(root.span.file).rsplit_once('/').map(|(folder, _)| format!("{folder}/"));
    let mut reader = Reader { folder: folder.unwrap_or_default(), sources, files, diagnostics };
    let Kind::Map(entries) = &mut root.kind else { return };
    for entry in entries {
        match (entry.key.value.as_str(), &mut entry.value.kind) {
            ("templates", Kind::Map(templates)) => {
                templates.iter_mut().for_each(|template| reader.replace(&mut template.value, "body"));
            }
            ("tasks", Kind::List(tasks)) => {
                let is_script = |task: &&mut Node| word(task.get("type")) == Some("script");
                tasks.iter_mut().filter(is_script).for_each(|task| reader.replace(task, SOURCE));
            }
            _ => {}
        }
    }
}

struct Reader<'a> {
    /// Where the definition lies, as it was named: what is said of a file must be found from the same place.
    folder: String,
    sources: &'a mut Sources,
    files: Files<'a>,
    diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    /// `file: x` becomes `key: what x says`; a script has both then.
    fn replace(&mut self, node: &mut Node, key: &str) {
        let Kind::Map(entries) = &mut node.kind else { return };
        let Some(at) = entries.iter().position(|entry| entry.key.value == FILE) else { return };
        let Some(name) = word(Some(&entries[at].value)).map(str::to_owned) else { return };
        if let Some(other) = entries.iter().find(|entry| entry.key.value == key) {
            let message = format!("`{FILE}` and `{key}` both give the text");
            let diagnostic = Diagnostic::error(code::ONE_OF, message).at(entries[at].key.span, "one of them is enough");
            self.diagnostics.push(diagnostic.also(other.key.span, "the other"));
            entries.remove(at);
            return;
        }
        let written = &entries[at];
        let kind = self.text(&name, written.value.span).map_or(Kind::Refused, Kind::Scalar);
        let span = if let Kind::Scalar(text) = &kind { text.span() } else { written.value.span };
        let key = Spanned::new(key.to_owned(), written.key.span);
        let entry = Entry { key, value: Node { span, kind } };
        if entry.key.value == SOURCE {
            entries.push(entry);
        } else {
            entries[at] = entry;
        }
    }

    fn text(&mut self, name: &str, span: Span) -> Option<Text> {
        let read = match (self.files)(name) {
            _ if !is_beside(name) => Err("it must lie in the definition's own folder or below".to_owned()),
            Ok(bytes) if bytes.len() > FILE_BYTES_MAX => Err("it is larger than 1 MiB".to_owned()),
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()),
            Err(reason) => Err(reason),
        };
        match read {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n");
                let file = self.sources.add(format!("{}{name}", self.folder), text.clone());
                Some(Text::new(text.clone(), Span::new(file, 0..text.len()), Style::Literal, &text, 0))
            }
            Err(reason) => {
                let message = format!("the file {} cannot be read: {reason}", quoted(name));
                self.diagnostics.push(Diagnostic::error(code::UNREADABLE_FILE, message).at(span, ""));
                None
            }
        }
    }
}

fn word(node: Option<&Node>) -> Option<&str> {
    match &node?.kind {
        Kind::Scalar(text) => Some(text).filter(|text| !text.is_empty()).map(|text| text.as_str()),
        _ => None,
    }
}

/// A name that cannot lead out of the folder.
fn is_beside(name: &str) -> bool {
    !name.contains('\\') && name.split('/').all(|part| !matches!(part, "" | "." | "..")) && !name.contains(':')
}
