//! A plan with its expressions and texts compiled: what a turn evaluates.
//!
//! Owns: compiling once for each version and keeping the result. The definition was checked with its types before it
//! was published; here every name may hold anything, and what does not fit is an error of that evaluation.

use crate::facts::ROOTS;
use jiff::tz::TimeZone;
use jobwright_core::{
    id::DefinitionId,
    job::Links,
    plan::{ExpressionId, Plan, TextId, TextKind},
    value::{Type, Value},
};
use jobwright_expression::{
    EvaluationError, Expression, Facts, MergeContext, MergeError, Scope, Template, TemplateKind,
};
use jobwright_plugin::StandardLetter;
use std::{collections::BTreeMap, sync::Arc};

/// A compiled version of a definition.
pub struct Prepared {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Whether some date hangs on the client's record.
    pub(crate) has_client_dates: bool,
    /// Whether plugins choose people in it.
    pub(crate) asks_plugins: bool,
    /// Whether a plugin looks at values before they count.
    pub(crate) has_checks: bool,
    /// What hangs on what in it.
    pub(crate) links: Links,
    expressions: Vec<Expression>,
    texts: Vec<Template>,
    standard: BTreeMap<&'static str, Standard>,
    merge: MergeContext,
}

struct Standard {
    subject: Template,
    body: Template,
}

/// A definition that was published and can no longer be compiled: a fault of ours, or of a damaged store.
#[derive(Debug, thiserror::Error)]
#[error("definition {definition} cannot be compiled any more: {why}")]
pub struct Unprepared {
    definition: String,
    why: String,
}

impl Unprepared {
    /// Says which definition, and why.
    pub fn new(definition: &DefinitionId, why: String) -> Self {
        Self { definition: definition.to_string(), why }
    }
}

impl Prepared {
    /// Compiles a plan's expressions and texts, with the standard letters of the task types.
    ///
    /// # Errors
    /// When a text that was accepted once is refused now.
    pub fn new(plan: Plan, standard: &[StandardLetter], zone: TimeZone) -> Result<Self, Unprepared> {
        let unprepared = |why: String| Unprepared::new(&plan.id, why);
        let items = plan.tasks.iter().filter_map(|task| task.for_each.as_ref());
        let items = items.map(|list| (list.item.as_str().to_string(), Type::Any));
        let names = ROOTS.iter().map(|name| ((*name).to_string(), Type::Any)).chain(items);
        let scope = Scope::new(names, Type::Any).with_clock();
        let expressions = plan
            .expressions
            .iter()
            .map(|source| Expression::compile(source, &scope).map_err(|faults| unprepared(first(&faults))));
        let expressions = expressions.collect::<Result<_, _>>()?;
        let texts = plan
            .texts
            .iter()
            .map(|text| Template::compile(&text.source, kind(text.kind)).map_err(|faults| unprepared(first(&faults))));
        let texts = texts.collect::<Result<_, _>>()?;
        let letters = standard.iter().map(|letter| {
            let compile = |source, kind| Template::compile(source, kind).map_err(|faults| unprepared(first(&faults)));
            let subject = compile(letter.subject, TemplateKind::Subject)?;
            let body = compile(letter.body, TemplateKind::Body)?;
            Ok((letter.task_type, Standard { subject, body }))
        });
        let standard = letters.collect::<Result<_, _>>()?;
        Ok(Self {
            expressions,
            texts,
            standard,
            merge: MergeContext { zone },
            has_client_dates: plan.has_client_dates(),
            asks_plugins: plan.asks_plugins(),
            has_checks: plan.has_checks(),
            links: Links::of(&plan),
            plan: Arc::new(plan),
        })
    }

    /// Evaluates an expression.
    ///
    /// # Errors
    /// What went wrong, with the expression it went wrong in.
    pub fn evaluate(&self, id: ExpressionId, facts: &dyn Facts) -> Result<Value, String> {
        let Some(expression) = self.expressions.get(id.0 as usize) else {
            return Err(format!("the definition has no expression {}", id.0));
        };
        let told = |error: EvaluationError| format!("{} in `{}`", error.message, self.plan.expression(id).trim());
        expression.evaluate(facts).map_err(told)
    }

    /// Evaluates a condition.
    ///
    /// # Errors
    /// What went wrong; anything but true or false is an error.
    pub fn holds(&self, id: ExpressionId, facts: &dyn Facts) -> Result<bool, String> {
        match self.evaluate(id, facts)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(format!("`{}` gives {}, not true or false", self.plan.expression(id).trim(), other.kind())),
        }
    }

    /// Merges a text of the definition.
    ///
    /// # Errors
    /// An empty field, or a fault of the text.
    pub fn render(&self, id: TextId, facts: &dyn Facts) -> Result<String, MergeError> {
        match self.texts.get(id.0 as usize) {
            Some(text) => text.render(facts, &self.merge),
            None => Ok(String::new()),
        }
    }

    /// Merges the standard letter of a task type: subject and text.
    ///
    /// # Errors
    /// An empty field, or a fault of the text.
    pub fn standard(&self, task_type: &str, facts: &dyn Facts) -> Result<Option<(String, String)>, MergeError> {
        let Some(letter) = self.standard.get(task_type) else { return Ok(None) };
        Ok(Some((letter.subject.render(facts, &self.merge)?, letter.body.render(facts, &self.merge)?)))
    }
}

fn kind(kind: TextKind) -> TemplateKind {
    match kind {
        TextKind::Line => TemplateKind::Subject,
        TextKind::Body => TemplateKind::Body,
        TextKind::Html => TemplateKind::Html,
    }
}

fn first(faults: &[jobwright_expression::Fault]) -> String {
    faults.first().map_or_else(|| "no reason given".into(), |fault| fault.message.clone())
}
