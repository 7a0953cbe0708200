//! Parser events into a tree, refusing what the language leaves out.
//!
//! Owns: aliases, anchors, tags, keys, documents, depth and number of nodes. A refused part becomes `Kind::Refused` and
//! building goes on. Leaves running the parser to `parse`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, ScalarStyle, StructureStyle, Tag};
use jobwright_core::invisible;

use super::tree::{Comment, Entry, Kind, Node, Style, Text};
use super::{DEPTH_MAX, NODES_MAX, fault};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::source::{FileId, Span, Spanned};

/// Doubled keys of one file that are told: nobody reads the twenty-first.
pub(super) const DOUBLED_TOLD_MAX: usize = 20;

/// What to do after an event.
pub(super) enum Step {
    On,
    /// The rest does not matter.
    Enough,
    /// There will be no tree.
    GiveUp,
}

/// A list or mapping whose end has not come.
struct Open {
    span: Span,
    flow: bool,
    refused: bool,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<Key>, first: HashMap<String, Span> },
}

enum Key {
    Known(Spanned<String>),
    /// Reported; its value is read and forgotten.
    Refused,
}

pub(super) struct Builder<'t, 'd> {
    file: FileId,
    text: &'t str,
    repaired: &'t [Range<usize>],
    diagnostics: &'d mut Diagnostics,
    open: Vec<Open>,
    root: Option<Node>,
    document: Option<Span>,
    nodes: usize,
    doubled: usize,
    tagged: bool,
    too_deep: bool,
    template: Option<Span>,
}

impl<'t, 'd> Builder<'t, 'd> {
    pub fn new(file: FileId, text: &'t str, repaired: &'t [Range<usize>], diagnostics: &'d mut Diagnostics) -> Self {
        let (open, root, document) = (Vec::new(), None, None);
        let (nodes, doubled, tagged, too_deep, template) = (0, 0, false, false, None);
        Self { file, text, repaired, diagnostics, open, root, document, nodes, doubled, tagged, too_deep, template }
    }

    /// One arm per event.
    pub fn take(&mut self, event: Event, range: Range<usize>, tag: Option<Range<usize>>) -> Step {
        if event.is_node() && self.one_too_many(&range) {
            return Step::GiveUp;
        }
        let span = Span::new(self.file, range.clone());
        match event {
            Event::DocumentStart(..) => return self.begin_document(span),
            Event::Scalar(value, style, _, tagged) => self.scalar(value, style, range, self.tag(tagged, tag)),
            Event::SequenceStart(style, _, tagged) => {
                self.refuse_tag(self.tag(tagged, tag), span);
                self.begin(span, style, Content::List(Vec::new()));
            }
            Event::MappingStart(style, _, tagged) => {
                self.refuse_tag(self.tag(tagged, tag), span);
                self.begin(span, style, Content::Map { entries: Vec::new(), key: None, first: HashMap::new() });
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(_) | Event::UnresolvedAlias(_) => self.alias(span),
            Event::Anchor(..) => self.anchor(span),
            _ => {}
        }
        Step::On
    }

    /// The tree; a file that says nothing has none.
    pub fn finish(self) -> Option<Node> {
        if self.root.as_ref().is_none_or(Node::is_absent) {
            let diagnostic = Diagnostic::error(code::EMPTY_FILE, "the file says nothing");
            self.diagnostics.push(diagnostic.at(Span::new(self.file, 0..0), ""));
            return None;
        }
        self.root
    }

    fn begin_document(&mut self, span: Span) -> Step {
        let Some(first) = self.document else {
            self.document = Some(span);
            return Step::On;
        };
        // A document without `---` begins with an empty span; its first character shows where.
        let shown = self.text.ceil_char_boundary((first.start as usize + 1).min(self.text.len()));
        let first = Span::new(self.file, first.start as usize..shown.max(first.end as usize).min(span.start as usize));
        let diagnostic = Diagnostic::error(code::SEVERAL_DOCUMENTS, "a second document begins here; a file holds one")
            .at(span, "the second")
            .also(first, "the first")
            .help("put it into a file of its own; what follows was not read");
        self.diagnostics.push(diagnostic);
        Step::Enough
    }

    fn one_too_many(&mut self, range: &Range<usize>) -> bool {
        self.nodes += 1;
        if self.nodes <= NODES_MAX {
            return false;
        }
        let message = format!("the file holds more than {NODES_MAX} values");
        let place = Span::new(self.file, range.clone());
        self.diagnostics.push(Diagnostic::error(code::TOO_MANY_VALUES, message).at(place, "one too many"));
        true
    }

    fn tag(&self, tagged: Option<Cow<Tag>>, range: Option<Range<usize>>) -> Option<Span> {
        tagged.and(range).map(|range| Span::new(self.file, range))
    }

    fn refuse_tag(&mut self, tag: Option<Span>, value: Span) {
        self.tagged = tag.is_some();
        if let Some(tag) = tag {
            self.diagnostics.push(fault::tag(self.text, tag.to(value)));
        }
    }

    fn scalar(&mut self, value: Cow<str>, style: ScalarStyle, range: Range<usize>, tag: Option<Span>) {
        let end = range.start + self.text[range.clone()].trim_end().len();
        let span = Span::new(self.file, range.start..end);
        self.refuse_tag(tag, span);
        let (style, inset) = match style {
            ScalarStyle::Plain => (Style::Plain, 0),
            ScalarStyle::SingleQuoted => (Style::SingleQuoted, 1),
            ScalarStyle::DoubleQuoted => (Style::DoubleQuoted, 1),
            ScalarStyle::Literal => (Style::Literal, 0),
            ScalarStyle::Folded => (Style::Folded, 0),
        };
        // The parser says `~` for a value that is not there; one that was written has a place.
        let value = if range.is_empty() && style == Style::Plain { String::new() } else { value.into_owned() };
        let inner = range.start + inset..end.saturating_sub(inset).max(range.start + inset);
        let source = self.text.get(inner.clone()).unwrap_or("");
        let set_aside = self.repaired.iter().any(|value| value.start <= inner.start && inner.start < value.end);
        let (comment, value) = match style {
            Style::Plain => (self.comment(end), self.without_invisible_ends(value, span)),
            _ => (None, value),
        };
        let kind = match tag {
            _ if set_aside => Kind::Refused,
            Some(_) => Kind::Refused,
            None => Kind::Scalar(Text::new(value, span, style, source, inner.start).cut_by(comment)),
        };
        self.place(Node { span, kind });
    }

    /// A comment behind a plain text that is written as no comment is, or that begins like a number of something. One
    /// with a space behind its `#` is a comment.
    fn comment(&self, end: usize) -> Option<Comment> {
        let line = self.text.get(end..)?.lines().next()?;
        let comment = line.trim_start_matches(' ');
        let blanks = line.len() - comment.len();
        let inside = comment.strip_prefix('#').filter(|_| blanks > 0)?;
        let first = inside.chars().next()?;
        let has_fields = inside.contains("{{") || inside.contains("{%");
        let is_text = has_fields || first.is_alphanumeric() || "{([\"'$£€".contains(first);
        let counts =
            blanks == 1 && inside.strip_prefix(' ').is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let start = end + blanks;
        let span = Span::new(self.file, start..start + comment.trim_end().len());
        (is_text || counts).then_some(Comment { span, is_text })
    }

    /// A blank that is no space belongs to the text for YAML, and to nobody who reads it.
    fn without_invisible_ends(&mut self, value: String, span: Span) -> String {
        let at = |character: Option<char>| character.filter(|character| invisible::is_invisible(*character));
        let Some(character) = at(value.chars().next()).or(at(value.chars().next_back())) else { return value };
        let source = &self.text[span.start as usize..];
        let byte = span.start as usize + source.find(character).unwrap_or(0);
        self.diagnostics.push(fault::invisible(self.file, byte, character));
        value.trim_matches(invisible::is_invisible).to_owned()
    }

    fn alias(&mut self, span: Span) {
        self.diagnostics.push(
            Diagnostic::error(code::ALIAS, format!("{} is an alias", quoted(&self.text[span.range()])))
                .at(span, "not part of this language")
                .help("write the value out; a text which begins with `*` is written in quotes"),
        );
        self.place(Node { span, kind: Kind::Refused });
    }

    /// Comes right after its node. With a tag before it the whole is an unquoted expression, already reported.
    fn anchor(&mut self, span: Span) {
        if !self.tagged {
            self.diagnostics.push(
                Diagnostic::error(code::ANCHOR, format!("{} is an anchor", quoted(&self.text[span.range()])))
                    .at(span, "not part of this language")
                    .help("remove it; a text which begins with `&` is written in quotes"),
            );
        }
    }

    fn begin(&mut self, span: Span, style: StructureStyle, content: Content) {
        let refused = self.open.len() >= DEPTH_MAX;
        if self.open.len() == DEPTH_MAX {
            self.too_deep = true;
            let message = format!("values are nested more than {DEPTH_MAX} deep");
            self.diagnostics.push(Diagnostic::error(code::TOO_DEEP, message).at(span, "one too deep"));
        }
        let flow = matches!(style, StructureStyle::Flow);
        self.open.push(Open { span, flow, refused, content });
    }

    fn end(&mut self, end: Span) {
        let Some(open) = self.open.pop() else { return };
        let span = if open.flow { open.span.to(end) } else { open.span };
        if open.refused && open.flow && self.open.len() < DEPTH_MAX {
            self.refuse_template(span);
        }
        let kind = match open.content {
            _ if open.refused => Kind::Refused,
            Content::List(items) => Kind::List(items),
            Content::Map { entries, .. } => Kind::Map(entries),
        };
        self.place(Node { span, kind });
    }

    /// `{{ name }}` was read as a mapping. Outside brackets all the rest of the line belongs to the text that was meant.
    fn refuse_template(&mut self, span: Span) {
        let bracketed = self.open.last().is_some_and(|parent| parent.flow);
        let rest = |behind: &str| behind.lines().next()?.split(" #").next().map(|rest| rest.trim_end().len());
        let length = if bracketed { None } else { rest(&self.text[span.end as usize..]) }.unwrap_or(0);
        let span = Span::new(self.file, span.start as usize..span.end as usize + length);
        self.diagnostics.push(fault::template(self.text, span));
        self.template = Some(span);
    }

    /// Whether the parser only stumbles over what was reported already.
    pub fn has_told(&self, at: Option<usize>) -> bool {
        let on_its_line = |span: Span| at.is_some_and(|at| span.start as usize <= at && at <= span.end as usize);
        self.too_deep || self.template.is_some_and(on_its_line)
    }

    /// Puts a finished node where it belongs: the root, a list, or a mapping as key or value.
    fn place(&mut self, node: Node) {
        let Some(mut parent) = self.open.pop() else {
            self.root = Some(node);
            return;
        };
        parent.span = if parent.flow { parent.span } else { parent.span.to(node.span) };
        match &mut parent.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, key, first } => match key.take() {
                None => *key = Some(self.key(node, first, parent.span, &mut parent.refused)),
                Some(Key::Known(key)) => entries.push(Entry { key, value: node }),
                Some(Key::Refused) => {}
            },
        }
        self.open.push(parent);
    }

    fn key(&mut self, node: Node, first: &mut HashMap<String, Span>, map: Span, refused: &mut bool) -> Key {
        let span = node.span;
        let Kind::Scalar(text) = node.kind else {
            // `{{ name }}` reads as a mapping with a mapping for its key: the whole is refused when it ends.
            *refused |= self.begins_template(map);
            if !*refused && !self.tagged && !self.text[span.range()].starts_with('*') {
                self.not_plain(span, "a list or mapping cannot be a key");
            }
            return Key::Refused;
        };
        if text.style() != Style::Plain || text.contains('\n') {
            self.not_plain(span, "a key is a plain word, without quotes");
        } else if text.is_empty() {
            self.not_plain(span, "a key is missing before `:`");
            return Key::Refused;
        } else if text == "<<" {
            let diagnostic = Diagnostic::error(code::MERGE_KEY, "`<<` is a merge key");
            self.diagnostics.push(diagnostic.at(span, "not part of this language").help("write the keys out"));
            return Key::Refused;
        }
        let mut key = text.into_string();
        if let Some((_, character)) = invisible::first(&key) {
            let byte = self.text[span.range()].find(character).unwrap_or(0);
            self.diagnostics.push(fault::invisible(self.file, span.start as usize + byte, character));
            key.retain(|character| !invisible::is_invisible(character));
        }
        self.first_of_its_name(Spanned::new(key, span), first)
    }

    fn first_of_its_name(&mut self, key: Spanned<String>, first: &mut HashMap<String, Span>) -> Key {
        if let Some(before) = first.get(&key.value) {
            self.doubled += 1;
            if self.doubled > DOUBLED_TOLD_MAX {
                return Key::Refused;
            }
            let message = format!("key {} stands twice in one mapping", quoted(&key.value));
            let diagnostic = Diagnostic::error(code::DUPLICATE_KEY, message);
            self.diagnostics.push(diagnostic.at(key.span, "again here").also(*before, "first here"));
            return Key::Refused;
        }
        first.insert(key.value.clone(), key.span);
        Key::Known(key)
    }

    fn not_plain(&mut self, span: Span, message: &str) {
        self.diagnostics.push(Diagnostic::error(code::KEY_NOT_PLAIN, message).at(span, ""));
    }

    fn begins_template(&self, map: Span) -> bool {
        self.text[map.start as usize..].starts_with("{{")
    }
}
