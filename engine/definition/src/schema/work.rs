//! The schema of what a task does, a type at a time.
//!
//! Owns: the keys of each type, as `decode::work` has them.

use jobwright_expression::SCRIPT_OPERATIONS_MAX;
use serde_json::{Value as Json, json};

use super::part::{
    Key, about, and, bounded, by_key, by_name, choice, either, expression, list, mapping, may, must, named, one_of,
    pattern, text, truth, whole,
};
use super::task::{check, field, field_keys};
use crate::decode::task::TaskType;
use crate::decode::work::{PARENT_ENDS, REQUIRED_MAX};

const TEMPLATE: &str = "The letter that asks, by its name under `templates`; else a standard one.";
const RECIPIENT: &str = "Who is asked; the primary contact when left out.";
const ASSIGN: &str = "Who of the staff does it; the practice's default when left out.";

/// What a type has beside the common keys.
pub(super) fn keys(of: TaskType) -> Vec<Key> {
    let asks = || vec![may("recipient", RECIPIENT, named("selector")), may("template", TEMPLATE, named("name"))];
    match of {
        TaskType::Email => email(),
        TaskType::DocumentRequest => {
            let mut keys = asks();
            keys.push(must("items", "The documents that are asked for.", bounded(document(), 1, None)));
            keys.push(may("allow_nothing_to_report", "The client may say that there is nothing.", truth()));
            keys
        }
        TaskType::Form => {
            let mut keys = asks();
            keys.push(must("fields", "The values that are asked for.", bounded(form_field(), 1, None)));
            keys
        }
        TaskType::Approval => {
            let mut keys = asks();
            keys.push(may("assign", "Who of the staff approves; this or `recipient`.", named("selector")));
            keys.push(must("outcomes", "The answers that can be given.", bounded(named("name"), 1, None)));
            keys.push(may("required", "How many must answer: a number, or `all`.", required()));
            keys
        }
        TaskType::Signature => signature(),
        TaskType::Manual => {
            vec![may("assign", ASSIGN, named("selector")), may("checklist", "What belongs to the work.", list(text()))]
        }
        TaskType::Script => script(),
        TaskType::UpdateClient => {
            vec![must("set", "Fields of the client by their path, and their new values.", by_key(computed()))]
        }
        TaskType::StartJob => vec![
            must("job", "The id of the other job's definition, or `{ expr: … }`.", job()),
            may(
                "period",
                "The period of the other job: its key, or `{ expr: … }` that gives a key, a day in it or a period; the \
                 one that opened last when left out.",
                computed(),
            ),
            may("with", "Inputs of the other job.", by_name(computed())),
            may("dates", "Key dates of the other job that it takes over from this one.", by_name(computed())),
            may("wait", "The task is completed when the other job is.", truth()),
            may(
                "take",
                "Outputs of this task, and which output of the other job each is: `tasks.prepare.outputs.total`. \
                 Needs `wait: true`.",
                by_name(pattern("^tasks\\.[^.]+\\.outputs\\.[^.]+$")),
            ),
            may(
                "on_parent_end",
                "What becomes of the other job when this one ends: `cancel` cancels it, however this one ends; `keep` \
                 lets it go on. Left out, it is cancelled when this job is cancelled, or ends while it waits for it. \
                 Done again (`reopen`), it is cancelled unless `keep` stands here.",
                choice(PARENT_ENDS.map(|(word, _)| word)),
            ),
        ],
        TaskType::Plugin => vec![may("with", "The settings of the plugin.", by_key(computed()))],
        TaskType::Wait => vec![must("until", "The date that is waited for.", super::part::rule())],
    }
}

/// What else a task of the type must meet.
pub(super) fn conditions(of: TaskType, task: Json) -> Json {
    match of {
        TaskType::Approval => and(task, [one_of(&["recipient", "assign"])]),
        TaskType::Script => and(task, [json!({ "required": ["outputs"] }), one_of(&["source", "file"])]),
        _ => task,
    }
}

fn email() -> Vec<Key> {
    vec![
        may("recipient", "Whom the letter is for; the primary contact when left out.", named("selector")),
        may("cc", "Who gets a copy that everybody sees.", named("selector")),
        may("bcc", "Who gets a copy that nobody sees.", named("selector")),
        must("template", "The letter, by its name under `templates`.", named("name")),
        may("class", "`crm` mail goes only to people who have not opted out of it.", choice(["service", "crm"])),
    ]
}

fn document() -> Json {
    mapping([
        must("id", "The item's id within the task.", named("name")),
        must("label", "What the client reads.", text()),
        may("accept", "The endings of files that are taken: `[pdf, jpg]`.", list(ending())),
        may("required", "Whether the task waits for it.", truth()),
        may("visible_to", "Which contacts see it beside whoever hands it in; all when left out.", named("selector")),
    ])
}

fn ending() -> Json {
    json!({ "type": ["string", "number"], "pattern": "^[a-z0-9]+$" })
}

fn form_field() -> Json {
    let mut keys = vec![
        must("id", "The field's id within the task.", named("name")),
        must("label", "What the client reads.", text()),
    ];
    keys.extend(field_keys());
    keys.push(check());
    keys.push(may("required", "Whether the form can be sent without it.", truth()));
    field(keys)
}

fn required() -> Json {
    either([choice(["all"]), whole(1, REQUIRED_MAX.into())])
}

fn signature() -> Vec<Key> {
    let signer = mapping([
        must("id", "The signer's id within the task.", named("name")),
        must("recipient", "Who signs.", named("selector")),
        may("after", "The signer who signs before this one.", named("name")),
    ]);
    vec![
        must("document", "What is signed: `{ expr: tasks.letter.outputs.file }`.", expr()),
        may("template", TEMPLATE, named("name")),
        must("signers", "Who must sign.", bounded(signer, 1, None)),
        may("required", "How many must sign: a number, or `all`.", required()),
    ]
}

fn script() -> Vec<Key> {
    let most = i64::try_from(SCRIPT_OPERATIONS_MAX).unwrap_or(i64::MAX);
    let limits = mapping([may("operations", "How many steps it may take.", whole(1, most))]);
    vec![
        may("language", "The language of scripts.", choice(["rhai"])),
        may("reads", "What it reads: `inputs.headcount`, `tasks.prepare.outputs`.", list(text())),
        may("limits", "What it may use up.", limits),
        may("file", "A file beside the definition that holds it.", text()),
        may("source", "The script. It returns a map with the outputs.", text()),
    ]
}

fn expr() -> Json {
    mapping([must("expr", "An expression.", expression())])
}

/// A value that stands there, or is computed.
fn computed() -> Json {
    let is_computed = json!({ "type": "object", "required": ["expr"] });
    about("A value, or `{ expr: … }`.", json!({ "if": is_computed, "then": expr() }))
}

fn job() -> Json {
    either([named("slug"), expr()])
}
