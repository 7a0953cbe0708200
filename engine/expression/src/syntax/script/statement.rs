//! From rhai's statements to ours.
//!
//! Owns: blocks, variables, assignments, branches and loops. What is not named here is closed.

use super::Reader;
use crate::{
    fault::{Fault, FaultKind, Span},
    node::{Kind, Node, Operator, Over},
};
use rhai::{ASTFlags, BinaryExpr, Expr, FlowControl, FnCallExpr, Ident, OpAssignment, Position, Stmt, StmtBlock};

impl Reader<'_> {
    /// Statements with variables of their own. One expression alone is just that expression.
    pub(super) fn inner_block(&mut self, statements: &[Stmt], span: Span) -> Node {
        if let Some(lambda) = self.captured_lambda(statements) {
            return lambda;
        }
        match statements {
            [Stmt::Expr(expression)] => self.expression(expression),
            // A closure's body is a block in a block.
            [Stmt::Block(inner)] => self.inner_block(inner.statements(), span),
            [one @ Stmt::If(..)] => self.statement(one),
            several => self.block(several, span),
        }
    }

    pub(super) fn block(&mut self, statements: &[Stmt], span: Span) -> Node {
        let outside = self.sight.locals.len();
        let mut nodes: Vec<Node> = statements.iter().map(|statement| self.statement(statement)).collect();
        self.sight.locals.truncate(outside);
        let last = nodes.len().saturating_sub(1);
        for node in nodes.iter_mut().take(last) {
            let span = node.span;
            let inner = std::mem::replace(node, Node::new(Kind::Unreadable, span));
            *node = Node::new(Kind::Discard(Box::new(inner)), span);
        }
        let span = nodes.iter().map(|node| node.span).reduce(Span::to).unwrap_or(span);
        Node::new(Kind::Block(nodes), span)
    }

    fn body(&mut self, block: &StmtBlock) -> Node {
        let span = self.token(block.position());
        self.block(block.statements(), span)
    }

    fn boxed(&mut self, block: &StmtBlock) -> Box<Node> {
        Box::new(self.body(block))
    }

    fn statement(&mut self, statement: &Stmt) -> Node {
        let span = self.token(statement.position());
        match statement {
            Stmt::Expr(expression) => self.expression(expression),
            Stmt::FnCall(call, position) => self.called(call, *position),
            Stmt::Block(block) => self.inner_block(block.statements(), span),
            Stmt::If(flow, _) => self.branch(flow, span),
            Stmt::Var(variable, _, _) => self.variable(&variable.0, &variable.1, span),
            Stmt::Assignment(assignment) => self.assignment(&assignment.0, &assignment.1),
            Stmt::While(flow, _) => {
                let condition = (!matches!(flow.expr, Expr::Unit(_))).then(|| Box::new(self.expression(&flow.expr)));
                Node::new(Kind::While { condition, body: self.boxed(&flow.body) }, span)
            }
            Stmt::Do(flow, flags, _) => {
                let body = self.boxed(&flow.body);
                let condition = Box::new(self.expression(&flow.expr));
                Node::new(Kind::DoWhile { body, condition, until: flags.contains(ASTFlags::NEGATED) }, span)
            }
            Stmt::For(parts, _) => self.repeat(&parts.0, parts.1.as_ref(), &parts.2, span),
            Stmt::BreakLoop(None, flags, _) if flags.contains(ASTFlags::BREAK) => Node::new(Kind::Break, span),
            Stmt::BreakLoop(None, _, _) => Node::new(Kind::Continue, span),
            Stmt::BreakLoop(Some(_), ..) => self.closed(span, "`break` with a value", "set a variable before `break`"),
            Stmt::Return(value, flags, _) => {
                let value = value.as_deref().map(|value| Box::new(self.expression(value)));
                let kind = if flags.contains(ASTFlags::BREAK) { Kind::Throw(value) } else { Kind::Return(value) };
                Node::new(kind, span)
            }
            Stmt::Noop(_) => Node::new(Kind::Block(Vec::new()), span),
            Stmt::Switch(..) => self.closed(span, "`switch`", "write `if … else if … else`"),
            Stmt::TryCatch(..) => self.closed(span, "`try`", "test for what may be missing with `??` or `!= ()`"),
            _ => self.closed(span, "this statement", "write it with let, if, for, while and return"),
        }
    }

    fn called(&mut self, call: &FnCallExpr, position: Position) -> Node {
        let call = Expr::FnCall(Box::new(call.clone()), position);
        self.expression(&call)
    }

    fn branch(&mut self, flow: &FlowControl, span: Span) -> Node {
        let condition = Box::new(self.expression(&flow.expr));
        let then = self.boxed(&flow.body);
        let otherwise = (!flow.branch.is_empty()).then(|| self.boxed(&flow.branch));
        Node::new(Kind::If { condition, then, otherwise }, span)
    }

    fn variable(&mut self, name: &Ident, value: &Expr, span: Span) -> Node {
        let value = Box::new(self.expression(value));
        let slot = self.sight.declare(name.name.as_str());
        let span = span.to(value.span);
        Node::new(Kind::Let { slot, value }, span)
    }

    fn assignment(&mut self, operator: &OpAssignment, sides: &BinaryExpr) -> Node {
        let target = self.expression(&sides.lhs);
        let value = Box::new(self.expression(&sides.rhs));
        let at = self.token(operator.position());
        let operator = match operator.get_op_assignment_info() {
            None => None,
            Some((.., sign)) => match Operator::by_sign(sign) {
                Some(operator) => Some((operator, at)),
                None => return self.closed(at, &format!("`{sign}=`"), "the assignments are = += -= *= /= %="),
            },
        };
        let span = target.span.to(value.span);
        match self.place(&target) {
            Some(place) => Node::new(Kind::Assign { place, operator, value }, span),
            None => self.refuse(
                Fault::new(target.span, FaultKind::NotAllowed, "only a variable of the script can be set")
                    .help("facts are only read; declare a variable with `let`"),
            ),
        }
    }

    fn repeat(&mut self, name: &Ident, counter: Option<&Ident>, flow: &FlowControl, span: Span) -> Node {
        let over = Box::new(self.over(&flow.expr));
        let outside = self.sight.locals.len();
        let slot = self.sight.declare(name.name.as_str());
        if let Some(counter) = counter {
            self.sight.declare(counter.name.as_str());
        }
        let body = self.boxed(&flow.body);
        self.sight.locals.truncate(outside);
        Node::new(Kind::For { slot, counter: counter.is_some(), over, body }, span)
    }

    fn over(&mut self, expression: &Expr) -> Over {
        if let Expr::FnCall(call, _) = expression
            && let (sign @ (".." | "..="), [from, to]) = (call.name.as_str(), call.args.as_slice())
        {
            let inclusive = sign == "..=";
            return Over::Numbers { from: self.expression(from), to: self.expression(to), inclusive };
        }
        Over::List(self.expression(expression))
    }
}
