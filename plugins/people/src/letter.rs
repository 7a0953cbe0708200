//! The standard letters.
//!
//! Owns: their words: what is wanted, by when, and how to answer. As long as clients have no portal, the answer is a
//! reply to the letter, which staff enter. Whatever a job may lack (a period, a due date, a primary member of staff) is
//! asked for before it is named, so that none of these letters ever makes a task uncompletable by itself.

use jobwright_plugin::StandardLetter;

/// For whom the work is, and for which time.
macro_rules! for_whom {
    () => {
        "for {{ client.name }}{% if period %} ({{ period.label }}){% endif %}"
    };
}

/// What the practice calls the task, with the period unless the name has it already: a client has many such letters.
macro_rules! named {
    () => {
        "{{ task.label }}{% if period and period.label not in task.label %} ({{ period.label }}){% endif %}"
    };
}

macro_rules! greeting {
    () => {
        "Dear {{ recipient.greeting }},\n\n"
    };
}

/// From whoever looks after the client, if somebody does.
macro_rules! closing {
    () => {
        "\n\nKind regards,\n\n{% if staff.primary %}{{ staff.primary.name }}\n{% endif %}{{ practice.name }}"
    };
}

/// A sentence of its own, when there is a day to keep.
macro_rules! due {
    ($words:literal) => {
        concat!("{% if task.due %}Please let us have ", $words, " by {{ task.due }}.\n\n{% endif %}")
    };
}

/// Every letter can be answered with a question.
macro_rules! offer {
    () => {
        "If anything is unclear, just reply and ask; we are glad to help."
    };
}

/// Every item that is still open.
macro_rules! items {
    () => {
        "{% for item in task.missing_items %}- {{ item.label }}{% if not item.required %} (optional){% endif %}\n\
         {% endfor %}\n"
    };
}

static LETTERS: [StandardLetter; 4] = [
    StandardLetter {
        task_type: "document_request",
        subject: concat!("Documents needed for {{ client.name }}: ", named!()),
        body: concat!(
            greeting!(),
            "Please could you send us the following ",
            for_whom!(),
            ":\n\n",
            items!(),
            due!("everything"),
            "Simply reply to this e-mail and attach the files. If there is nothing to send for one of them, tell us so in \
             your reply.\n\n",
            offer!(),
            closing!(),
        ),
    },
    StandardLetter {
        task_type: "form",
        subject: concat!("Details needed for {{ client.name }}: ", named!()),
        body: concat!(
            greeting!(),
            "Please could you give us the following details ",
            for_whom!(),
            ":\n\n",
            items!(),
            due!("your answers"),
            "Simply reply to this e-mail with your answers. If you do not have one of them yet, send us the others and \
             tell us when we can expect it.\n\n",
            offer!(),
            closing!(),
        ),
    },
    StandardLetter {
        task_type: "approval",
        subject: concat!("Your decision for {{ client.name }}: ", named!()),
        body: concat!(
            greeting!(),
            "We need your decision on the following ",
            for_whom!(),
            ":\n\n",
            "    {{ task.label }}\n\n",
            "Simply reply to this e-mail with one of these answers:\n\n",
            "{% for outcome in task.outcomes %}- {{ outcome }}\n{% endfor %}\n",
            due!("your answer"),
            "If you would like to see anything again before you decide, or have doubts, just reply and tell us; we are \
             glad to help.",
            closing!(),
        ),
    },
    StandardLetter {
        task_type: "signature",
        subject: concat!("Your signature for {{ client.name }}: ", named!()),
        body: concat!(
            greeting!(),
            "We need your signature on the following document ",
            for_whom!(),
            ":\n\n",
            "    {{ task.label }}\n\n",
            due!("the signed copy"),
            "Please read the document, sign it, and reply to this e-mail with the signed copy attached. If the document \
             has not reached you, reply and we will send it to you.\n\n\
             If you would rather not sign it, reply and tell us why.\n\n",
            offer!(),
            closing!(),
        ),
    },
];

/// The standard letter of each task type that asks people for something.
pub fn letters() -> &'static [StandardLetter] {
    &LETTERS
}

#[cfg(test)]
mod tests;
