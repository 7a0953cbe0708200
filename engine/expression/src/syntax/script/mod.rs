//! Reading expressions and scripts with rhai's parser.
//!
//! Owns: the parser's settings and the way from its tree to ours. The only place that sees rhai's internals, which may
//! change: the version is pinned, and a test holds every shape used here. rhai's engine never runs a text: it would say
//! `false` to money compared with a number.

mod expression;
mod statement;

use super::{Sight, of_bounded_size, place::Places};
use crate::{
    fault::{Fault, FaultKind, Span},
    node::{Kind, LocalFunction, Node, Program},
};
use jobwright_core::invisible;
use rhai::{AST, ASTNode, Engine, OptimizationLevel, Position, Stmt};
use std::sync::LazyLock;

/// How deep an expression may nest; rhai's parser calls itself for each level.
const NESTING_MAX: usize = 96;
/// Functions and closures of one text.
const FUNCTIONS_MAX: usize = 200;
/// What rhai puts before the name of a function that has none.
const ANONYMOUS: &str = "anon$";
/// What takes a script from another file in rhai.
const IMPORT: &str = "import";

static PARSER: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = Engine::new_raw();
    // Folding would answer `client.nosuch` before anybody has looked at it.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_expr_depths(NESTING_MAX, NESTING_MAX);
    engine.set_max_functions(FUNCTIONS_MAX);
    engine
});

/// Reads one expression.
pub(crate) fn read_expression(text: &str) -> Result<(Program, Vec<Fault>), Vec<Fault>> {
    of_bounded_size(text)?;
    let places = Places::new(text);
    let ast = PARSER.compile_expression(text).map_err(|error| vec![syntax(&places, &error)])?;
    let mut reader = Reader::new(places, &ast);
    let body = match ast.statements() {
        [Stmt::Expr(expression)] => reader.expression(expression),
        _ => return Err(vec![Fault::new(Span::new(0, text.len()), FaultKind::Syntax, "there is no expression here")]),
    };
    Ok(reader.finish(body, Vec::new()))
}

/// Reads a script.
pub(crate) fn read_script(text: &str) -> Result<(Program, Vec<Fault>), Vec<Fault>> {
    of_bounded_size(text)?;
    let places = Places::new(text);
    let ast = PARSER.compile(text).map_err(|error| vec![syntax(&places, &error)])?;
    let mut reader = Reader::new(places, &ast);
    let named: Vec<_> = ast.iter_functions().filter(|function| !function.name.starts_with(ANONYMOUS)).collect();
    reader.functions = named.iter().map(|function| (function.name.to_string(), function.params.len())).collect();
    let functions = named
        .iter()
        .map(|function| {
            let parameters = function.params.iter().map(|name| (*name).to_string()).collect();
            reader.local_function(function.name, parameters)
        })
        .collect();
    let span = Span::new(0, text.len());
    let body = reader.block(ast.statements(), span);
    Ok(reader.finish(body, functions))
}

/// One reading: the text, rhai's tree, and what has been met.
struct Reader<'a> {
    places: Places<'a>,
    ast: &'a AST,
    sight: Sight,
    functions: Vec<(String, usize)>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    fn new(places: Places<'a>, ast: &'a AST) -> Self {
        Self { places, ast, sight: Sight::default(), functions: Vec::new(), faults: Vec::new() }
    }

    fn finish(self, body: Node, functions: Vec<LocalFunction>) -> (Program, Vec<Fault>) {
        (Program::new(body, functions, self.sight.roots, self.sight.declared), self.faults)
    }

    fn local_function(&mut self, name: &str, parameters: Vec<String>) -> LocalFunction {
        let outside = std::mem::replace(&mut self.sight.locals, parameters.clone());
        let statements = self.body_of(name, parameters.len());
        let span = statements.first().map_or(Span::default(), |statement| self.token(statement.position()));
        let body = self.block(&statements, span);
        self.sight.locals = outside;
        LocalFunction { parameters, body }
    }

    /// The statements of a function. rhai shows them only to a walk over a tree, so the walk gets that function alone.
    fn body_of(&self, name: &str, parameters: usize) -> Vec<Stmt> {
        let mut alone = self.ast.clone();
        alone.clear_statements();
        alone.retain_functions(|_, _, found, count| found == name && count == parameters);
        let mut statements = Vec::new();
        alone.walk(&mut |path: &[ASTNode]| {
            if let [ASTNode::Stmt(statement)] = path {
                statements.push((*statement).clone());
            }
            true
        });
        statements
    }

    fn token(&self, position: Position) -> Span {
        self.places.token(self.places.byte(position.line(), position.position()))
    }

    fn refuse(&mut self, fault: Fault) -> Node {
        let span = Span::new(fault.span.start, fault.span.end);
        self.faults.push(fault);
        Node::new(Kind::Unreadable, span)
    }

    fn closed(&mut self, span: Span, what: &str, help: &str) -> Node {
        self.refuse(Fault::new(span, FaultKind::NotAllowed, format!("{what} is not part of this language")).help(help))
    }
}

fn syntax(places: &Places<'_>, error: &rhai::ParseError) -> Fault {
    use rhai::ParseErrorType as Type;
    if let Some((at, character)) = places.invisible() {
        let message = format!("the invisible character {} stands here", invisible::name(character));
        let span = Span::new(at, at + character.len_utf8());
        return Fault::new(span, FaultKind::Syntax, message).help("delete it, or write a space");
    }
    let position = error.position();
    let mut span = places.token(places.byte(position.line(), position.position()));
    if span.start == span.end && span.start > 0 {
        span = Span { start: span.start - last_char_bytes(places, span.start as usize) as u32, ..span };
    }
    let (kind, message) = match error.err_type() {
        Type::UnexpectedEOF => (FaultKind::Syntax, "the text ends too early".into()),
        Type::ExprTooDeep => (FaultKind::TooLarge, format!("more than {NESTING_MAX} levels are nested here")),
        Type::TooManyFunctions => (FaultKind::TooLarge, format!("more than {FUNCTIONS_MAX} functions")),
        Type::Reserved(word) if word == IMPORT => {
            let message = format!("`{IMPORT}` is not part of this language");
            return Fault::new(span, FaultKind::NotAllowed, message)
                .help("a script is one file: write its functions here");
        }
        other => (FaultKind::Syntax, sentence(&other.to_string())),
    };
    Fault::new(span, kind, message)
}

fn last_char_bytes(places: &Places<'_>, end: usize) -> usize {
    places.before(end).chars().next_back().map_or(0, char::len_utf8)
}

/// rhai's messages begin with a capital letter and quote with apostrophes; ours do neither.
fn sentence(message: &str) -> String {
    let quoted = message.replace('\'', "`");
    let mut letters = quoted.chars();
    let first = letters.next().map(char::to_lowercase).into_iter().flatten();
    first.chain(letters).collect()
}
