//! Reading letters with minijinja's parser.
//!
//! Owns: the way from its tree to ours. The only place that sees minijinja's machinery, which may change: the version is
//! pinned. minijinja's engine never renders: it would print `None`, and order money before numbers without a word.

use super::{Sight, of_bounded_size};
use crate::{
    fault::{Fault, FaultKind, Span, did_you_mean},
    function::{Builtin, FILTERS, filter_by_name},
    node::{Kind, Node, Operator, Piece, Read, reads_of},
};
use jobwright_core::value::Value;
use minijinja::{
    machinery::{self, ast},
    syntax::SyntaxConfig,
    value::ValueKind,
};
use rust_decimal::Decimal;

/// Tests of a letter, as in `{% if client.phone is defined %}`.
const TESTS: [&str; 3] = ["defined", "undefined", "none"];
/// What stands for a value that is nothing.
const DEFAULT: &str = "default";
/// The state of a loop, inside it.
const LOOP: &str = "loop";

/// Words and signs between two braces.
const WORDS_A_BLOCK_MAX: usize = 200;
/// `{% elif %}` in one letter.
const BRANCHES_MAX: usize = 100;

/// A letter that was read.
#[derive(Debug)]
pub(crate) struct Letter {
    pub pieces: Vec<Piece>,
    pub roots: Vec<String>,
    pub reads: Vec<Read>,
}

/// Reads a letter.
pub(crate) fn read_letter(text: &str) -> Result<Letter, Vec<Fault>> {
    of_bounded_size(text)?;
    of_bounded_width(text)?;
    let tree = machinery::parse(text, "letter", SyntaxConfig::default()).map_err(|error| vec![syntax(text, &error)])?;
    let ast::Stmt::Template(template) = tree else {
        return Err(vec![Fault::new(Span::new(0, text.len()), FaultKind::Syntax, "there is no letter here")]);
    };
    let mut reader = Reader { text, sight: Sight::default(), faults: Vec::new() };
    let pieces = reader.pieces(&template.children);
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    let mut reads = Vec::new();
    reads_of(&pieces, &mut reads);
    Ok(Letter { pieces, roots: reader.sight.roots, reads })
}

/// Refuses blocks with too many words, and too many branches: minijinja's tree grows one level deeper with each link of
/// a chain, and taking a deep tree down overflows the stack.
fn of_bounded_width(text: &str) -> Result<(), Vec<Fault>> {
    let (mut words, mut branches) = (0, 0);
    for token in machinery::tokenize(text, false, SyntaxConfig::default()) {
        // What cannot be read is the parser's to report.
        let Ok((token, at)) = token else { break };
        words += 1;
        match token {
            machinery::Token::VariableStart | machinery::Token::BlockStart => words = 0,
            machinery::Token::Ident("elif") => branches += 1,
            _ => {}
        }
        if words > WORDS_A_BLOCK_MAX || branches > BRANCHES_MAX {
            let message = match words > WORDS_A_BLOCK_MAX {
                true => format!("more than {WORDS_A_BLOCK_MAX} words and signs stand between these braces"),
                false => format!("more than {BRANCHES_MAX} branches"),
            };
            return Err(vec![Fault::new(span(at), FaultKind::TooLarge, message)]);
        }
    }
    Ok(())
}

fn syntax(text: &str, error: &minijinja::Error) -> Fault {
    let line_start = || {
        let before = error.line().unwrap_or(1).saturating_sub(1);
        let start = text.split_inclusive('\n').take(before).map(str::len).sum::<usize>();
        start..start
    };
    let range = error.range().unwrap_or_else(line_start);
    let message = error.detail().unwrap_or("this cannot be read").to_string();
    let message = if message.contains("recursion") { "the letter nests too deep".into() } else { message };
    // minijinja may point into the middle of a letter it did not expect.
    let span = Span::new(text.floor_char_boundary(range.start), text.ceil_char_boundary(range.end));
    Fault::new(span, FaultKind::Syntax, message)
}

struct Reader<'a> {
    text: &'a str,
    sight: Sight,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn pieces(&mut self, statements: &[ast::Stmt<'_>]) -> Vec<Piece> {
        statements.iter().filter_map(|statement| self.piece(statement)).collect()
    }

    fn piece(&mut self, statement: &ast::Stmt<'_>) -> Option<Piece> {
        match statement {
            ast::Stmt::EmitRaw(raw) => Some(Piece::Text(raw.raw.to_string())),
            ast::Stmt::EmitExpr(emit) => Some(Piece::Emit(self.expression(&emit.expr))),
            ast::Stmt::IfCond(branch) => Some(Piece::If {
                condition: self.truth(&branch.expr),
                then: self.pieces(&branch.true_body),
                otherwise: self.pieces(&branch.false_body),
            }),
            ast::Stmt::ForLoop(repeat) => self.repeat(repeat),
            other => {
                let (what, span) = closed_statement(other);
                let fault = Fault::new(span, FaultKind::NotAllowed, format!("{what} is not part of a letter"));
                self.faults.push(fault.help("a letter has {{ value }}, {% if %} and {% for %}"));
                None
            }
        }
    }

    fn repeat(&mut self, repeat: &ast::Spanned<ast::ForLoop<'_>>) -> Option<Piece> {
        let over = self.expression(&repeat.iter);
        let ast::Expr::Var(name) = &repeat.target else {
            self.closed(span(repeat.target.span()), "a loop over pairs", "name one item");
            return None;
        };
        if let Some(filter) = &repeat.filter_expr {
            self.closed(span(filter.span()), "`if` in the head of a loop", "write {% if %} inside the loop");
        }
        if repeat.recursive {
            self.closed(span(repeat.span()), "a recursive loop", "write one loop");
        }
        let slot = self.sight.declare(name.id);
        self.sight.declare(LOOP);
        let body = self.pieces(&repeat.body);
        self.sight.locals.truncate(slot);
        let otherwise = self.pieces(&repeat.else_body);
        Some(Piece::For { slot, over, body, otherwise })
    }

    /// A condition: `{% if client.phone %}` asks whether there is one.
    fn truth(&mut self, expression: &ast::Expr<'_>) -> Node {
        let node = self.expression(expression);
        match node.kind {
            Kind::And(_) | Kind::Or(_) | Kind::Not(_) | Kind::Present(_) => node,
            Kind::Binary { operator, .. } if operator.is_comparison() => node,
            _ => {
                let span = node.span;
                Node::new(Kind::Truth(Box::new(node)), span)
            }
        }
    }

    fn expression(&mut self, expression: &ast::Expr<'_>) -> Node {
        let at = span(expression.span());
        match expression {
            ast::Expr::Var(name) => self.name(name.id, at),
            ast::Expr::Const(constant) => self.constant(&constant.value, at),
            ast::Expr::GetAttr(property) => {
                let of = Box::new(self.expression(&property.expr));
                let name_span = Span { start: at.end.saturating_sub(property.name.len() as u32), ..at };
                // minijinja lets a chain begin at its dot.
                let whole = of.span.to(at);
                Node::new(Kind::Property { of, name: property.name.into(), name_span, safe: true }, whole)
            }
            ast::Expr::GetItem(item) => {
                let of = Box::new(self.expression(&item.expr));
                let index = Box::new(self.expression(&item.subscript_expr));
                let whole = of.span.to(at);
                Node::new(Kind::Index { of, at: index, safe: true }, whole)
            }
            ast::Expr::IfExpr(choice) => {
                let condition = Box::new(self.truth(&choice.test_expr));
                let then = Box::new(self.expression(&choice.true_expr));
                let otherwise = match &choice.false_expr {
                    Some(otherwise) => self.expression(otherwise),
                    None => Node::new(Kind::Value(Value::text("")), at),
                };
                Node::new(Kind::If { condition, then, otherwise: Some(Box::new(otherwise)) }, at)
            }
            ast::Expr::UnaryOp(operator) => match operator.op {
                ast::UnaryOpKind::Not => Node::new(Kind::Not(Box::new(self.truth(&operator.expr))), at),
                ast::UnaryOpKind::Neg => Node::new(Kind::Negate(Box::new(self.expression(&operator.expr))), at),
            },
            ast::Expr::BinOp(sides) => self.binary(sides.op, &sides.left, &sides.right, at),
            ast::Expr::Compare(comparison) => self.comparison(comparison, at),
            ast::Expr::Filter(filter) => self.filter(filter, at),
            ast::Expr::Test(test) => self.test(test, at),
            ast::Expr::List(list) => {
                let items = list.items.iter().map(|item| self.expression(item)).collect();
                Node::new(Kind::List(items), at)
            }
            ast::Expr::Call(_) => self.closed(at, "a call", "use a filter, as in {{ value | upper }}"),
            ast::Expr::Slice(_) | ast::Expr::Tuple(_) | ast::Expr::Map(_) => {
                self.closed(at, "this", "compute it in a script and write its output here")
            }
        }
    }

    fn name(&mut self, name: &str, at: Span) -> Node {
        let kind = match self.sight.local(name) {
            Some(slot) => Kind::Local { slot, name: name.into() },
            None => Kind::Root { number: self.sight.root(name), name: name.into() },
        };
        Node::new(kind, at)
    }

    fn constant(&mut self, value: &minijinja::Value, at: Span) -> Node {
        let written = self.text.get(at.range()).unwrap_or_default();
        let value = match value.kind() {
            ValueKind::Bool => Value::Bool(value.is_true()),
            ValueKind::None | ValueKind::Undefined => Value::Nothing,
            ValueKind::String => Value::text(value.as_str().unwrap_or_default()),
            // Read from the text once more: on the way through a float 0.1 is no longer 0.1.
            ValueKind::Number => match (i64::try_from(value.clone()), Decimal::from_str_exact(written)) {
                (Ok(number), _) if written.bytes().all(|b| b.is_ascii_digit()) => Value::Int(number),
                (_, Ok(number)) => Value::Decimal(number),
                _ => return self.closed(at, "this number", "write it with digits and one point"),
            },
            _ => return self.closed(at, "this value", "write a number, a text, true, false or none"),
        };
        Node::new(Kind::Value(value), at)
    }

    fn binary(&mut self, operator: ast::BinOpKind, left: &ast::Expr<'_>, right: &ast::Expr<'_>, at: Span) -> Node {
        use ast::BinOpKind as Op;
        match operator {
            Op::ScAnd => Node::new(Kind::And(vec![self.truth(left), self.truth(right)]), at),
            Op::ScOr => Node::new(Kind::Or(vec![self.truth(left), self.truth(right)]), at),
            Op::Concat => Node::new(Kind::Text(vec![self.expression(left), self.expression(right)]), at),
            Op::In => {
                let (item, list) = (self.expression(left), self.expression(right));
                contains(list, item, at)
            }
            Op::FloorDiv => self.closed(at, "`//`", "write `/`"),
            Op::Pow => self.closed(at, "`**`", "multiply"),
            Op::Eq => self.sides(Operator::Equal, left, right),
            Op::Ne => self.sides(Operator::Differ, left, right),
            Op::Lt => self.sides(Operator::Less, left, right),
            Op::Lte => self.sides(Operator::LessOrEqual, left, right),
            Op::Gt => self.sides(Operator::Greater, left, right),
            Op::Gte => self.sides(Operator::GreaterOrEqual, left, right),
            Op::Add => self.sides(Operator::Add, left, right),
            Op::Sub => self.sides(Operator::Subtract, left, right),
            Op::Mul => self.sides(Operator::Multiply, left, right),
            Op::Div => self.sides(Operator::Divide, left, right),
            Op::Rem => self.sides(Operator::Remainder, left, right),
        }
    }

    fn sides(&mut self, operator: Operator, left: &ast::Expr<'_>, right: &ast::Expr<'_>) -> Node {
        let (left, right) = (self.expression(left), self.expression(right));
        self.compared(operator, left, right)
    }

    fn compared(&self, operator: Operator, left: Node, right: Node) -> Node {
        let between = Span::new(left.span.end as usize, right.span.start as usize);
        let sign = self.text.get(between.range()).and_then(|text| text.find(operator.sign()));
        let place = match sign {
            Some(at) => Span::new(between.start as usize + at, between.start as usize + at + operator.sign().len()),
            None => between,
        };
        let span = left.span.to(right.span);
        Node::new(Kind::Binary { operator, place, sides: Box::new((left, right)) }, span)
    }

    fn comparison(&mut self, comparison: &ast::Compare<'_>, at: Span) -> Node {
        use ast::CompareOpKind as Op;
        let mut left = self.expression(&comparison.expr);
        let mut parts = Vec::new();
        for part in &comparison.ops {
            let right = self.expression(&part.expr);
            let operator = match part.op {
                Op::Eq => Operator::Equal,
                Op::Ne => Operator::Differ,
                Op::Lt => Operator::Less,
                Op::Lte => Operator::LessOrEqual,
                Op::Gt => Operator::Greater,
                Op::Gte => Operator::GreaterOrEqual,
                Op::In | Op::NotIn => {
                    let found = contains(right.clone(), left, at);
                    let negated = matches!(part.op, Op::NotIn);
                    parts.push(if negated { Node::new(Kind::Not(Box::new(found)), at) } else { found });
                    left = right;
                    continue;
                }
            };
            parts.push(self.compared(operator, left, right.clone()));
            left = right;
        }
        if parts.len() == 1 { parts.remove(0) } else { Node::new(Kind::And(parts), at) }
    }

    fn filter(&mut self, filter: &ast::Spanned<ast::Filter<'_>>, at: Span) -> Node {
        let Some(value) = &filter.expr else {
            return self.closed(at, "a filter without a value", "write {{ value | filter }}");
        };
        let mut arguments = vec![self.expression(value)];
        for argument in &filter.args {
            match argument {
                ast::CallArg::Pos(value) => arguments.push(self.expression(value)),
                _ => return self.closed(at, "an argument with a name", "leave the name out"),
            }
        }
        let name_span = self.word_after(arguments[0].span, filter.name);
        let at = arguments[0].span.to(at);
        if filter.name == DEFAULT {
            return match arguments.len() {
                2 => Node::new(Kind::Coalesce(arguments), at),
                _ => self.refuse(Fault::new(name_span, FaultKind::WrongArguments, "`default` needs one value"), |f| {
                    f.help("write {{ value | default(\"…\") }}")
                }),
            };
        }
        match filter_by_name(filter.name) {
            Some(function) => Node::new(Kind::Call { function: function.builtin, name_span, arguments }, at),
            None => self.unknown("filter", filter.name, name_span),
        }
    }

    fn test(&mut self, test: &ast::Spanned<ast::Test<'_>>, at: Span) -> Node {
        let value = self.expression(&test.expr);
        let at = value.span.to(at);
        let name_span = self.word_after(value.span, test.name);
        let present = Node::new(Kind::Present(Box::new(value)), at);
        match (test.name, test.args.is_empty()) {
            ("defined", true) => present,
            ("undefined" | "none", true) => Node::new(Kind::Not(Box::new(present)), at),
            _ => self.unknown("test", test.name, name_span),
        }
    }

    fn unknown(&mut self, what: &str, name: &str, at: Span) -> Node {
        let filters = FILTERS.iter().map(|filter| filter.name).chain([DEFAULT]);
        let help = match what {
            "filter" => did_you_mean(name, filters),
            _ => did_you_mean(name, TESTS),
        };
        let known = match what {
            "filter" => "there are date datetime default first join last length lower money number title upper",
            _ => "there are defined, undefined and none",
        };
        let help = if name == "safe" { Some("values in HTML are always escaped".into()) } else { help };
        let fault = Fault::new(at, FaultKind::UnknownFunction, format!("unknown {what} `{name}`")).help(known);
        self.refuse(fault, |fault| fault.help_if(help))
    }

    /// Where a filter's or a test's name stands: minijinja tells only where the whole begins.
    fn word_after(&self, before: Span, word: &str) -> Span {
        let from = before.end as usize;
        match self.text.get(from..).and_then(|rest| rest.find(word)) {
            Some(at) => Span::new(from + at, from + at + word.len()),
            None => before,
        }
    }

    fn closed(&mut self, at: Span, what: &str, help: &str) -> Node {
        let fault = Fault::new(at, FaultKind::NotAllowed, format!("{what} is not part of a letter"));
        self.refuse(fault, |fault| fault.help(help))
    }

    fn refuse(&mut self, fault: Fault, helped: impl FnOnce(Fault) -> Fault) -> Node {
        let span = Span::new(fault.span.start, fault.span.end);
        self.faults.push(helped(fault));
        Node::new(Kind::Unreadable, span)
    }
}

fn contains(list: Node, item: Node, at: Span) -> Node {
    Node::new(Kind::Call { function: Builtin::Contains, name_span: at, arguments: vec![list, item] }, at)
}

fn span(span: machinery::Span) -> Span {
    Span { start: span.start_offset, end: span.end_offset.max(span.start_offset) }
}

fn closed_statement(statement: &ast::Stmt<'_>) -> (&'static str, Span) {
    match statement {
        ast::Stmt::WithBlock(inner) => ("`with`", span(inner.span())),
        ast::Stmt::Set(inner) => ("`set`", span(inner.span())),
        ast::Stmt::SetBlock(inner) => ("`set`", span(inner.span())),
        ast::Stmt::AutoEscape(inner) => ("`autoescape`", span(inner.span())),
        ast::Stmt::FilterBlock(inner) => ("`filter`", span(inner.span())),
        ast::Stmt::Block(inner) => ("`block`", span(inner.span())),
        ast::Stmt::Import(inner) => ("`import`", span(inner.span())),
        ast::Stmt::FromImport(inner) => ("`from`", span(inner.span())),
        ast::Stmt::Extends(inner) => ("`extends`", span(inner.span())),
        ast::Stmt::Include(inner) => ("`include`", span(inner.span())),
        ast::Stmt::Macro(inner) => ("`macro`", span(inner.span())),
        ast::Stmt::CallBlock(inner) => ("`call`", span(inner.span())),
        ast::Stmt::Do(inner) => ("`do`", span(inner.span())),
        _ => ("this", Span::default()),
    }
}
