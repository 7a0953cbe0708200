//! Plans in a few words: `plan([email("ask", "payroll"), manual("prepare").after("ask").due("task.ready, +2 days")])`.

use crate::date::Rule;
use crate::id::{DefinitionId, Hash, Name, RoleId};
use crate::plan::{
    Asked, Class, Computed, Dependency, Email, ExpressionId, ForEach, Is, Item, OnChange, OnFailed, OnLimit,
    OnParentEnd, OnUncompletable, Otherwise, Parts, Plan, PluginTask, Request, Required, ScriptId, Signer, StartJob,
    Takes, Task, TextId, Then, Work,
};
use crate::recipient::{Form, Pick, Selector, StaffForm};
use crate::retry::Retry;
use crate::value::{Field, Type, Value};
use alloc::{collections::BTreeMap, vec, vec::Vec};

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(super) fn plan(tasks: impl IntoIterator<Item = Task>) -> Plan {
    Plan {
        id: DefinitionId::new("payroll").unwrap(),
        name: "Payroll".into(),
        version: None,
        hash: Hash([1; 32]),
        applies_to: None,
        inputs: vec![],
        roles: vec![],
        dates: vec![],
        schedule: None,
        tasks: tasks.into_iter().collect(),
        templates: BTreeMap::new(),
        on_change: OnChange::default(),
        expressions: vec![],
        scripts: vec![],
        texts: vec![],
    }
}

/// The same definition with other tasks: another version.
pub(super) fn version(number: u8, tasks: impl IntoIterator<Item = Task>) -> Plan {
    Plan { hash: Hash([number; 32]), ..plan(tasks) }
}

fn task(id: &str, work: Work) -> Task {
    Task {
        id: name(id),
        label: TextId(0),
        depends_on: vec![],
        when: None,
        for_each: None,
        start: None,
        due: None,
        expires: None,
        timeout: None,
        retry: Retry::default(),
        on_uncompletable: OnUncompletable::default(),
        on_failed: OnFailed::default(),
        on_outcome: BTreeMap::new(),
        on_expired: None,
        outputs: BTreeMap::new(),
        reads: vec![],
        work,
    }
}

/// Whoever the world lists under a word; `item` stands for the person an instance is for.
pub(super) fn role(word: &str) -> Selector {
    Selector::of(match word {
        "primary" => Form::PrimaryContact,
        "clerk" | "partner" => Form::Staff(StaffForm::Role(RoleId::new(word).unwrap())),
        "item" => Form::Contact(ExpressionId(0)),
        word => Form::Role(RoleId::new(word).unwrap()),
    })
}

fn work_of(id: &str, asked: Asked, parts: Parts) -> Task {
    task(id, Work::Request(Request { asked, parts, template: None }))
}

pub(super) fn email(id: &str, to: &str) -> Task {
    let email = Email { recipient: role(to), cc: None, bcc: None, template: name("letter"), class: Class::Service };
    task(id, Work::Email(email))
}

pub(super) fn manual(id: &str) -> Task {
    work_of(id, Asked::Assign(Some(role("clerk"))), Parts::Manual { checklist: vec![] })
}

/// A word ends in `?` when the item may be left out.
pub(super) fn documents(id: &str, from: &str, items: &[&str]) -> Task {
    let takes = Takes::File { accept: vec!["pdf".into(), "jpg".into()] };
    let parts = Parts::Documents { items: items_of(items, &takes), nothing_to_report: true };
    work_of(id, Asked::Recipient(role(from)), parts)
}

pub(super) fn form(id: &str, from: &str, items: &[&str]) -> Task {
    let parts = Parts::Form(items_of(items, &Takes::Value(Field::of(Type::Int))));
    work_of(id, Asked::Recipient(role(from)), parts)
}

fn items_of(items: &[&str], takes: &Takes) -> Vec<Item> {
    let item = |word: &&str| Item {
        id: name(word.trim_end_matches('?')),
        label: TextId(0),
        required: !word.ends_with('?'),
        takes: takes.clone(),
        visible_to: None,
    };
    items.iter().map(item).collect()
}

pub(super) fn approval(id: &str, by: &str, required: u32) -> Task {
    let outcomes = vec![name("approved"), name("changes")];
    let parts = Parts::Approval { outcomes, required: Required::AtLeast(required) };
    work_of(id, Asked::Recipient(role(by)), parts)
}

/// Signers as `director`, or `partner after director`.
pub(super) fn signature(id: &str, required: Required, signers: &[&str]) -> Task {
    let signer = |text: &&str| {
        let (word, after) = text.split_once(" after ").map_or((*text, None), |(word, after)| (word, Some(after)));
        Signer { id: name(word), recipient: role(word), after: after.map(name) }
    };
    let document = Some(Computed::Literal(Value::text("letter")));
    let parts = Parts::Signature { document, signers: signers.iter().map(signer).collect(), required };
    work_of(id, Asked::Signers, parts)
}

pub(super) fn script(id: &str) -> Task {
    task(id, Work::Script(ScriptId(0)))
}

pub(super) fn update_client(id: &str) -> Task {
    task(id, Work::UpdateClient(vec![("status".into(), Computed::Literal(Value::text("live")))]))
}

pub(super) fn plugin(id: &str) -> Task {
    task(id, Work::Plugin(PluginTask { name: "vat.file".into(), with: vec![] }))
}

pub(super) fn start_job(id: &str, wait: bool) -> Task {
    task(
        id,
        Work::StartJob(StartJob {
            job: Computed::Literal(Value::text("vat")),
            period: None,
            with: vec![],
            dates: vec![],
            wait,
            take: vec![],
            on_parent_end: OnParentEnd::default(),
        }),
    )
}

pub(super) fn wait(id: &str, until: &str) -> Task {
    task(id, Work::Wait(rule(until)))
}

fn rule(text: &str) -> Rule {
    Rule::parse(text).expect(text)
}

pub(super) fn is(task: &str, is: Is) -> Dependency {
    Dependency::Task { task: name(task), is, same_item: false }
}

pub(super) fn reopen(task: &str, limit: u32) -> Then {
    Then::Reopen { task: name(task), limit, on_limit: OnLimit::Fail }
}

impl Then {
    /// The job goes on with the outcome once the limit is reached.
    pub(super) fn or_go_on(self) -> Self {
        match self {
            Self::Reopen { task, limit, .. } => Self::Reopen { task, limit, on_limit: OnLimit::Continue },
            other => other,
        }
    }
}

impl Task {
    pub(super) fn after(self, task: &str) -> Self {
        self.depends(is(task, Is::Done))
    }

    pub(super) fn depends(mut self, on: Dependency) -> Self {
        self.depends_on.push(on);
        self
    }

    /// Reads what another task gave, in a script or a letter.
    pub(super) fn reads(mut self, task: &str) -> Self {
        self.reads.push(name(task));
        self
    }

    pub(super) fn when(self) -> Self {
        Self { when: Some(ExpressionId(0)), ..self }
    }

    pub(super) fn for_each(self) -> Self {
        let list = ForEach { item: name("person"), list: ExpressionId(0), key: ExpressionId(0) };
        Self { for_each: Some(list), ..self }
    }

    pub(super) fn start(self, text: &str) -> Self {
        Self { start: Some(rule(text)), ..self }
    }

    pub(super) fn due(self, text: &str) -> Self {
        Self { due: Some(rule(text)), ..self }
    }

    pub(super) fn expires(self, text: &str) -> Self {
        Self { expires: Some(rule(text)), ..self }
    }

    pub(super) fn on_expired(self, then: Then) -> Self {
        Self { on_expired: Some(then), ..self }
    }

    pub(super) fn timeout(self, text: &str) -> Self {
        Self { timeout: Some(rule(text)), ..self }
    }

    pub(super) fn tries(mut self, tries: u32) -> Self {
        self.retry.tries = Some(tries);
        self
    }

    pub(super) fn held_in_doubt(mut self) -> Self {
        self.retry.in_doubt = crate::retry::InDoubt::Hold;
        self
    }

    pub(super) fn gives_up(mut self, after: &str, otherwise: Otherwise) -> Self {
        self.on_uncompletable.after = Some(rule(after));
        self.on_uncompletable.otherwise = otherwise;
        self
    }

    /// The clerk is told when nobody can be found.
    pub(super) fn tell_if_nobody(mut self) -> Self {
        self.on_uncompletable.notify = Some(role("clerk"));
        self
    }

    /// The partner is told when it fails.
    pub(super) fn tell_if_failed(mut self) -> Self {
        self.on_failed.notify = Some(role("partner"));
        self
    }

    pub(super) fn if_failed(mut self, otherwise: Otherwise) -> Self {
        self.on_failed.otherwise = otherwise;
        self
    }

    pub(super) fn continue_as(mut self, outcome: &str) -> Self {
        self.on_failed.continue_as = Some(name(outcome));
        self
    }

    pub(super) fn on(mut self, outcome: &str, then: Then) -> Self {
        self.on_outcome.insert(name(outcome), then);
        self
    }

    pub(super) fn gives(mut self, output: &str, of: Type) -> Self {
        self.outputs.insert(name(output), Field::of(of));
        self
    }

    pub(super) fn cc(mut self, to: &str) -> Self {
        if let Work::Email(email) = &mut self.work {
            email.cc = Some(role(to));
        }
        self
    }

    /// Whoever did that task may not do this one.
    pub(super) fn not_same_as(mut self, other: &str) -> Self {
        if let Work::Request(Request { asked: Asked::Recipient(by) | Asked::Assign(Some(by)), .. }) = &mut self.work {
            by.not_same_as = Some(name(other));
        }
        self
    }

    pub(super) fn pick(mut self, pick: Pick) -> Self {
        if let Work::Request(Request { asked: Asked::Recipient(by) | Asked::Assign(Some(by)), .. }) = &mut self.work {
            by.pick = Some(pick);
        }
        self
    }
}
