//! A YAML file as a value that can be changed in one place and written again.
//!
//! Read by our own reader; as JSON it is what an editor makes of it by YAML 1.2's core schema.

use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::source::Sources;
use jobwright_definition::syntax::{self, Kind, Node, Style};
use serde_json::{Value as Json, json};

#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    Plain(String),
    Quoted(String),
    List(Vec<Document>),
    Map(Vec<(String, Document)>),
}

/// A step down: a key's or an item's number.
pub type Path = Vec<usize>;

impl Document {
    pub fn read(text: &str) -> Self {
        let mut diagnostics = Diagnostics::new();
        let root = syntax::read(&mut Sources::default(), "document.yaml", text.as_bytes(), &mut diagnostics);
        Self::of(&root.expect("YAML"))
    }

    fn of(node: &Node) -> Self {
        match &node.kind {
            Kind::Scalar(text) if text.style() == Style::Plain => Self::Plain(text.as_str().to_owned()),
            Kind::Scalar(text) => Self::Quoted(text.as_str().to_owned()),
            Kind::List(items) => Self::List(items.iter().map(Self::of).collect()),
            Kind::Map(entries) => {
                Self::Map(entries.iter().map(|entry| (entry.key.value.clone(), Self::of(&entry.value))).collect())
            }
            Kind::Refused => Self::Plain(String::new()),
        }
    }

    /// As an editor sees it.
    pub fn json(&self) -> Json {
        match self {
            Self::Plain(text) => plain(text),
            Self::Quoted(text) => json!(text),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Map(entries) => Json::Object(entries.iter().map(|(key, one)| (key.clone(), one.json())).collect()),
        }
    }

    /// As a file.
    pub fn yaml(&self) -> String {
        match self {
            Self::Map(_) | Self::List(_) => self.indented(0).trim_start_matches('\n').to_owned() + "\n",
            scalar => scalar.indented(0),
        }
    }

    fn indented(&self, depth: usize) -> String {
        let margin = "  ".repeat(depth);
        let lines = |lines: Vec<String>| lines.iter().map(|line| format!("\n{margin}{line}")).collect::<String>();
        match self {
            Self::Plain(text) if text.contains([',', '[', ']', '{', '}', '#', '"', '\n']) => json!(text).to_string(),
            Self::Plain(text) => text.clone(),
            Self::Quoted(text) => json!(text).to_string(),
            Self::List(items) if items.is_empty() => "[]".to_owned(),
            Self::List(items) => lines(items.iter().map(|one| format!("- {}", one.indented(depth + 1))).collect()),
            Self::Map(entries) if entries.is_empty() => "{}".to_owned(),
            Self::Map(entries) => {
                lines(entries.iter().map(|(key, one)| format!("{key}: {}", one.indented(depth + 1))).collect())
            }
        }
    }

    /// The same with another value at the path.
    pub fn with(&self, path: &[usize], change: &dyn Fn(&Self) -> Self) -> Self {
        let Some((at, rest)) = path.split_first() else { return change(self) };
        match self.clone() {
            Self::List(mut items) => {
                items[*at] = items[*at].with(rest, change);
                Self::List(items)
            }
            Self::Map(mut entries) => {
                entries[*at].1 = entries[*at].1.with(rest, change);
                Self::Map(entries)
            }
            scalar => scalar,
        }
    }
}

fn plain(text: &str) -> Json {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.chars().all(|one| one.is_ascii_digit() || one == '.')
        && digits.matches('.').count() < 2;
    match text {
        "" | "~" | "null" => Json::Null,
        "true" => json!(true),
        "false" => json!(false),
        text if number && !text.contains('.') => text.parse::<i64>().map_or(json!(text), |number| json!(number)),
        text if number => text.parse::<f64>().map_or(json!(text), |number| json!(number)),
        text => json!(text),
    }
}
