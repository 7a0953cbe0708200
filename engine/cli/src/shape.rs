//! The shapes that machines read: jobs, tasks, events, people, values.
//!
//! Owns: the one form of each in `--json`. Keys are snake_case, times RFC 3339 with offset, ids texts, decimals and
//! dates texts; stable within a major version.

use jiff::{Timestamp, tz::TimeZone};
use jobwright_core::{
    date::{Period, When},
    effect::Failure,
    event::{Actor, Amended, Answered, DateKey, Dated, Event, Forced, Letter, Line, Opened, Recorded, Skip},
    id::Name,
    job::{ByForce, Job, Run},
    plan::{OnParentEnd, Plan},
    recipient::{Branch, Candidate, Person, Reason, Resolution},
    task::TaskKey,
    value::Values,
};
use jobwright_runtime::{BATCH_SIZES, Counted};
use jobwright_store::{GROUP_SIZES, outbox::Counts};
use serde_json::{Map, Value as Json, json};

/// A value.
pub use jobwright_plugin::json::write as value;

/// Named values.
pub fn values(values: &Values) -> Json {
    Json::Object(values.iter().map(|(name, one)| (name.to_string(), value(one))).collect())
}

/// A moment in the practice's zone.
pub fn moment(at: Timestamp, zone: &TimeZone) -> Json {
    let zoned = at.to_zoned(zone.clone());
    json!(format!("{}{}", zoned.strftime("%Y-%m-%dT%H:%M:%S"), zoned.strftime("%:z")))
}

fn maybe(at: Option<Timestamp>, zone: &TimeZone) -> Json {
    at.map_or(Json::Null, |at| moment(at, zone))
}

/// How many effects are where on their way.
pub fn effects(counts: &Counts) -> Json {
    json!({ "wanted": counts.wanted, "claimed": counts.claimed, "given_up": counts.given_up })
}

/// How much an engine has done since it was opened.
pub fn counters(counted: &Counted) -> Json {
    let sizes = BATCH_SIZES.iter().map(|size| json!(size)).chain([Json::Null]);
    let by_size = sizes.zip(counted.batch_sizes).map(|(up_to, batches)| json!({ "up_to": up_to, "batches": batches }));
    json!({
        "turns": counted.turns, "commits": counted.commits, "batches": counted.batches,
        "batches_by_size": by_size.collect::<Json>(),
        "callers_waiting": counted.waiting, "callers_waiting_max": counted.waiting_max,
        "callers_turned_away": counted.busy,
        "letters_claimed": counted.letters_claimed, "letters_sent": counted.letters_sent,
        "letters_in_doubt": counted.letters_in_doubt, "letters_tried_again": counted.letters_again,
    })
}

/// How much a store has done since it was opened.
pub fn store_counters(counted: &jobwright_store::Counters) -> Json {
    let sizes = GROUP_SIZES.iter().map(|size| json!(size)).chain([Json::Null]);
    let by_size = sizes.zip(counted.groups).map(|(up_to, flushes)| json!({ "up_to": up_to, "flushes": flushes }));
    json!({
        "commits": counted.commits, "flushes": counted.flushes, "flushes_by_size": by_size.collect::<Json>(),
        "journal_bytes": counted.journal_bytes, "rows_followed": counted.rows_followed,
        "rows_waiting": counted.rows_waiting, "bytes_waiting": counted.bytes_waiting,
        "callers_waiting": counted.callers_waiting,
    })
}

/// A person.
pub fn person(person: &Person) -> Json {
    json!({ "kind": person.id.kind(), "id": person.id.as_str(), "name": person.name, "address": person.address })
}

fn people<'a>(all: impl IntoIterator<Item = &'a Person>) -> Json {
    all.into_iter().map(person).collect()
}

/// Who did something.
pub fn actor(actor: &Actor) -> Json {
    match actor {
        Actor::Engine => json!({ "kind": "engine" }),
        Actor::Staff { id, entered_by } => json!({ "kind": "staff", "id": id.as_str(), "entered_by": entered_by }),
        Actor::Contact { id, entered_by } => json!({
            "kind": "contact", "id": id.as_str(), "entered_by": entered_by, "entered_by_staff": null, "present": true,
        }),
        Actor::Entered { contact, staff, entered_by, is_present } => json!({
            "kind": "contact", "id": contact.as_str(), "entered_by": entered_by,
            "entered_by_staff": staff.as_ref().map(|staff| staff.as_str()), "present": is_present,
        }),
        Actor::Operator { entered_by } => json!({ "kind": "operator", "entered_by": entered_by }),
    }
}

/// Why a task is uncompletable, and who can mend it.
pub fn reason(reason: &Reason) -> Json {
    json!({ "code": reason.code(), "about": reason.to_string(), "mend": reason.mend() })
}

/// A period.
pub fn period(period: &Period) -> Json {
    json!({
        "key": period.key, "label": period.label,
        "start": period.start.to_string(), "end": period.end.to_string(),
    })
}

/// A date of a job.
pub fn dated(date: &Dated, zone: &TimeZone) -> Json {
    match date {
        Dated::On { when: When::Day(day), at } => json!({ "day": day.to_string(), "at": moment(*at, zone) }),
        Dated::On { when: When::Moment(_), at } => json!({ "at": moment(*at, zone) }),
        Dated::Unknown(anchor) => json!({ "unknown": anchor }),
        Dated::Absent => Json::Null,
    }
}

/// Key dates that one job hands to another: days, or moments.
fn given_dates(dates: &[(Name, When)], zone: &TimeZone) -> Json {
    let one = |when: &When| match when {
        When::Day(day) => json!(day.to_string()),
        When::Moment(at) => moment(*at, zone),
    };
    Json::Object(dates.iter().map(|(name, when)| (name.to_string(), one(when))).collect())
}

/// One task of a job.
pub fn task(job: &Job, plan: &Plan, key: &TaskKey, run: &Run, label: &str, zone: &TimeZone) -> Json {
    let due = job.dates.get(&DateKey::Due(key.clone())).map_or(Json::Null, |date| dated(date, zone));
    json!({
        "id": key.to_string(),
        "label": label,
        "type": plan.task(&key.task).map(|task| task.work.word()),
        "state": run.state.word(),
        "reason": run.reason.as_ref().map(reason),
        "recipients": people(run.doers()),
        "due": due,
        "overdue": run.overdue && !run.state.is_settled(),
        "round": run.round,
        "outcome": run.outcome.as_ref().map(ToString::to_string),
        "failure": run.failure.as_ref().map(failure),
        "started_at": maybe(run.active_at, zone),
        "ended_at": maybe(run.ended_at, zone),
        "completed_by": run.by.as_ref().map(actor),
        "outputs": values(&run.outputs),
        "answers": answers(run.answers.iter()),
        "previous": {
            "answers": answers(run.before.iter().flat_map(|before| &before.answers)),
            "outputs": run.before.as_ref().map_or_else(|| json!({}), |before| values(&before.outputs)),
        },
        "forced": run.forced.map(ByForce::word),
        "missing": run.missing.iter().map(|name| json!(name.as_str())).collect::<Json>(),
        "amended": run.amended.iter().map(|one| amended(one, false)).collect::<Json>(),
    })
}

fn answers<'a>(all: impl Iterator<Item = (&'a Name, &'a (Answered, Actor))>) -> Json {
    let one = |(answer, by): &(Answered, Actor)| json!({ "answer": answered(answer), "by": actor(by) });
    Json::Object(all.map(|(item, given)| (item.to_string(), one(given))).collect())
}

fn answered(answer: &Answered) -> Json {
    match answer {
        Answered::Value(one) => value(one),
        Answered::Nothing => json!("nothing to report"),
    }
}

/// A correction; with its task and what was built on it where it stands alone.
fn amended(one: &Amended, alone: bool) -> Json {
    let mut shape = json!({
        "item": one.item.as_str(), "before": one.before.as_ref().map(answered), "after": answered(&one.after),
        "by": actor(&one.by), "note": one.note,
    });
    if alone {
        shape["task"] = json!(one.task.to_string());
        shape["built_on"] = one.built.iter().map(|task| json!(task.to_string())).collect();
    }
    shape
}

fn forced(one: &Forced) -> Json {
    let answers = one.answers.iter().map(|(item, answer)| (item.to_string(), answered(answer)));
    json!({
        "task": one.task.to_string(), "outcome": one.outcome.as_str(), "outputs": values(&one.outputs),
        "answers": Json::Object(answers.collect()),
        "missing": one.missing.iter().map(|name| json!(name.as_str())).collect::<Json>(),
        "by": actor(&one.by), "note": one.note,
    })
}

/// How something failed.
pub fn failure(failure: &Failure) -> Json {
    json!({ "kind": failure.kind.word(), "code": failure.code, "message": failure.message })
}

/// The proof of a selector's answer.
pub fn resolution(resolution: &Resolution) -> Json {
    json!({
        "outcome": resolution.found.word(),
        "chosen": people(&resolution.chosen),
        "reason": resolution.reason.as_ref().map(reason),
        "tree": branch(&resolution.tree),
    })
}

fn branch(one: &Branch) -> Json {
    json!({
        "rule": one.rule,
        "result": one.found.word(),
        "candidates": one.candidates.iter().map(candidate).collect::<Json>(),
        "children": one.children.iter().map(branch).collect::<Json>(),
    })
}

fn candidate(one: &Candidate) -> Json {
    json!({
        "id": one.person.id.as_str(), "kind": one.person.id.kind(), "name": one.person.name,
        "kept": one.kept, "because": one.because,
    })
}

/// One event of a timeline: `seq`, `at`, `kind`, then what the kind has. A long flat match, whole on purpose.
pub fn event(recorded: &Recorded, zone: &TimeZone) -> Json {
    let task = |task: &TaskKey| json!(task.to_string());
    let (kind, facts) = match &recorded.event {
        Event::JobOpened(one) => ("job_opened", opened(one)),
        Event::DatesSet { dates } => {
            let dates = dates.iter().map(|(key, date)| (key.to_string(), dated(date, zone)));
            ("dates_set", json!({ "dates": Json::Object(dates.collect()) }))
        }
        Event::TaskReady { task: key } => ("task_ready", json!({ "task": task(key) })),
        Event::TaskExpanded { task: key, items } => {
            let items: Vec<&String> = items.iter().map(|(item, _)| item).collect();
            ("task_expanded", json!({ "task": task(key), "items": items }))
        }
        Event::TaskSkipped { task: key, why } => ("task_skipped", json!({ "task": task(key), "why": skip(why) })),
        Event::RecipientsResolved { task: key, slot, resolution: found, revision } => (
            "recipients_resolved",
            json!({
                "task": task(key), "place": slot.to_string(), "resolution": resolution(found),
                "store_revision": { "client": revision.client, "staff": revision.staff },
            }),
        ),
        Event::TaskActivated { task: key, awaits, document } => (
            "task_activated",
            json!({
                "task": task(key), "awaits": format!("{awaits:?}").to_lowercase(),
                "document": document.as_ref().map(value),
            }),
        ),
        Event::TaskUncompletable { task: key, reason: why, slot } => {
            ("task_uncompletable", json!({ "task": task(key), "reason": reason(why), "place": slot.to_string() }))
        }
        Event::TaskMended { task: key, revision } => (
            "task_mended",
            json!({ "task": task(key), "store_revision": { "client": revision.client, "staff": revision.staff } }),
        ),
        Event::LetterWritten { task: key, slot, letter: one } => {
            ("letter_written", json!({ "task": task(key), "place": slot.to_string(), "letter": letter(one) }))
        }
        Event::NoticeUnsent { task: key, why } => ("notice_unsent", json!({ "task": task(key), "why": why })),
        Event::LetterSent { effect, reply } => ("letter_sent", json!({ "effect": effect.to_string(), "reply": reply })),
        Event::LetterRefused { effect, address, reply } => {
            ("letter_refused", json!({ "effect": effect.to_string(), "address": address, "reply": reply }))
        }
        Event::LetterDropped { effect } => ("letter_dropped", json!({ "effect": effect.to_string() })),
        Event::EffectDelayed { effect, failure: how, tries, next_at } => (
            "effect_delayed",
            json!({
                "effect": effect.to_string(), "failure": failure(how), "tries": tries,
                "next_at": moment(*next_at, zone),
            }),
        ),
        Event::EffectGivenUp { effect, failure: how } => {
            ("effect_given_up", json!({ "effect": effect.to_string(), "failure": failure(how) }))
        }
        Event::ItemAnswered { task: key, item, answer, by } => {
            let facts =
                json!({ "task": task(key), "item": item.as_str(), "answer": answered(answer), "by": actor(by) });
            ("item_answered", facts)
        }
        Event::OutcomeGiven { task: key, outcome, by, note } => {
            ("outcome_given", json!({ "task": task(key), "outcome": outcome.as_str(), "by": actor(by), "note": note }))
        }
        Event::Signed { task: key, signer, by } => {
            ("signed", json!({ "task": task(key), "signer": signer.as_str(), "by": actor(by) }))
        }
        Event::SignatureDeclined { task: key, signer, by, note } => (
            "signature_declined",
            json!({ "task": task(key), "signer": signer.as_str(), "by": actor(by), "note": note }),
        ),
        Event::ChildAsked { task: key, definition, inputs } => {
            ("child_asked", json!({ "task": task(key), "definition": definition.as_str(), "inputs": values(inputs) }))
        }
        Event::ChildTermsSet { task: key, period, dates, on_parent_end } => (
            "child_terms_set",
            json!({
                "task": task(key), "period": period, "dates": given_dates(dates, zone),
                "on_parent_end": match on_parent_end {
                    OnParentEnd::CancelWithIt => Json::Null,
                    OnParentEnd::Cancel => json!("cancel"),
                    OnParentEnd::Keep => json!("keep"),
                },
            }),
        ),
        Event::ChildGave { effect, outputs } => {
            ("child_gave", json!({ "effect": effect.to_string(), "outputs": values(outputs) }))
        }
        Event::KeyDatesGiven { dates } => ("key_dates_given", json!({ "dates": given_dates(dates, zone) })),
        Event::InstancesHeld { task: key } => ("instances_held", json!({ "task": task(key) })),
        Event::ChildStarted { effect, job } => {
            ("child_started", json!({ "effect": effect.to_string(), "job": job.to_string() }))
        }
        Event::ChildEnded { effect, completed } => {
            ("child_ended", json!({ "effect": effect.to_string(), "completed": completed }))
        }
        Event::PluginAsked { task: key, name, digest, settings } => (
            "plugin_asked",
            json!({ "task": task(key), "type": name, "component": digest.to_string(), "settings": value(settings) }),
        ),
        Event::PluginSaid { effect, lines } => {
            let lines: Vec<Json> = lines.iter().map(line).collect();
            ("plugin_said", json!({ "effect": effect.to_string(), "lines": lines }))
        }
        Event::ProgressKept { effect, name, value } => {
            ("progress_kept", json!({ "effect": effect.to_string(), "name": name, "value": value }))
        }
        Event::PluginDeferred { effect, correlation, next_at, note } => (
            "plugin_deferred",
            json!({
                "effect": effect.to_string(),
                "correlation": correlation,
                "next_at": maybe(*next_at, zone),
                "note": note,
            }),
        ),
        Event::PluginReturned { effect } => ("plugin_returned", json!({ "effect": effect.to_string() })),
        Event::ListenerHeard { effect, listener, lines, changes, failure: how } => {
            let changes = changes.iter().map(|(path, one)| (path.clone(), value(one)));
            (
                "listener_heard",
                json!({
                    "effect": effect.to_string(), "listener": listener,
                    "lines": lines.iter().map(line).collect::<Vec<Json>>(),
                    "changes": Json::Object(changes.collect()), "failure": how.as_ref().map(failure),
                }),
            )
        }
        Event::ValueChecked { task: key, name, check, digest } => (
            "value_checked",
            json!({ "task": task(key), "name": name.to_string(), "check": check, "component": digest.to_string() }),
        ),
        Event::ClientUpdated { task: key, changes } => {
            let changes = changes.iter().map(|(path, one)| (path.clone(), value(one)));
            ("client_updated", json!({ "task": task(key), "changes": Json::Object(changes.collect()) }))
        }
        Event::TaskCompleted { task: key, outcome, outputs, by, note } => (
            "task_completed",
            json!({
                "task": task(key), "outcome": outcome.as_ref().map(ToString::to_string),
                "outputs": values(outputs), "by": actor(by), "note": note,
            }),
        ),
        Event::TaskFailed { task: key, failure: how } => {
            ("task_failed", json!({ "task": task(key), "failure": failure(how) }))
        }
        Event::TaskTakenOver { task: key, because } => {
            ("task_taken_over", json!({ "task": task(key), "because": because }))
        }
        Event::TaskReassigned { task: key, people: to, by, note } => {
            ("task_reassigned", json!({ "task": task(key), "to": people(to), "by": actor(by), "note": note }))
        }
        Event::RecipientChanged { task: key, slot, before, after, reason: why } => (
            "recipient_changed",
            json!({
                "task": task(key), "place": slot.to_string(), "before": person(before),
                "after": after.as_ref().map(person), "reason": why.as_ref().map(reason),
            }),
        ),
        Event::TaskRetried { task: key, by } => ("task_retried", json!({ "task": task(key), "by": actor(by) })),
        Event::TasksReopened { cause, from, tasks } => (
            "tasks_reopened",
            json!({
                "cause": task(cause), "from": from.as_str(),
                "tasks": tasks.iter().map(task).collect::<Json>(),
            }),
        ),
        Event::TaskOverdue { task: key } => ("task_overdue", json!({ "task": task(key) })),
        Event::ActRefused { task: key, act, by, why } => {
            ("act_refused", json!({ "task": task(key), "act": act.word(), "by": actor(by), "why": why }))
        }
        Event::JobMoved { from, to, added, removed, renamed, by } => {
            let names = |all: &[Name]| all.iter().map(|name| json!(name.as_str())).collect::<Json>();
            let renamed = renamed.iter().map(|(old, new)| (old.to_string(), json!(new.as_str())));
            let facts = json!({
                "from": from.to_string(), "to": to.to_string(), "added": names(added), "removed": names(removed),
                "renamed": Json::Object(renamed.collect()), "by": actor(by),
            });
            ("job_moved", facts)
        }
        Event::JobCompleted => ("job_completed", json!({})),
        Event::JobCancelled { by, why } => ("job_cancelled", json!({ "by": actor(by), "why": why })),
        Event::TaskDoneOutOfTurn(one) => ("task_done_out_of_turn", forced(one)),
        Event::TaskOverridden(one) => ("task_overridden", forced(one)),
        Event::AnswerAmended(one) => ("answer_amended", amended(one, true)),
        Event::TaskReopened { from, tasks, by, note } => (
            "task_reopened",
            json!({
                "from": task(from), "tasks": tasks.iter().map(task).collect::<Json>(), "by": actor(by), "note": note,
            }),
        ),
        Event::SignatureVoided { task: key, signer, by } => {
            ("signature_voided", json!({ "task": task(key), "signer": signer.as_str(), "by": actor(by) }))
        }
        Event::ReopenLimitReached { task: key, from, limit, outcome, by, note } => (
            "reopen_limit_reached",
            json!({
                "task": task(key), "from": from.as_str(), "limit": limit,
                "outcome": outcome.as_ref().map(ToString::to_string), "by": actor(by), "note": note,
            }),
        ),
        Event::JobUncancelled { by, note } => ("job_uncancelled", json!({ "by": actor(by), "note": note })),
    };
    let mut object = Map::new();
    object.insert("seq".into(), json!(recorded.number));
    object.insert("at".into(), moment(recorded.at, zone));
    object.insert("kind".into(), json!(kind));
    if let Json::Object(facts) = facts {
        object.extend(facts);
    }
    Json::Object(object)
}

fn opened(one: &Opened) -> Json {
    json!({
        "definition": one.definition.as_str(), "version_hash": one.hash.to_string(), "client": one.client.as_str(),
        "period": one.period.as_ref().map(period), "inputs": values(&one.inputs), "by": actor(&one.by),
        "parent": one.parent.map(|effect| effect.to_string()),
    })
}

fn skip(why: &Skip) -> Json {
    match why {
        Skip::ConditionFalse => json!({ "code": "condition_false" }),
        Skip::Unreachable => json!({ "code": "unreachable" }),
        Skip::NothingToDo => json!({ "code": "nothing_to_do" }),
        Skip::NobodyFound(one) => json!({ "code": "nobody_found", "reason": reason(one) }),
        Skip::Failed => json!({ "code": "failed" }),
        Skip::AtLimit => json!({ "code": "at_limit" }),
        Skip::Person { by, note } => json!({ "code": "person", "by": actor(by), "note": note }),
    }
}

/// A letter, as it was frozen.
pub fn letter(one: &Letter) -> Json {
    json!({
        "to": person(&one.to), "copy_of": one.copy_of.as_ref().map(person), "cc": people(&one.cc), "class": one.class.word(),
        "subject": one.subject, "text": one.text, "html": one.html,
    })
}

/// A whole job: what `show --json` prints.
pub fn job(job: &Job, plan: &Plan, labels: &dyn Fn(&TaskKey) -> String, events: &[Recorded], zone: &TimeZone) -> Json {
    let tasks = in_order(job, plan).map(|(key, run)| task(job, plan, &key, run, &labels(&key), zone));
    let dates = job.dates.iter().filter_map(|(key, date)| match key {
        DateKey::Key(name) => Some((name.to_string(), dated(date, zone))),
        _ => None,
    });
    json!({
        "job": job.id.to_string(),
        "definition": job.definition.as_str(),
        "version_hash": job.hash.to_string(),
        "client": job.client.as_str(),
        "state": job.state.word(),
        "needs_attention": job.needs_attention(),
        "period": job.period.as_ref().map(period),
        "opened_at": moment(job.opened_at, zone),
        "ended_at": maybe(job.ended_at, zone),
        "inputs": values(&job.inputs),
        "dates": Json::Object(dates.collect()),
        "tasks": tasks.collect::<Json>(),
        "events": events.iter().map(|one| event(one, zone)).collect::<Json>(),
    })
}

/// A job's tasks in the order of its definition, instances under their parent; then those that are no longer in it.
pub fn in_order<'a>(job: &'a Job, plan: &'a Plan) -> impl Iterator<Item = (TaskKey, &'a Run)> {
    let listed = plan.tasks.iter().flat_map(|task| {
        let key = TaskKey::of(&task.id);
        let instances: Vec<_> = job.instances(&key).collect();
        job.run(&key).map(|run| (key.clone(), run)).into_iter().chain(instances)
    });
    let gone = job.tasks.iter().filter(|(key, _)| plan.task(&key.task).is_none());
    listed.chain(gone.map(|(key, run)| (key.clone(), run)))
}

fn line(one: &Line) -> Json {
    let fields = serde_json::from_str(&one.fields).unwrap_or(Json::Null);
    json!({ "level": one.level.word(), "message": one.message, "fields": fields })
}
