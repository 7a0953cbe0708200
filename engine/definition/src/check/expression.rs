//! Expressions, scripts and texts: what they name, the types of it, and whether it is there (WF0401 to WF0502).
//!
//! Owns: which type each expression must give, and turning faults inside a text into places in the file. Leaves what
//! can be seen to `sight`, and the languages themselves to the expression crate.

use std::ops::Range;

use jobwright_core::id::Name;
use jobwright_core::plan::TextKind;
use jobwright_core::value::Type;
use jobwright_expression::{Expression, Fault, FaultKind, Script, Template, TemplateKind};

use super::graph::Graph;
use super::names::{in_code, in_text};
use super::other_job;
use super::sight::Sight;
use super::unknown;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::draft::{Draft, Role, TextRole, Thing, Words};
use crate::source::Spanned;
use crate::surroundings::{Practice, Surroundings};
use crate::syntax::Text;

pub(super) fn check(draft: &Draft, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    let graph = Graph::of(draft);
    let sight = Sight::of(draft, &graph, surroundings);
    expressions(&sight, surroundings, diagnostics);
    scripts(&sight, diagnostics);
    texts(&sight, diagnostics);
}

fn expressions(sight: &Sight, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    let practice = surroundings.practice.as_ref();
    for (at, written) in sight.draft.expressions.iter().enumerate() {
        let owner = written.owner.as_ref();
        let wanted = match written.role {
            Role::With => other_job::wanted(sight.draft, surroundings, at).unwrap_or(Type::Any),
            _ => wanted(&written.role, practice),
        };
        unknown_tasks(sight, &written.text, in_code(&written.text), diagnostics);
        let scope = sight.of_expression(&written.text, owner, &written.role, wanted);
        match Expression::compile(&written.text, &scope) {
            Err(faults) => faults.iter().for_each(|fault| diagnostics.push(tell(sight, fault, &written.text, owner))),
            Ok(expression) => unrounded(&written.text, expression.unrounded(), diagnostics),
        }
    }
}

/// Money whose fractions of a penny nobody has said what to do with.
fn unrounded(text: &Text, places: Vec<Range<usize>>, diagnostics: &mut Diagnostics) {
    for place in places {
        let amount = text.get(place.clone()).unwrap_or("amount");
        let message = "this may leave fractions of a penny, which no amount that is kept may have";
        let diagnostic = Diagnostic::error(code::UNROUNDED, message).at(text.place_range(place.clone()), "not rounded");
        diagnostics.push(
            diagnostic.help(format!("write {}: halves go up, away from zero", quoted(&format!("({amount}).round()")))),
        );
    }
}

/// The type that an expression must give.
fn wanted(role: &Role, practice: Option<&Practice>) -> Type {
    let optional = |of| Type::Optional(Box::new(of));
    match role {
        Role::AppliesTo | Role::DateExists | Role::When | Role::Candidate | Role::Unless => Type::Bool,
        Role::From(Type::Any) => Type::Any,
        Role::From(of) => optional(of.clone()),
        Role::Anchor => optional(Type::Date),
        Role::Offset => Type::Int,
        Role::List => Type::List(Box::new(Type::Any)),
        Role::Key | Role::Job => Type::Text,
        Role::Contact => Type::Contact,
        Role::People | Role::With | Role::Period | Role::KeyDate => Type::Any,
        Role::Document => Type::Document,
        Role::Set(path) => match (path.as_str(), practice) {
            ("name" | "office", _) => Type::Text,
            ("status", _) => Type::Enum(["prospect", "active", "former"].map(str::to_owned).to_vec()),
            (path, Some(practice)) => practice.client_fields.get(path).map_or(Type::Any, |field| {
                let of = field.field.of.clone();
                if field.field.optional { optional(of) } else { of }
            }),
            _ => Type::Any,
        },
    }
}

fn scripts(sight: &Sight, diagnostics: &mut Diagnostics) {
    for written in &sight.draft.scripts {
        let owner = written.owner.as_ref();
        unknown_tasks(sight, &written.text, in_code(&written.text), diagnostics);
        match Script::compile(&written.text, &sight.of_script(&written.text, owner)) {
            Err(faults) => faults.iter().for_each(|fault| diagnostics.push(tell(sight, fault, &written.text, owner))),
            Ok(script) => {
                unrounded(&written.text, script.unrounded(), diagnostics);
                for read in script.reads() {
                    let covered = |path: &Text| {
                        read.path
                            .strip_prefix(path.as_str())
                            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                    };
                    if !written.reads.is_empty() && !written.reads.iter().any(covered) {
                        let message = format!("the script reads `{}`, which `reads` does not name", read.path);
                        let diagnostic = Diagnostic::error(code::NOT_DECLARED_READ, message);
                        diagnostics.push(diagnostic.at(written.text.place_range(read.span.clone()), ""));
                    }
                }
            }
        }
    }
}

fn texts(sight: &Sight, diagnostics: &mut Diagnostics) {
    for (written, text) in sight.draft.texts.iter().zip(&sight.draft.plan.texts) {
        let template = match Template::compile(&written.text, kind(text.kind)) {
            Ok(template) => template,
            Err(faults) => {
                let tell = |fault: &Fault| tell(sight, fault, &written.text, written.owner.as_ref());
                faults.iter().for_each(|fault| diagnostics.push(tell(fault)));
                continue;
            }
        };
        unknown_tasks(sight, &written.text, in_text(&written.text), diagnostics);
        for owner in readers(sight.draft, written) {
            let scope = sight.of_text(&written.text, owner, &written.role);
            let faults = template.check(&scope);
            for fault in faults.iter().filter(|fault| !is_about_people(fault, &written.text)) {
                diagnostics.push(tell(sight, fault, &written.text, owner));
            }
        }
    }
}

/// The tasks that merge a text: its own, or all that name its template.
fn readers<'d>(draft: &'d Draft, written: &'d Words) -> Vec<Option<&'d Name>> {
    let TextRole::Template(template) = &written.role else { return vec![written.owner.as_ref()] };
    let used = draft.mentions.iter().filter(|mention| mention.thing == Thing::Template);
    used.filter(|mention| mention.name.value == template.as_str()).map(|mention| mention.owner.as_ref()).collect()
}

fn kind(kind: TextKind) -> TemplateKind {
    match kind {
        TextKind::Line => TemplateKind::Subject,
        TextKind::Body => TemplateKind::Body,
        TextKind::Html => TemplateKind::Html,
    }
}

/// An empty field of a person or client is filled in by somebody: the letter waits for it, and the task says so.
fn is_about_people(fault: &Fault, text: &str) -> bool {
    let written = text.get(fault.span.clone()).unwrap_or_default();
    let root = written.split(['.', ' ', '|']).next().unwrap_or_default();
    fault.kind == FaultKind::MayBeEmpty && !matches!(root, "tasks" | "inputs")
}

fn unknown_tasks(sight: &Sight, text: &Text, named: Vec<(&str, usize)>, diagnostics: &mut Diagnostics) {
    let tasks = || sight.draft.declared.tasks.iter().map(|task| task.value.as_str());
    for (name, at) in named {
        if !tasks().any(|task| task == name) {
            let named = Spanned::new(name.to_owned(), text.place_range(at..at + name.len()));
            diagnostics.push(unknown(code::UNKNOWN_TASK, |name| format!("there is no task {name}"), &named, tasks()));
        }
    }
}

/// A fault of a text, at its place in the file.
fn tell(sight: &Sight, fault: &Fault, text: &Text, owner: Option<&Name>) -> Diagnostic {
    if fault.kind == FaultKind::MayBeEmpty
        && let Some(diagnostic) = may_be_absent(sight, fault, text, owner)
    {
        return diagnostic;
    }
    let diagnostic = Diagnostic::error(code_of(fault.kind), fault.message.clone());
    let diagnostic = diagnostic.at(text.place_range(fault.span.clone()), "");
    let labels = fault.labels.iter();
    let diagnostic =
        labels.fold(diagnostic, |told, label| told.also(text.place_range(label.span.clone()), label.text.clone()));
    fault.help.iter().fold(diagnostic, |told, help| told.help(help))
}

/// What is read of a task that has not surely completed: why it may not be there.
fn may_be_absent(sight: &Sight, fault: &Fault, text: &Text, owner: Option<&Name>) -> Option<Diagnostic> {
    let written = text.get(fault.span.clone())?;
    let (name, _) = in_code(written).into_iter().next().filter(|(_, at)| *at == "tasks.".len())?;
    let place = sight.graph.place(name)?;
    let own = owner.and_then(|owner| sight.graph.place(owner.as_str()));
    let (task, places) = (&sight.draft.plan.tasks[place], &sight.draft.tasks[place]);
    let told =
        |code, message: String| Some(Diagnostic::error(code, message).at(text.place_range(fault.span.clone()), ""));
    let path = written.split([' ', '|', ')']).next().unwrap_or(written);
    match own {
        Some(own) if sight.surely.has_completed(place, own) => None,
        Some(own) if own == place => {
            told(code::COMES_LATER, format!("`{name}` reads its own result, which is not there yet"))
        }
        Some(own) if sight.graph.is_before(own, place) => {
            told(code::COMES_LATER, format!("`{path}` is not there yet: `{name}` comes after this task"))
        }
        Some(own) if !sight.graph.is_before(place, own) => {
            let message = format!("`{path}` may not be there yet: this task does not wait for `{name}`");
            told(code::MAY_BE_ABSENT, message).map(|told| told.help(format!("add `{name}` to `depends_on`")))
        }
        _ => {
            let when = places.when.filter(|_| task.when.is_some());
            let why = if when.is_some() { "may be skipped" } else { "need not have completed" };
            let diagnostic = told(code::MAY_BE_ABSENT, format!("`{path}` may be absent: `{name}` {why}"))?;
            let skipped = || format!("`{name}` is skipped when this is false");
            let diagnostic = when.into_iter().fold(diagnostic, |told, when| told.also(when, skipped()));
            Some(fault.help.iter().fold(diagnostic, |told, help| told.help(help)))
        }
    }
}

fn code_of(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Syntax => code::EXPRESSION_SYNTAX,
        FaultKind::MixedTypes => code::MIXED_TYPES,
        FaultKind::UnknownName => code::UNKNOWN_NAME,
        FaultKind::UnknownProperty => code::UNKNOWN_PROPERTY,
        FaultKind::MayBeEmpty => code::MAY_BE_EMPTY,
        FaultKind::UnknownFunction => code::UNKNOWN_FUNCTION,
        FaultKind::WrongArguments => code::WRONG_ARGUMENTS,
        FaultKind::WrongType => code::WRONG_TYPE,
        FaultKind::NotAllowed => code::NOT_ALLOWED,
        FaultKind::TooLarge => code::EXPRESSION_TOO_LARGE,
        FaultKind::NeverTrue => code::NEVER_TRUE,
    }
}
