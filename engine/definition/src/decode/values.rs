//! Inputs and outputs: declared values of a job and of its tasks.
//!
//! Owns: where an input comes from and what it is by default. Leaves the types themselves to `field`.

use std::collections::BTreeMap;

use jobwright_core::id::Name;
use jobwright_core::plan::Input;
use jobwright_core::value::{Field, Type};

use super::name;
use crate::diagnostic::Diagnostics;
use crate::draft::{Draft, Role};
use crate::field::{field, value_of};
use crate::syntax::{Fields, Node, Text};

/// `inputs`, by name.
pub(crate) fn inputs(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<()> {
    for entry in name::entries(node, "inputs by name", diagnostics)? {
        let name = name::key(&entry.key, diagnostics);
        let input = input(&entry.value, draft, diagnostics);
        let named = |name: crate::source::Spanned<Name>| input.map(|input| Input { name: name.value, ..input });
        draft.plan.inputs.extend(name.and_then(named));
    }
    Some(())
}

/// An input whose name stands outside of it.
fn input(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Input> {
    let mut fields = Fields::of(node, "an input", diagnostics)?;
    let of = field(&mut fields);
    let optional = fields.or("optional", Node::boolean, false);
    let of = of.map(|of| Field { optional, ..of });
    let wanted = of.as_ref().map_or(Type::Any, |field| field.of.clone());
    let from = fields.optional("from", Node::text).map(|text| draft.expression(text, Role::From(wanted)));
    let default = match &of {
        Some(field) => fields.optional("default", |node, d| {
            let value = value_of(node, &field.of, d)?;
            match field.fault(&value) {
                Some(fault) => node.bad(format!("the default {fault}"), d),
                None => Some(value),
            }
        }),
        None => fields.node("default").and(None),
    };
    fields.finish();
    Some(Input { name: Name::new("input").ok()?, field: of?, from, default })
}

/// `outputs`, by name.
pub(crate) fn outputs(node: &Node, diagnostics: &mut Diagnostics) -> Option<BTreeMap<Name, Field>> {
    let mut all = BTreeMap::new();
    for entry in name::entries(node, "outputs by name", diagnostics)? {
        let name = name::key(&entry.key, diagnostics);
        let output = output(&entry.value, diagnostics);
        all.extend(name.map(|name| name.value).zip(output));
    }
    Some(all)
}

fn output(node: &Node, diagnostics: &mut Diagnostics) -> Option<Field> {
    let mut fields = Fields::of(node, "an output", diagnostics)?;
    let of = field(&mut fields);
    let check = check(&mut fields);
    let optional = fields.or("optional", Node::boolean, false);
    fields.finish();
    Some(Field { optional, check, ..of? })
}

/// The check of a plugin that looks at a value before it counts; that it is installed was seen before.
pub(crate) fn check(fields: &mut Fields) -> Option<String> {
    fields.optional("check", Node::text).map(Text::into_string)
}
