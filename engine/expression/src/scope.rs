//! What a text may name, and who answers when it runs.
//!
//! Owns: the names and types a definition gives to an expression, the facts asked when it is evaluated, and the bounds
//! of one evaluation. Leaves where facts come from to the caller.

use jiff::{Timestamp, civil::Date};
use jobwright_core::value::{Type, Value};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// Operations one expression may take.
pub const EXPRESSION_OPERATIONS_MAX: u64 = 10_000;
/// Operations a script may take unless it declares another number.
pub const SCRIPT_OPERATIONS: u64 = 50_000;
/// Operations a script may declare at most.
pub const SCRIPT_OPERATIONS_MAX: u64 = 1_000_000;
/// Operations one letter may take.
pub const LETTER_OPERATIONS_MAX: u64 = 50_000;
/// How deep evaluations may lie in one another.
pub const DEPTH_MAX: usize = 200;
/// Bytes of the longest text an evaluation may make.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Elements of the longest list or map an evaluation may make.
pub const LIST_MAX: usize = 10_000;
/// Bytes of an expression, script or template.
pub const SOURCE_BYTES_MAX: usize = 60_000;

/// The names a text may use, with their types, and the type it must give.
///
/// Cheap to copy, so that one set of names serves every expression of a definition.
#[derive(Clone, Debug)]
pub struct Scope {
    names: Arc<BTreeMap<String, Type>>,
    wants: Type,
    clock: bool,
}

impl Scope {
    /// These names, for an expression that must give this type.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = (N, Type)>, wants: Type) -> Self {
        let names = names.into_iter().map(|(name, of)| (name.into(), of)).collect();
        Self { names: Arc::new(names), wants, clock: false }
    }

    /// The same names, for an expression that must give another type.
    pub fn wanting(&self, wants: Type) -> Self {
        Self { wants, ..self.clone() }
    }

    /// One name more, such as the item of a `for_each`.
    pub fn with(&self, name: impl Into<String>, of: Type) -> Self {
        let mut scope = self.clone();
        Arc::make_mut(&mut scope.names).insert(name.into(), of);
        scope
    }

    /// The same, where `today()` and `now()` may be asked.
    pub fn with_clock(&self) -> Self {
        Self { clock: true, ..self.clone() }
    }

    /// The type that is asked for.
    pub fn wants(&self) -> &Type {
        &self.wants
    }

    /// The type of a name.
    pub fn name(&self, name: &str) -> Option<&Type> {
        self.names.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    pub(crate) fn has_clock(&self) -> bool {
        self.clock
    }
}

/// Who answers when a text runs. Each name is asked for when it is first needed, and once.
pub trait Facts {
    /// The value of a name, borrowed when it lies ready.
    fn root(&self, name: &str) -> Option<Cow<'_, Value>>;

    /// The instant of this evaluation: the journaled one, never the wall clock.
    fn now(&self) -> Option<Timestamp> {
        None
    }

    /// The day of this evaluation in the practice's zone.
    fn today(&self) -> Option<Date> {
        None
    }

    /// Whether the practice works on a day.
    fn is_working_day(&self, _date: Date) -> Option<bool> {
        None
    }

    /// The job definition that the practice names for a service.
    fn job_for_service(&self, _service: &str) -> Option<String> {
        None
    }
}

impl Facts for BTreeMap<String, Value> {
    fn root(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.get(name).map(Cow::Borrowed)
    }
}

/// The bounds of one evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Operations it may take: one for each part evaluated and each value copied.
    pub operations: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { operations: SCRIPT_OPERATIONS }
    }
}
