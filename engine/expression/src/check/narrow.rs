//! What a test tells about the lines behind it.
//!
//! Owns: `client.flat_rate != ()` makes `client.flat_rate` there, in the branch where it held. Knows paths only.

use crate::node::{Kind, Node, Operator};

/// Paths that are there when the condition gave `outcome`.
pub(super) fn known_after(condition: &Node, outcome: bool) -> Vec<String> {
    match &condition.kind {
        Kind::Not(inner) => known_after(inner, !outcome),
        Kind::Present(inner) | Kind::Truth(inner) if outcome => path_and_bases(inner),
        Kind::And(sides) if outcome => sides.iter().flat_map(|side| known_after(side, true)).collect(),
        Kind::Or(sides) if !outcome => sides.iter().flat_map(|side| known_after(side, false)).collect(),
        Kind::Block(nodes) => match nodes.as_slice() {
            [one] => known_after(one, outcome),
            _ => Vec::new(),
        },
        Kind::Binary { operator, sides, .. } => {
            let tested = match (sides.0.is_nothing(), sides.1.is_nothing()) {
                (false, true) => &sides.0,
                (true, false) => &sides.1,
                _ => return Vec::new(),
            };
            let there = matches!((operator, outcome), (Operator::Differ, true) | (Operator::Equal, false));
            if there { path_and_bases(tested) } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// A property that is there belongs to something that is there.
fn path_and_bases(node: &Node) -> Vec<String> {
    let mut paths: Vec<String> = node.path().into_iter().collect();
    let mut at = node;
    while let Kind::Property { of, .. } | Kind::Index { of, .. } = &at.kind {
        paths.extend(of.path());
        at = of;
    }
    paths
}
