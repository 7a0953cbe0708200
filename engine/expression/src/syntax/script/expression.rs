//! From rhai's expressions to ours.
//!
//! Owns: constants, names, chains of properties, operators, calls and closures. Leaves statements to `statement`.

use super::{ANONYMOUS, Reader};
use crate::{
    fault::{Fault, FaultKind, Span, did_you_mean},
    function::{CLOSED, FUNCTIONS, by_name},
    node::{Kind, Node, Operator, Place, Step},
};
use jobwright_core::value::Value;
use rhai::{ASTFlags, Expr, FnCallExpr, FnPtr, Position, Stmt};

/// How one part of a chain hangs on the part before it.
#[derive(Clone, Copy)]
enum Link {
    Dot { safe: bool },
    Index { safe: bool },
}

impl Link {
    fn of(expression: &Expr, flags: ASTFlags) -> Self {
        let safe = flags.contains(ASTFlags::NEGATED);
        if matches!(expression, Expr::Dot(..)) { Self::Dot { safe } } else { Self::Index { safe } }
    }
}

impl Reader<'_> {
    pub(super) fn expression(&mut self, expression: &Expr) -> Node {
        let span = self.token(expression.position());
        match expression {
            Expr::BoolConstant(yes, _) => constant(Value::Bool(*yes), span),
            Expr::IntegerConstant(number, _) => constant(Value::Int(*number), self.signed(span)),
            Expr::CharConstant(letter, _) => constant(Value::text(*letter), span),
            Expr::StringConstant(text, _) => constant(Value::text(text.as_str()), span),
            Expr::Unit(_) => constant(Value::Nothing, span),
            Expr::DynamicConstant(value, _) => self.dynamic(value, span),
            Expr::InterpolatedString(parts, _) => {
                let parts = parts.iter().map(|part| self.expression(part)).collect();
                Node::new(Kind::Text(parts), span)
            }
            Expr::Array(items, _) => {
                let items = self.expressions(items);
                let whole = items.iter().fold(span, |whole, item: &Node| whole.to(item.span));
                Node::new(Kind::List(items), self.places.closed_by(whole, ']'))
            }
            Expr::Map(map, _) => self.map(&map.0, span),
            Expr::Variable(variable, _, _) => self.name(&variable.1, span),
            Expr::FnCall(call, position) => self.call(call, None, *position, false),
            Expr::Dot(chain, flags, _) | Expr::Index(chain, flags, _) => {
                let first = self.expression(&chain.lhs);
                self.chain(first, &chain.rhs, Link::of(expression, *flags), *flags)
            }
            Expr::And(sides, _) => self.joined(sides.iter(), Kind::And),
            Expr::Or(sides, _) => self.joined(sides.iter(), Kind::Or),
            Expr::Coalesce(sides, _) => self.joined(sides.iter(), Kind::Coalesce),
            Expr::Stmt(block) => self.inner_block(block.statements(), span),
            Expr::ThisPtr(_) => self.closed(span, "`this`", "pass the value as an argument"),
            Expr::Property(..) | Expr::MethodCall(..) => self.closed(span, "this", "write `value.property`"),
            _ => self.closed(span, "this", "write it with the operators and functions of the language"),
        }
    }

    fn expressions<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr>) -> Vec<Node> {
        expressions.into_iter().map(|expression| self.expression(expression)).collect()
    }

    /// A number with the minus sign before it, which rhai has taken into the constant.
    fn signed(&self, span: Span) -> Span {
        if span.end - span.start == 1 && self.places.slice(span) == "-" {
            let rest = self.places.after(span.end as usize);
            let skipped = rest.len() - rest.trim_start().len();
            return span.to(self.places.token(span.end as usize + skipped));
        }
        span
    }

    fn dynamic(&mut self, value: &rhai::Dynamic, span: Span) -> Node {
        if let Ok(number) = value.as_decimal() {
            return constant(Value::Decimal(number), span);
        }
        match value.read_lock::<FnPtr>() {
            Some(pointer) => {
                let name = pointer.fn_name().to_string();
                drop(pointer);
                self.lambda(&name, 0, span)
            }
            None => self.closed(span, "this value", "write it as a number, a text or true and false"),
        }
    }

    fn map(&mut self, pairs: &[(rhai::Ident, Expr)], span: Span) -> Node {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| (name.name.as_str().into(), self.expression(value))).collect();
        let whole = pairs.iter().fold(span, |whole, (_, value): &(Box<str>, Node)| whole.to(value.span));
        Node::new(Kind::Map(pairs), self.places.closed_by(whole, '}'))
    }

    pub(super) fn name(&mut self, name: &str, span: Span) -> Node {
        let kind = match self.sight.local(name) {
            Some(slot) => Kind::Local { slot, name: name.into() },
            None => Kind::Root { number: self.sight.root(name), name: name.into() },
        };
        Node::new(kind, span)
    }

    fn joined<'e>(&mut self, sides: impl IntoIterator<Item = &'e Expr>, kind: fn(Vec<Node>) -> Kind) -> Node {
        let sides = self.expressions(sides);
        let span = sides.iter().map(|side| side.span).reduce(Span::to).unwrap_or_default();
        Node::new(kind(sides), span)
    }

    /// rhai hangs a chain to the right: `a.b[c].d` is `a . (b [ (c . d))`. Ours hangs to the left.
    fn chain(&mut self, base: Node, rest: &Expr, link: Link, flags: ASTFlags) -> Node {
        match rest {
            Expr::Dot(next, inner, _) | Expr::Index(next, inner, _) if !flags.contains(ASTFlags::BREAK) => {
                let base = self.linked(base, &next.lhs, link);
                self.chain(base, &next.rhs, Link::of(rest, *inner), *inner)
            }
            last => self.linked(base, last, link),
        }
    }

    fn linked(&mut self, of: Node, part: &Expr, link: Link) -> Node {
        match (link, part) {
            (Link::Dot { safe }, Expr::Property(property, position)) => {
                let name_span = self.token(*position);
                let span = of.span.to(name_span);
                let name = property.2.as_str().into();
                Node::new(Kind::Property { of: Box::new(of), name, name_span, safe }, span)
            }
            (Link::Dot { safe }, Expr::MethodCall(call, position)) => self.call(call, Some(of), *position, safe),
            (Link::Dot { .. }, other) => {
                let span = self.token(other.position());
                self.closed(span, "this", "write a property or a function after the dot")
            }
            (Link::Index { safe }, at) => {
                let at = self.expression(at);
                let span = self.places.closed_by(of.span.to(at.span), ']');
                Node::new(Kind::Index { of: Box::new(of), at: Box::new(at), safe }, span)
            }
        }
    }

    fn call(&mut self, call: &FnCallExpr, object: Option<Node>, position: Position, safe: bool) -> Node {
        let name_span = self.token(position);
        let name = call.name.as_str();
        if safe {
            return self.closed(name_span, "a function after `?.`", "give the value with `??` first");
        }
        if object.is_none() && call.op_token.is_some() {
            return self.operator(name, &call.args, name_span);
        }
        if let (Some(object), "push", [value]) = (&object, name, call.args.as_slice()) {
            return self.push(object, value, name_span);
        }
        let mut arguments: Vec<Node> = object.into_iter().collect();
        arguments.extend(self.expressions(&call.args));
        let span = arguments.iter().fold(name_span, |whole, argument| whole.to(argument.span));
        let span = self.places.closed_by(span, ')');
        self.named_call(name, arguments, name_span, span)
    }

    fn named_call(&mut self, name: &str, mut arguments: Vec<Node>, name_span: Span, span: Span) -> Node {
        if name == "not" && arguments.len() == 1 {
            return Node::new(Kind::Not(Box::new(arguments.remove(0))), span);
        }
        let same_name = self.functions.iter().position(|(found, count)| found == name && *count == arguments.len());
        if let Some(function) = same_name {
            return Node::new(Kind::CallLocal { function, arguments }, span);
        }
        if let Some((_, count)) = self.functions.iter().find(|(found, _)| found == name) {
            let message = format!("`{name}` is declared with {count} and called with {}", arguments.len());
            return self.refuse(Fault::new(span, FaultKind::WrongArguments, message));
        }
        match by_name(name) {
            Some(function) => Node::new(Kind::Call { function: function.builtin, name_span, arguments }, span),
            None => self.unknown_function(name, name_span),
        }
    }

    fn unknown_function(&mut self, name: &str, span: Span) -> Node {
        if let Some((_, help)) = CLOSED.iter().find(|(closed, _)| *closed == name) {
            return self.closed(span, &format!("`{name}`"), help);
        }
        let known = FUNCTIONS.iter().map(|function| function.name).chain(["not"]);
        let known = known.chain(self.functions.iter().map(|(name, _)| name.as_str()));
        let help = did_you_mean(name, known);
        self.refuse(Fault::new(span, FaultKind::UnknownFunction, format!("unknown function `{name}`")).help_if(help))
    }

    fn operator(&mut self, sign: &str, arguments: &[Expr], place: Span) -> Node {
        let arguments = self.expressions(arguments);
        let span = arguments.iter().fold(place, |whole, side| whole.to(side.span));
        match (sign, <[Node; 2]>::try_from(arguments)) {
            // `item in list`, as rhai hands it on.
            ("contains", Ok([list, item])) => {
                let function = crate::function::Builtin::Contains;
                Node::new(Kind::Call { function, name_span: place, arguments: vec![list, item] }, span)
            }
            (sign, Ok([left, right])) => match Operator::by_sign(sign) {
                Some(operator) => Node::new(Kind::Binary { operator, place, sides: Box::new((left, right)) }, span),
                None => {
                    self.closed(place, &format!("`{sign}`"), "the operators are + - * / % == != < <= > >= && || ?? !")
                }
            },
            (sign, Err(mut one)) if one.len() == 1 => {
                let side = one.remove(0);
                match sign {
                    "!" => Node::new(Kind::Not(Box::new(side)), span),
                    "-" => Node::new(Kind::Negate(Box::new(side)), span),
                    _ => self.closed(place, &format!("`{sign}` before a value"), "leave it out"),
                }
            }
            (sign, Err(_)) => self.closed(place, &format!("`{sign}`"), "write it with two sides"),
        }
    }

    /// A closure that takes values from around it is a block to rhai: share them, then curry the function with them.
    /// Here its body simply sees what lies below its parameters.
    pub(super) fn captured_lambda(&mut self, statements: &[Stmt]) -> Option<Node> {
        let [Stmt::Share(_), Stmt::Expr(curried)] = statements else { return None };
        let Expr::FnCall(call, position) = &**curried else { return None };
        let (Expr::DynamicConstant(pointer, _), captured) = call.args.split_first()? else { return None };
        let name = pointer.read_lock::<FnPtr>()?.fn_name().to_string();
        let span = self.token(*position);
        Some(self.lambda(&name, captured.len(), span))
    }

    fn lambda(&mut self, name: &str, captured: usize, span: Span) -> Node {
        let found = self.ast.iter_functions().find(|function| function.name == name);
        let (Some(function), true) = (found, name.starts_with(ANONYMOUS)) else {
            return self.closed(span, "a function by its name", "write it where it is used: |x| x.name");
        };
        let names: Vec<String> = function.params.iter().skip(captured).map(|name| (*name).to_string()).collect();
        let statements = self.body_of(name, function.params.len());
        let outside = self.sight.locals.len();
        for name in &names {
            self.sight.declare(name.as_str());
        }
        let body = self.inner_block(&statements, span);
        self.sight.locals.truncate(outside);
        let span = span.to(body.span);
        Node::new(Kind::Lambda { names, body: Box::new(body) }, span)
    }

    /// A variable or a part of one, as something to write to.
    pub(super) fn place(&mut self, node: &Node) -> Option<Place> {
        let mut steps = Vec::new();
        let mut at = node;
        let (slot, name) = loop {
            match &at.kind {
                Kind::Local { slot, name } => break (*slot, name.clone()),
                Kind::Property { of, name, .. } => {
                    steps.push(Step::Name(name.clone()));
                    at = of;
                }
                Kind::Index { of, at: index, .. } => {
                    steps.push(Step::At((**index).clone()));
                    at = of;
                }
                _ => return None,
            }
        };
        steps.reverse();
        Some(Place { slot, name, steps, span: node.span })
    }

    fn push(&mut self, object: &Node, value: &Expr, name_span: Span) -> Node {
        let value = self.expression(value);
        let span = self.places.closed_by(object.span.to(name_span).to(value.span), ')');
        match self.place(object) {
            Some(place) => Node::new(Kind::Push { place, value: Box::new(value) }, span),
            None => self.refuse(
                Fault::new(name_span, FaultKind::NotAllowed, "only a variable of the script can be added to")
                    .help("write `let list = …;` first"),
            ),
        }
    }
}

pub(super) fn constant(value: Value, span: Span) -> Node {
    Node::new(Kind::Value(value), span)
}
