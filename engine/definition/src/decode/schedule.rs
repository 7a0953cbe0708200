//! When jobs open, for which period, and which dates are shown on them.
//!
//! Owns: `schedule` and `dates`. Leaves the grammar of rules to `core::date`, and whether a calendar is known to `check`.

use jobwright_core::date::{Every, OFFSET_MAX, OffsetUnit};
use jobwright_core::plan::{Computed, KeyDate, Offset, OncePer, Schedule};
use jobwright_core::value::Value;

use super::{name, text, when};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Role, RuleRole, Thing};
use crate::source::Spanned;
use crate::supported::{self, In};
use crate::syntax::{Fields, Kind, Node, choice, in_range};

/// `schedule`.
pub(crate) fn schedule(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Schedule> {
    let mut fields = Fields::of(node, "`schedule`", diagnostics)?;
    supported::refuse(&mut fields, In::Schedule);
    let words = [("week", Every::Week), ("month", Every::Month), ("quarter", Every::Quarter), ("year", Every::Year)];
    let every = fields.optional("every", choice(&words));
    let anchor = fields.optional("anchor", Node::text).map(|text| draft.expression(text, Role::Anchor));
    let offset = fields.optional("offset", |node, d| offset(node, draft, d));
    let open = fields.optional("open", |node, d| when::rule(node, RuleRole::Open, draft, d));
    let calendar = fields.optional("calendar", name::slug);
    let zone = fields.optional("timezone", Node::text);
    let once_per = fields.optional("once_per", choice(&[("client", OncePer::Client), ("period", OncePer::Period)]));
    needs_every(&mut fields, every);
    if let Some(calendar) = &calendar {
        draft.mention(Thing::Calendar, Spanned::new(calendar.value.to_string(), calendar.span));
    }
    if let Some(zone) = &zone {
        draft.mention(Thing::Zone, Spanned::new(zone.as_str().to_owned(), zone.span()));
    }
    fields.finish();
    let calendar = calendar.map(|calendar| calendar.value.to_string());
    Some(Schedule { every, anchor, offset, open, calendar, zone: zone.map(|zone| zone.into_string()), once_per })
}

/// What is said of periods means nothing without one.
fn needs_every(fields: &mut Fields, every: Option<Every>) {
    if every.is_some() || fields.place("every").is_some() {
        return;
    }
    for key in ["anchor", "offset"] {
        if let Some(place) = fields.place(key) {
            let message = format!("`{key}` speaks of periods, and the schedule has none");
            let diagnostic = Diagnostic::error(code::MISSING_KEY, message).at(place, "");
            fields.diagnostics().push(diagnostic.help("write `every: month`, `quarter` or `year` beside it"));
        }
    }
}

fn offset(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Offset> {
    let mut fields = Fields::of(node, "`offset`", diagnostics)?;
    let unit = fields.required(
        "unit",
        choice(&[("day", OffsetUnit::Day), ("week", OffsetUnit::Week), ("month", OffsetUnit::Month)]),
    );
    let expr = fields.optional(text::EXPR, Node::text).map(|text| draft.expression(text, Role::Offset));
    let value = fields.optional("value", in_range(-i64::from(OFFSET_MAX)..=i64::from(OFFSET_MAX)));
    let written = [text::EXPR, "value"].map(|key| fields.place(key));
    if written.iter().flatten().count() != 1 {
        let head = written[1].unwrap_or(fields.head());
        let diagnostic = Diagnostic::error(code::ONE_OF, "an offset has either a `value` or an `expr`");
        fields.diagnostics().push(diagnostic.at(head, ""));
    }
    fields.finish();
    let amount = expr.map(Computed::Expression).or(value.map(|value| Computed::Literal(Value::Int(value))))?;
    Some(Offset { amount, unit: unit? })
}

/// `dates`, by name; each a rule alone, or a rule with what is said of it.
pub(crate) fn dates(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<()> {
    for entry in name::entries(node, "key dates by name", diagnostics)? {
        if let Some(name) = name::key(&entry.key, diagnostics).and_then(|name| free(name, diagnostics)) {
            let date = date(&entry.value, name, draft, diagnostics);
            draft.plan.dates.extend(date);
        }
    }
    Some(())
}

/// `due` means the task's own date in every rule.
fn free(
    name: Spanned<jobwright_core::id::Name>,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<jobwright_core::id::Name>> {
    if name.value.as_str() != "due" {
        return Some(name);
    }
    let diagnostic = Diagnostic::error(code::BAD_NAME, "a key date cannot be called `due`");
    diagnostics.push(diagnostic.at(name.span, "").help("in a rule, `due` is the task's own date"));
    None
}

fn date(
    node: &Node,
    name: Spanned<jobwright_core::id::Name>,
    draft: &mut Draft,
    diagnostics: &mut Diagnostics,
) -> Option<KeyDate> {
    let name = name.value;
    let role = RuleRole::KeyDate(name.clone());
    if let Kind::Scalar(_) = &node.kind {
        let rule = when::rule(node, role, draft, diagnostics)?;
        return Some(KeyDate { name, rule, label: None, column: false, when: None });
    }
    let mut fields = Fields::of(node, "a key date", diagnostics)?;
    let rule = fields.required("rule", |node, d| when::rule(node, role, draft, d));
    let label = fields.optional("label", Node::text).map(|text| text.into_string());
    let column = fields.or("column", Node::boolean, false);
    let exists = fields.optional("when", Node::text).map(|text| draft.expression(text, Role::DateExists));
    fields.finish();
    Some(KeyDate { name, rule: rule?, label, column, when: exists })
}
