//! The schema of one step of a test.
//!
//! Owns: the words that steps begin with, and what stands after each.

use jobwright_core::job::JobState;
use jobwright_core::retry::FailureKind;
use jobwright_core::task::TaskState;
use serde_json::{Value as Json, json};

use super::part::{
    Key, and, by_key, choice, either, expression, id, length, list, mapping, may, must, one_of, text, truth, whole,
};
use super::people;
use crate::scenario::REASONS;

const TASK: &str = "The task, or one of its instances: `identity[dee]`.";

/// One word and what belongs to it, or `restart` alone.
pub(super) fn step() -> Json {
    let words: Vec<Key> = words().into_iter().map(|(name, says, of)| may(name, says, of)).collect();
    let mut step = mapping(words);
    step["minProperties"] = 1.into();
    step["maxProperties"] = 1.into();
    either([choice(["restart"]), step])
}

/// Every word, what it does, and what stands after it.
fn words() -> Vec<(&'static str, &'static str, Json)> {
    let signer = || vec![may("signer", "Who of the signers; the only one when left out.", id())];
    let outcome = || vec![must("outcome", "The answer that is given.", id()), for_whom()];
    vec![
        ("advance", "Time passes.", length(["minute", "hour", "day", "working day", "week", "month"])),
        ("advance_to", "Time passes until a moment or a date rule.", text()),
        ("complete", "A task is completed.", either([text(), complete()])),
        ("answer", "An item of a request, or a field of a form, is answered.", answer()),
        ("sign", "Somebody signs.", either([text(), act(signer())])),
        ("decline", "Somebody declines to sign.", act(signer())),
        ("approve", "An approval is answered.", act(outcome())),
        ("outcome", "An approval is answered.", act(outcome())),
        ("skip", "A task is skipped.", either([text(), act(Vec::new())])),
        ("reassign", "A task goes to other staff.", act(vec![must("to", "To whom.", list(id()))])),
        ("retry", "A failed task is tried again.", either([text(), act(Vec::new())])),
        ("override", "Staff close a task though something is missing.", override_step()),
        ("reopen", "Staff have a task done once more, with all that was built on it.", act(Vec::new())),
        ("amend", "Staff correct an answer or an output.", amend()),
        ("cancel", "The job is cancelled.", mapping(who())),
        ("uncancel", "The cancellation is taken back.", uncancel()),
        ("change", "What is known of somebody changes.", change()),
        ("add_contact", "The client gets another contact.", json!({ "$ref": "#/$defs/contact" })),
        ("bounce", "A letter comes back.", refusal()),
        ("refuse", "From now on a contact's address is refused.", refusal()),
        ("publish", "Another version is published.", publish()),
        ("plugin_reply", "A plugin answers one task: a call that waits, or else the next one.", reply()),
        ("in_job", "Steps in the job that a task started.", in_job()),
        ("restart", "The process dies and starts again.", json!({ "const": true })),
        ("expect", "How tasks stand now.", by_key(either([states(), task()]))),
        ("expect_message", "A letter was written.", mapping(letters())),
        ("expect_messages", "So many letters were written.", mapping(counted())),
        ("expect_dates", "What dates are: a day, a moment or `unknown`.", by_key(text())),
        ("expect_open", "What of a task is asked for now, and nothing else.", open()),
        ("expect_job", "How the job stands.", job()),
        ("expect_explain", "Words that the proof of an answer holds.", proof()),
    ]
}

fn reply() -> Json {
    let mut keys = vec![must("task", TASK, text())];
    keys.extend(replies());
    and(mapping(keys), [one_of(&["gives", "fails", "later"])])
}

/// Steps of their own, by the definition of the job that was started.
fn in_job() -> Json {
    mapping([
        must("task", "The task that started the job.", text()),
        must("steps", "What happens there, in order.", list(json!({ "$ref": "#/$defs/step" }))),
    ])
}

/// How a call of a task's plugin ends.
fn replies() -> Vec<Key> {
    let kinds = FailureKind::ALL.map(FailureKind::word);
    let failure = mapping([
        must("code", "The plugin's own code of it.", text()),
        may("kind", "What kind of failure; `permanent` when left out.", choice(kinds)),
        may("message", "In which words.", text()),
    ]);
    vec![
        may("gives", "It is done: its outputs, by name.", by_key(json!({}))),
        may("note", "A word for the timeline.", text()),
        may("fails", "It does not work.", failure),
        may("later", "The end comes later: `true`, or under which name.", either([choice(["true"]), truth(), text()])),
    ]
}

/// What stands for a plugin in a test.
pub(super) fn stub() -> Json {
    let mut keys = replies();
    keys.push(may("chooses", "Of a selector: the people.", list(text())));
    keys.push(may("finds", "Of a check: what is wrong with the value.", list(text())));
    and(mapping(keys), [one_of(&["gives", "fails", "later", "chooses", "finds"])])
}

fn who() -> Vec<Key> {
    vec![may("as", "Who does it: `pat`, or `contact:ann`.", text()), may("note", "Why, in their words.", text())]
}

fn act(own: Vec<Key>) -> Json {
    let mut keys = vec![must("task", TASK, text())];
    keys.extend(own);
    keys.extend(who());
    keys.push(may("refused", "The engine must refuse it.", truth()));
    mapping(keys)
}

fn outputs() -> Key {
    may("outputs", "Outputs of the task, by name.", by_key(json!({})))
}

fn for_whom() -> Key {
    may("for", "The contact for whom staff enter it.", id())
}

fn answers() -> Key {
    may("answers", "Answers to items of a form or request, by item.", by_key(json!({})))
}

fn complete() -> Json {
    let early = may("out_of_turn", "Staff complete it though its turn has not come.", truth());
    act(vec![outputs(), answers(), early, for_whom()])
}

fn override_step() -> Json {
    act(vec![outputs(), answers(), may("outcome", "As which of its outcomes it counts.", id())])
}

fn uncancel() -> Json {
    mapping([
        may("as", "Who does it.", text()),
        must("note", "Why, in their words.", text()),
        may("refused", "The engine must refuse it.", truth()),
    ])
}

fn given() -> Vec<Key> {
    vec![
        may("file", "The name of the file that is sent in.", text()),
        may("value", "The value that is given.", json!({})),
        may("nothing", "There is nothing to send.", truth()),
        for_whom(),
    ]
}

fn amend() -> Json {
    let own = [must("item", "The item, field or output.", id())].into_iter().chain(given());
    and(act(own.collect()), [one_of(&["file", "value", "nothing"])])
}

fn answer() -> Json {
    let mut own = vec![may("item", "The item or field; with `previous` all that are open when left out.", id())];
    own.extend(given());
    own.push(may("previous", "As it was answered before the task was reopened.", json!({ "const": true })));
    let new = ["file", "value", "nothing"].map(|key| json!({ "required": ["item", key] }));
    let again = json!({ "required": ["previous"] });
    and(act(own), [json!({ "oneOf": [new[0], new[1], new[2], again] })])
}

fn change() -> Json {
    let keys = mapping([
        may("contact", "The contact.", id()),
        may("staff", "The member of staff.", id()),
        may("client", "The client.", id()),
        may("set", "Keys and their new values; `\"\"` takes one away.", json!({ "type": "object" })),
        may("tick", "Roles ticked.", list(id())),
        may("untick", "Roles unticked.", list(id())),
        may("primary", "The contact becomes the primary contact.", truth()),
    ]);
    let set = |key: &str, values: Json| json!({ "if": { "required": [key] }, "then": { "properties": { "set": removable(values) } } });
    let of = [set("contact", people::contact_values()), set("staff", people::staff_values())];
    and(keys, [one_of(&["contact", "staff", "client"])].into_iter().chain(of))
}

/// An empty text takes a value away.
fn removable(mut values: Json) -> Json {
    for key in values["properties"].as_object_mut().into_iter().flat_map(|keys| keys.values_mut()) {
        let sentence = key.as_object_mut().and_then(|key| key.remove("description"));
        *key = json!({ "anyOf": [key.take(), { "const": "" }], "description": sentence });
    }
    values
}

fn refusal() -> Json {
    let told = mapping([must("contact", "Whose letter.", id()), may("reply", "The mail server's words.", text())]);
    either([id(), told])
}

fn publish() -> Json {
    mapping([
        must("file", "The file of the other version, beside this one.", text()),
        may("existing", "What becomes of the running job.", choice(["keep", "update"])),
    ])
}

fn states() -> Json {
    choice(TaskState::ALL.iter().map(|state| state.word()))
}

fn task() -> Json {
    mapping([
        may("state", "Its state.", states()),
        may("reason", "Why nobody can be found, or why it was skipped.", choice(REASONS.iter().copied())),
        may(
            "sent_to",
            "Exactly those who were written to or asked: `ann`, `staff.pat`, `staff.primary`.",
            list(text()),
        ),
        may("assigned_to", "Exactly those of the staff who do it.", list(id())),
        may("outcome", "How it ended.", id()),
        may("outputs", "Some of its outputs.", by_key(json!({}))),
    ])
}

fn letters() -> Vec<Key> {
    vec![
        may("to", "To whom: `ann`, `staff.pat`, `staff.primary`.", text()),
        may("task", TASK, text()),
        may("kind", "What the letter is for.", choice(["letter", "request", "copy", "notice"])),
        may("contains", "Words that the subject or the text holds.", one_or_more()),
    ]
}

fn counted() -> Vec<Key> {
    let mut keys = letters();
    keys.push(must("count", "Exactly so many.", whole(0, 10_000)));
    keys
}

fn one_or_more() -> Json {
    either([expression(), list(text())])
}

fn open() -> Json {
    let keys = mapping([
        must("task", TASK, text()),
        may("items", "Its items or fields.", list(id())),
        may("signers", "Its signers.", list(id())),
    ]);
    let some = json!({ "anyOf": [{ "required": ["items"] }, { "required": ["signers"] }] });
    and(keys, [some])
}

fn job() -> Json {
    let states = || choice([JobState::Open, JobState::Completed, JobState::Cancelled].map(JobState::word));
    either([states(), mapping([must("state", "Its state.", states())])])
}

fn proof() -> Json {
    mapping([
        must("task", TASK, text()),
        may("signer", "For which signer.", id()),
        may("about", "For whom; the recipient when left out.", choice(["recipient", "cc", "bcc", "assign"])),
        must("contains", "Words that the proof holds.", one_or_more()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::WORDS;

    #[test]
    fn every_step_of_a_test_has_its_schema() {
        assert_eq!(words().iter().map(|(word, ..)| *word).collect::<Vec<_>>(), WORDS);
    }
}
