//! The one tree that expressions, scripts and letters are read into.
//!
//! Owns: its shape and which facts it reads. The two parsers in `syntax` build it, `check` types it, `evaluate` runs it;
//! so a comparison means the same in a `when`, in a script and in a letter.

use crate::{fault::Span, function::Builtin};
use jobwright_core::value::Value;
use std::ops::Range;

/// A part of a text, with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub kind: Kind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Value(Value),
    /// A fact, by its number in `Program::roots`.
    Root {
        number: usize,
        name: Box<str>,
    },
    /// A variable, counted from the bottom of the function's frame.
    Local {
        slot: usize,
        name: Box<str>,
    },
    /// `safe`: nothing has every property, and it is nothing.
    Property {
        of: Box<Node>,
        name: Box<str>,
        name_span: Span,
        safe: bool,
    },
    Index {
        of: Box<Node>,
        at: Box<Node>,
        safe: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Box<str>, Node)>),
    /// A text with values in it.
    Text(Vec<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    /// A letter's condition: whether something is there, or true.
    Truth(Box<Node>),
    /// Whether something is there.
    Present(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    /// The first that is there.
    Coalesce(Vec<Node>),
    Binary {
        operator: Operator,
        place: Span,
        sides: Box<(Node, Node)>,
    },
    Call {
        function: Builtin,
        name_span: Span,
        arguments: Vec<Node>,
    },
    /// A function written as an argument; its parameters lie above the variables around it.
    Lambda {
        names: Vec<String>,
        body: Box<Node>,
    },
    CallLocal {
        function: usize,
        arguments: Vec<Node>,
    },
    If {
        condition: Box<Node>,
        then: Box<Node>,
        otherwise: Option<Box<Node>>,
    },
    /// Statements; its variables end with it, its value is the last one's.
    Block(Vec<Node>),
    /// A statement whose value nobody sees.
    Discard(Box<Node>),
    Let {
        slot: usize,
        value: Box<Node>,
    },
    Assign {
        place: Place,
        operator: Option<(Operator, Span)>,
        value: Box<Node>,
    },
    Push {
        place: Place,
        value: Box<Node>,
    },
    While {
        condition: Option<Box<Node>>,
        body: Box<Node>,
    },
    DoWhile {
        body: Box<Node>,
        condition: Box<Node>,
        until: bool,
    },
    For {
        slot: usize,
        counter: bool,
        over: Box<Over>,
        body: Box<Node>,
    },
    Break,
    Continue,
    /// Where a fault stands. A text with one never runs.
    Unreadable,
    Return(Option<Box<Node>>),
    Throw(Option<Box<Node>>),
}

/// What a loop runs over.
#[derive(Clone, Debug)]
pub(crate) enum Over {
    List(Node),
    Numbers { from: Node, to: Node, inclusive: bool },
}

/// A variable, or a part of one, that is assigned to.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub slot: usize,
    pub name: Box<str>,
    pub steps: Vec<Step>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Name(Box<str>),
    At(Node),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    Differ,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::Differ => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    pub fn by_sign(sign: &str) -> Option<Self> {
        Some(match sign {
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "%" => Self::Remainder,
            "==" => Self::Equal,
            "!=" => Self::Differ,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    pub fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::Differ)
    }

    pub fn is_comparison(self) -> bool {
        self.is_equality() || matches!(self, Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual)
    }
}

/// A function that a script declares.
#[derive(Clone, Debug)]
pub(crate) struct LocalFunction {
    pub parameters: Vec<String>,
    pub body: Node,
}

/// A text that was read.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub body: Node,
    pub functions: Vec<LocalFunction>,
    pub roots: Vec<String>,
    pub reads: Vec<Read>,
    /// Names of all variables, for guessing at a mistyped one.
    pub declared: Vec<String>,
}

/// A fact that a text reads, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The path as far as it is known, such as `tasks.prepare.outputs.headcount`.
    pub path: String,
    /// Where, in bytes of the text.
    pub span: Range<usize>,
}

/// A piece of a letter.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(String),
    /// A value written out.
    Emit(Node),
    If {
        condition: Node,
        then: Vec<Piece>,
        otherwise: Vec<Piece>,
    },
    /// The item lies in `slot`, the state of the loop in the next one.
    For {
        slot: usize,
        over: Node,
        body: Vec<Piece>,
        otherwise: Vec<Piece>,
    },
}

impl Node {
    pub fn new(kind: Kind, span: Span) -> Self {
        Self { kind, span }
    }

    pub fn is_nothing(&self) -> bool {
        matches!(self.kind, Kind::Value(Value::Nothing))
    }

    /// Every node directly below this one.
    pub fn children(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::Value(_)
            | Kind::Root { .. }
            | Kind::Local { .. }
            | Kind::Break
            | Kind::Continue
            | Kind::Unreadable => Vec::new(),
            Kind::Property { of, .. } => vec![of],
            Kind::Index { of, at, .. } => vec![of, at],
            Kind::List(nodes)
            | Kind::Text(nodes)
            | Kind::And(nodes)
            | Kind::Or(nodes)
            | Kind::Coalesce(nodes)
            | Kind::Block(nodes)
            | Kind::Call { arguments: nodes, .. }
            | Kind::CallLocal { arguments: nodes, .. } => nodes.iter().collect(),
            Kind::Map(pairs) => pairs.iter().map(|(_, node)| node).collect(),
            Kind::Not(node)
            | Kind::Negate(node)
            | Kind::Truth(node)
            | Kind::Present(node)
            | Kind::Discard(node)
            | Kind::Lambda { body: node, .. }
            | Kind::Let { value: node, .. } => vec![node],
            Kind::Binary { sides, .. } => vec![&sides.0, &sides.1],
            Kind::If { condition, then, otherwise } => {
                [condition, then].into_iter().chain(otherwise).map(|node| &**node).collect()
            }
            Kind::Assign { place, value, .. } | Kind::Push { place, value } => {
                let steps = place.steps.iter().filter_map(|step| match step {
                    Step::At(node) => Some(node),
                    Step::Name(_) => None,
                });
                steps.chain([&**value]).collect()
            }
            Kind::While { condition, body } => condition.iter().chain([body]).map(|node| &**node).collect(),
            Kind::DoWhile { body, condition, .. } => vec![body, condition],
            Kind::For { over, body, .. } => match &**over {
                Over::List(list) => vec![list, body],
                Over::Numbers { from, to, .. } => vec![from, to, body],
            },
            Kind::Return(value) | Kind::Throw(value) => value.iter().map(|node| &**node).collect(),
        }
    }

    /// The path as it was written, when this is one: `client.contacts[0].name`.
    pub fn path(&self) -> Option<String> {
        match &self.kind {
            Kind::Root { name, .. } | Kind::Local { name, .. } => Some(name.to_string()),
            Kind::Property { of, name, .. } => Some(format!("{}.{name}", of.path()?)),
            Kind::Index { of, at, .. } => match &at.kind {
                Kind::Value(value) => Some(format!("{}[{value}]", of.path()?)),
                _ => Some(format!("{}[…]", of.path()?)),
            },
            _ => None,
        }
    }

    /// Notes every fact this node reads.
    pub fn reads(&self, reads: &mut Vec<Read>) {
        if let Some(path) = self.fact() {
            reads.push(Read { path, span: self.span.range() });
            return;
        }
        for child in self.children() {
            child.reads(reads);
        }
    }

    /// The dotted path when this is a fact or a property of one.
    /// Whether this is what somebody outside gives, or a part of it.
    pub fn is_fact(&self) -> bool {
        match &self.kind {
            Kind::Root { .. } => true,
            Kind::Property { of, .. } => of.is_fact(),
            _ => false,
        }
    }

    fn fact(&self) -> Option<String> {
        match &self.kind {
            Kind::Root { name, .. } => Some(name.to_string()),
            Kind::Property { of, name, .. } => Some(format!("{}.{name}", of.fact()?)),
            _ => None,
        }
    }
}

impl Program {
    pub fn new(body: Node, functions: Vec<LocalFunction>, roots: Vec<String>, declared: Vec<String>) -> Self {
        let mut reads = Vec::new();
        body.reads(&mut reads);
        for function in &functions {
            function.body.reads(&mut reads);
        }
        Self { body, functions, roots, reads, declared }
    }
}

/// Notes every fact that a letter reads.
pub(crate) fn reads_of(pieces: &[Piece], reads: &mut Vec<Read>) {
    for piece in pieces {
        match piece {
            Piece::Text(_) => {}
            Piece::Emit(node) => node.reads(reads),
            Piece::If { condition, then, otherwise } => {
                condition.reads(reads);
                reads_of(then, reads);
                reads_of(otherwise, reads);
            }
            Piece::For { over, body, otherwise, .. } => {
                over.reads(reads);
                reads_of(body, reads);
                reads_of(otherwise, reads);
            }
        }
    }
}
