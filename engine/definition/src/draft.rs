//! A definition as far as it could be read, and where everything in it was written.
//!
//! Owns: the unfinished plan beside its places. The plan itself knows no places, so each reference, expression, text,
//! rule and selector is noted here once, in the order of reading, and a check is a walk over one of these lists. Leaves
//! reading to `decode` and the finished plan to `compile`.

use jobwright_core::date::Rule;
use jobwright_core::id::{DefinitionId, Hash, Name};
use jobwright_core::plan::{self, ExpressionId, Is, Plan, ScriptId, TextId, TextKind};
use jobwright_core::recipient::{Channel, Selector};
use jobwright_core::value::Type;

use crate::source::{Span, Spanned};
use crate::syntax::Text;

/// A definition as far as it could be read.
#[derive(Debug)]
pub(crate) struct Draft {
    /// What could be read of it; unordered dates, no hash.
    pub plan: Plan,
    /// Every name given, also of what could not be read, so that one fault does not look like many.
    pub declared: Declared,
    /// Beside `plan.tasks`, one for one.
    pub tasks: Vec<TaskPlaces>,
    /// Every name used.
    pub mentions: Vec<Mention>,
    /// Beside `plan.expressions`, one for one.
    pub expressions: Vec<Expression>,
    /// Beside `plan.texts`, one for one.
    pub texts: Vec<Words>,
    /// Beside `plan.scripts`, one for one.
    pub scripts: Vec<Source>,
    /// Every date rule.
    pub rules: Vec<WrittenRule>,
    /// Every selector that a task asks, with what it is asked for.
    pub selectors: Vec<WrittenSelector>,
    /// Where `schedule` stands.
    pub schedule: Option<Span>,
    /// Each task depends on the one before.
    pub sequence: bool,
    /// The dotted names of plugins that it was checked with.
    pub installed: Vec<String>,
    /// The task that is being read.
    owner: Option<Name>,
}

/// The names a definition gives.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub tasks: Vec<Spanned<String>>,
    pub inputs: Vec<Spanned<String>>,
    pub roles: Vec<Spanned<String>>,
    pub dates: Vec<Spanned<String>>,
    pub templates: Vec<Spanned<String>>,
}

/// Where a task's parts stand.
#[derive(Debug)]
pub(crate) struct TaskPlaces {
    pub id: Span,
    pub when: Option<Span>,
    pub due: Option<Span>,
    /// Keys that were written, with their places.
    pub keys: Vec<(&'static str, Span)>,
}

/// A name used, by what it names.
#[derive(Clone, Debug)]
pub(crate) struct Mention {
    pub thing: Thing,
    pub name: Spanned<String>,
    pub owner: Option<Name>,
}

/// What a name may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    /// A task that is waited for, in a state.
    Dependency(Is),
    /// A task of which only the instance of the same item is waited for.
    SameItem,
    /// A task that is done again.
    Reopened,
    /// A task whose people are left out.
    NotSameAs,
    /// A task that an older one has become.
    Renamed,
    Template,
    ContactRole,
    StaffRole,
    Calendar,
    Zone,
    /// An outcome of the task itself, and what follows from it.
    Outcome,
    /// An outcome that a failed task ends with instead.
    ContinueAs,
    Signer,
    Office,
    Definition,
    /// An input or a key date of another job.
    Handed,
    /// An output that is taken from another job.
    Taken,
    /// A field of the client that is written.
    ClientField,
    /// A field of a candidate.
    Order,
}

/// An expression, where it stands and what it must give.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub text: Text,
    pub owner: Option<Name>,
    pub role: Role,
}

/// What an expression is for: it decides what it sees and what it must give.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Role {
    AppliesTo,
    /// An input of this type is taken from it.
    From(Type),
    DateExists,
    Anchor,
    Offset,
    When,
    List,
    Key,
    Contact,
    /// Gives ids of people.
    People,
    /// Asks about one candidate.
    Candidate,
    /// The new value of a field of the client.
    Set(String),
    /// A value handed to another job.
    With,
    /// The period of another job: a key, a day in it, or a period.
    Period,
    /// A key date handed to another job.
    KeyDate,
    Job,
    Document,
    Unless,
}

/// A text with merge fields and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub text: Text,
    pub owner: Option<Name>,
    pub role: TextRole,
}

/// What a text is for: it decides what it sees.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TextRole {
    /// Names a task or a part of it.
    Label,
    /// Belongs to the template of this name.
    Template(Name),
    /// Tells of a task that nobody can do.
    Notice,
}

/// A script and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub text: Text,
    pub owner: Option<Name>,
    pub reads: Vec<Text>,
}

/// A date rule and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct WrittenRule {
    pub rule: Rule,
    pub text: Text,
    pub owner: Option<Name>,
    pub role: RuleRole,
}

/// What a date rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RuleRole {
    KeyDate(Name),
    Open,
    Start,
    Due,
    Expires,
    Until,
    /// A length of time, written by its steps alone.
    Length,
}

/// A selector, where it stands and what it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct WrittenSelector {
    pub selector: Selector,
    pub span: Span,
    pub channel: Channel,
    /// Several people must have been meant, so the selector must say so.
    pub must_pick: bool,
}

impl Draft {
    /// Nothing read yet.
    pub fn new(id: DefinitionId) -> Self {
        Self {
            plan: empty_plan(id),
            declared: Declared::default(),
            tasks: Vec::new(),
            mentions: Vec::new(),
            expressions: Vec::new(),
            texts: Vec::new(),
            scripts: Vec::new(),
            rules: Vec::new(),
            selectors: Vec::new(),
            schedule: None,
            sequence: false,
            installed: Vec::new(),
            owner: None,
        }
    }

    /// From here on everything belongs to this task, or to none.
    pub fn enter(&mut self, task: Option<Name>) {
        self.owner = task;
    }

    pub fn mention(&mut self, thing: Thing, name: Spanned<String>) {
        self.mentions.push(Mention { thing, name, owner: self.owner.clone() });
    }

    pub fn expression(&mut self, text: Text, role: Role) -> ExpressionId {
        self.plan.expressions.push(text.as_str().to_owned());
        self.expressions.push(Expression { text, owner: self.owner.clone(), role });
        ExpressionId(number(self.expressions.len()))
    }

    pub fn text(&mut self, text: Text, kind: TextKind, role: TextRole) -> TextId {
        self.plan.texts.push(plan::Text { source: text.as_str().to_owned(), kind });
        self.texts.push(Words { text, owner: self.owner.clone(), role });
        TextId(number(self.texts.len()))
    }

    pub fn script(&mut self, text: Text, file: Option<Text>, reads: Vec<Text>, operations_max: u64) -> ScriptId {
        let paths = reads.iter().map(|path| path.as_str().to_owned()).collect();
        let (source, file) = (text.as_str().to_owned(), file.map(Text::into_string));
        self.plan.scripts.push(plan::Script { source, file, reads: paths, operations_max });
        self.scripts.push(Source { text, owner: self.owner.clone(), reads });
        ScriptId(number(self.scripts.len()))
    }

    pub fn rule(&mut self, rule: &Rule, text: Text, role: RuleRole) {
        self.rules.push(WrittenRule { rule: rule.clone(), text, owner: self.owner.clone(), role });
    }

    pub fn selector(&mut self, selector: &Selector, span: Span, channel: Channel, must_pick: bool) {
        self.selectors.push(WrittenSelector { selector: selector.clone(), span, channel, must_pick });
    }

    /// A task that could be read.
    pub fn task(&self, id: &Name) -> Option<&plan::Task> {
        self.plan.task(id)
    }
}

/// The place of what was put last; a file of bounded size never holds more than `u32` counts.
fn number(length: usize) -> u32 {
    u32::try_from(length - 1).unwrap_or(u32::MAX)
}

fn empty_plan(id: DefinitionId) -> Plan {
    Plan {
        id,
        name: String::new(),
        version: None,
        hash: Hash([0; 32]),
        applies_to: None,
        inputs: Vec::new(),
        roles: Vec::new(),
        dates: Vec::new(),
        schedule: None,
        tasks: Vec::new(),
        templates: Default::default(),
        on_change: Default::default(),
        expressions: Vec::new(),
        scripts: Vec::new(),
        texts: Vec::new(),
    }
}
