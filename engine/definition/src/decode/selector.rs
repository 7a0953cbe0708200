//! Recipient selectors, in every form people may write, as the one form the core resolves.
//!
//! Owns: the forms and their modifiers; `{ A, or: B }` becomes `first_of: [A, B]`, and a filter beside branches is
//! pushed into every branch. Leaves whether roles exist and who fits which channel to `check`.

use std::collections::BTreeMap;

use jobwright_core::id::{Name, RoleId, StaffId};
use jobwright_core::recipient::{Channel, Filter, Form, Order, Pick, Selector, StaffForm};
use jobwright_core::value::Value;

use super::name;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::draft::{Draft, Role, Thing};
use crate::field::literal;
use crate::plugins::{PLUGIN, WITH};
use crate::source::{Span, Spanned};
use crate::supported::{self, In};
use crate::syntax::{Fields, Kind, Node, choice, list_of};

/// The selector that is a word alone.
pub(crate) const PRIMARY_CONTACT: &str = "primary_contact";

/// Keys of which a selector has exactly one.
pub(crate) const FORMS: [&str; 9] =
    [PRIMARY_CONTACT, "role", "contact", "staff", "first_of", "any_of", "all_of", "script", PLUGIN];

/// Words after `staff:` that are no staff roles.
pub(crate) const STAFF_WORDS: [(&str, StaffForm); 4] = [
    ("primary", StaffForm::Primary),
    ("additional", StaffForm::Additional),
    ("last_interaction", StaffForm::LastInteraction),
    ("default", StaffForm::Default),
];

/// Most people that a `pick` may name.
pub(crate) const PICK_MAX: u32 = 500;

/// A selector that a task asks for a channel.
pub(crate) fn asked(
    node: &Node,
    channel: Channel,
    must_pick: bool,
    draft: &mut Draft,
    diagnostics: &mut Diagnostics,
) -> Option<Selector> {
    let selector = selector(node, draft, diagnostics)?;
    draft.selector(&selector, node.head(), channel, must_pick);
    Some(selector)
}

fn selector(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Selector> {
    if let Kind::Scalar(text) = &node.kind
        && !node.is_absent()
    {
        return word(text, node, diagnostics);
    }
    let mut fields = Fields::of(node, "a recipient selector", diagnostics)?;
    supported::refuse(&mut fields, In::Selector);
    let form = form(&mut fields, draft);
    let filters = fields.or("where", |node, d| filters(node, draft, d), Vec::new());
    let pick = fields.optional("pick", pick);
    let order_by = fields.list("order_by", |node, d| order(node, draft, d));
    let not_same_as = fields.optional("not_same_as", |node, d| not_same_as(node, draft, d));
    let or = fields.optional("or", |node, d| selector(node, draft, d));
    fields.finish();
    let mut first = Selector { form: form?, filters, pick, order_by, not_same_as };
    push_down(&mut first);
    Some(match or {
        Some(other) => Selector::of(Form::FirstOf(vec![first, other])),
        None => first,
    })
}

fn word(text: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Selector> {
    if text == PRIMARY_CONTACT {
        return Some(Selector::of(Form::PrimaryContact));
    }
    let diagnostic = Diagnostic::error(code::UNKNOWN_CHOICE, format!("{} is no recipient selector", quoted(text)));
    let help = format!("write `{PRIMARY_CONTACT}`, or a contact role as `{{ role: … }}`, or staff as `{{ staff: … }}`");
    diagnostics.push(diagnostic.at(node.span, "").help(help));
    None
}

fn form(fields: &mut Fields, draft: &mut Draft) -> Option<Form> {
    let written: Vec<(&str, Span)> = FORMS.iter().filter_map(|key| Some((*key, fields.place(key)?))).collect();
    match written.as_slice() {
        // Nobody may be found by a rule that was left empty, least of all whoever is the default.
        [(key, at)] if fields.node(key).is_none() => {
            let diagnostic = Diagnostic::error(code::ONE_OF, format!("`{key}` does not say whom")).at(*at, "");
            fields.diagnostics().push(diagnostic.help(format!("write it out, as in `{{ {key}: … }}`")));
            return None;
        }
        [(_, _)] => {}
        [] => {
            let diagnostic = Diagnostic::error(code::ONE_OF, "the selector does not say where people come from");
            let help = format!("write one of: {}", FORMS.join(", "));
            let head = fields.head();
            fields.diagnostics().push(diagnostic.at(head, "").help(help));
            return None;
        }
        [(first, at), (second, again), ..] => {
            let message = format!("`{first}` and `{second}` are two selectors in one");
            let help = "put them into a list: `first_of`, `any_of` or `all_of`";
            let diagnostic = Diagnostic::error(code::ONE_OF, message).at(*again, "second").also(*at, "first");
            fields.diagnostics().push(diagnostic.help(help));
        }
    }
    let mut branches = |key| fields.optional(key, |node, d| self::branches(node, draft, d));
    let (first_of, any_of, all_of) = (branches("first_of"), branches("any_of"), branches("all_of"));
    let primary = fields.optional(PRIMARY_CONTACT, choice(&[("true", ())])).map(|()| Form::PrimaryContact);
    let role = fields.optional("role", |node, d| role(node, draft, d));
    let contact = fields.optional("contact", Node::text).map(|text| draft.expression(text, Role::Contact));
    let staff = fields.optional("staff", |node, d| staff(node, draft, d));
    let script = fields.optional("script", Node::text).map(|text| draft.expression(text, Role::People));
    let plugin = fields.optional(PLUGIN, Node::text);
    let with = fields.optional(WITH, settings).unwrap_or_default();
    if let (None, Some(at)) = (&plugin, fields.place(WITH)) {
        let diagnostic = Diagnostic::error(code::UNKNOWN_KEY, "`with` belongs to `plugin`");
        fields.diagnostics().push(diagnostic.at(at, "means nothing here"));
    }
    let plugin = plugin.map(|name| Form::Plugin { name: name.into_string(), with });
    primary
        .or(role)
        .or(contact.map(Form::Contact))
        .or(staff.map(Form::Staff))
        .or(first_of.map(Form::FirstOf))
        .or(any_of.map(Form::AnyOf))
        .or(all_of.map(Form::AllOf))
        .or(script.map(Form::Script))
        .or(plugin)
}

/// Its name and settings were held to what plugins offer before.
fn settings(node: &Node, diagnostics: &mut Diagnostics) -> Option<BTreeMap<String, Value>> {
    let entries = name::entries(node, "settings of the plugin", diagnostics)?.into_iter();
    Some(entries.filter_map(|one| Some((one.key.value.clone(), literal(&one.value, diagnostics)?))).collect())
}

fn branches(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Vec<Selector>> {
    let written = if let Kind::List(items) = &node.kind { items.len() } else { 0 };
    let branches = list_of(|node, d| selector(node, draft, d))(node, diagnostics)?;
    if written < 2 {
        let diagnostic = Diagnostic::error(code::OUT_OF_RANGE, "a choice needs at least two branches");
        diagnostics.push(diagnostic.at(node.head(), "").help("write the one selector itself"));
    }
    // A branch that could not be read is not left out: the rest would mean something else.
    (branches.len() == written).then_some(branches)
}

fn role(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Form> {
    let role = name::id::<RoleId>(node, diagnostics)?;
    draft.mention(Thing::ContactRole, Spanned::new(role.value.to_string(), role.span));
    Some(Form::Role(role.value))
}

fn staff(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<StaffForm> {
    if let Kind::Map(_) = &node.kind {
        let mut fields = Fields::of(node, "one member of staff", diagnostics)?;
        let id = fields.required("id", crate::syntax::parsed::<StaffId>);
        fields.finish();
        return Some(StaffForm::Id(id?));
    }
    let role = name::name(node, diagnostics)?;
    let reserved = STAFF_WORDS.iter().find(|(word, _)| role.value.as_str() == *word);
    if let Some((_, form)) = reserved {
        return Some(form.clone());
    }
    draft.mention(Thing::StaffRole, Spanned::new(role.value.to_string(), role.span));
    role.value.as_str().parse().ok().map(StaffForm::Role)
}

fn filters(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Vec<Filter>> {
    let each = list_of(|node, d| filter(node, draft, d))(node, diagnostics)?;
    Some(each.into_iter().flatten().collect())
}

fn filter(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Vec<Filter>> {
    if let Kind::Scalar(_) = &node.kind {
        return choice(&FILTER_WORDS)(node, diagnostics).map(|word| vec![word.filter()]);
    }
    let mut fields = Fields::of(node, "a filter", diagnostics)?;
    let office = fields.optional("office", |node, d| office(node, draft, d)).map(Filter::Office);
    let department = fields.optional("department", Node::text).map(|text| Filter::Department(text.into_string()));
    let when = fields.optional("when", Node::text).map(|text| draft.expression(text, Role::Candidate));
    fields.finish();
    Some([office, department, when.map(Filter::When)].into_iter().flatten().collect())
}

/// `Filter` is not `Copy`, so that choices name it by this.
#[derive(Clone, Copy)]
pub(crate) enum FilterWord {
    PortalActive,
    HasEmail,
    NotOptedOut,
    CanSign,
}

pub(crate) const FILTER_WORDS: [(&str, FilterWord); 4] = [
    ("portal_active", FilterWord::PortalActive),
    ("has_email", FilterWord::HasEmail),
    ("not_opted_out", FilterWord::NotOptedOut),
    ("can_sign", FilterWord::CanSign),
];

impl FilterWord {
    fn filter(self) -> Filter {
        match self {
            Self::PortalActive => Filter::PortalActive,
            Self::HasEmail => Filter::HasEmail,
            Self::NotOptedOut => Filter::NotOptedOut,
            Self::CanSign => Filter::CanSign,
        }
    }
}

fn office(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<String> {
    let office = node.text(diagnostics)?.into_string();
    draft.mention(Thing::Office, Spanned::new(office.clone(), node.span));
    Some(office)
}

fn pick(node: &Node, diagnostics: &mut Diagnostics) -> Option<Pick> {
    let text = node.text(diagnostics)?;
    match text.as_str() {
        "one" => Some(Pick::One),
        "all" => Some(Pick::All),
        _ => crate::syntax::in_range(1..=PICK_MAX)(node, diagnostics).map(Pick::AtMost),
    }
}

fn order(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Order> {
    let text = node.text(diagnostics)?;
    let (by, descending) = match text.split_once(' ') {
        Some((by, rest)) if rest.trim() == "desc" => (by, true),
        Some(_) => {
            return node
                .bad(format!("{} is no order; write a field, or a field and `desc`", quoted(&text)), diagnostics);
        }
        None => (text.as_str(), false),
    };
    if by == "listed" {
        return Some(Order { by: None, descending });
    }
    draft.mention(Thing::Order, Spanned::new(by.to_owned(), text.place_range(0..by.len())));
    Some(Order { by: Some(by.to_owned()), descending })
}

fn not_same_as(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Name> {
    let text = node.text(diagnostics)?;
    let Some(task) = text.strip_prefix("tasks.") else {
        return node.bad(format!("{} names no task; write `tasks.` and its id", quoted(&text)), diagnostics);
    };
    draft.mention(Thing::NotSameAs, Spanned::new(task.to_owned(), text.place_range(6..text.len())));
    Name::new(task).ok()
}

/// What leaves people out holds for every branch, so that a first branch which is emptied by it gives way to the next.
fn push_down(selector: &mut Selector) {
    let (Form::FirstOf(branches) | Form::AnyOf(branches) | Form::AllOf(branches)) = &mut selector.form else { return };
    for branch in branches {
        branch.filters.extend(
            selector.filters.iter().filter(|filter| !branch.filters.contains(filter)).cloned().collect::<Vec<_>>(),
        );
        if branch.not_same_as.is_none() {
            branch.not_same_as.clone_from(&selector.not_same_as);
        }
        push_down(branch);
    }
    selector.filters.clear();
}
