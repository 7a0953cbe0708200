//! Calls of plugins, between the outbox and the job.
//!
//! Owns: why a plugin is called now, and what its end means for the job. What nobody knows the end of is tried again only
//! as the plugin's manifest allows. Leaves calling to `dispatch`, and what follows to the core.

use super::held::{Held, LiveJob};
use super::wish::Wish;
use super::{Done, Engine};
use crate::{Error, world::World};
use jiff::{SignedDuration, Timestamp};
use jobwright_core::{
    command::{CallEnd, Command, Outcome},
    directory::{Client, Unchanged},
    effect::{Effect, Failure},
    id::{EffectId, Hash, JobId},
    job::JobState,
    retry::{FailureKind, IN_DOUBT},
    value::{Value, Values},
};
use jobwright_plugin::{Call, Called, Ended, Purpose, RepeatSafe, Report, Wanted};
use jobwright_store::outbox::{self, Entry};
use std::collections::BTreeSet;

/// Before a deferred call is asked for again, when its plugin does not say.
const POLL_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// Before a deferred call is asked for again, however soon its plugin says.
const POLL_AFTER_MIN: SignedDuration = SignedDuration::from_secs(1);

/// Effects read at once to see which components they call.
const EFFECTS_PAGE: usize = 1_000;
/// Effects that are read for it at all; with more of them nobody can say in a moment.
const EFFECTS_LOOKED_AT_MAX: usize = 10_000;

/// The code of a change that the client's record does not take.
const BAD_EFFECT: &str = "bad-effect";

/// How something that set out came back.
#[derive(Clone, Debug)]
pub(crate) enum CameBack {
    /// A letter.
    Letter(Report),
    /// The call of a plugin.
    Call(Box<Called>),
}

impl Engine {
    /// The components that calls of today's jobs begin or began with: whoever keeps components needs no others. Nothing,
    /// when too many effects wait to say.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn components_called(&self) -> Result<Option<BTreeSet<Hash>>, Error> {
        let (reader, mut components, mut looked_at) = (self.reader(), BTreeSet::new(), 0);
        for list in [outbox::wanted, outbox::claimed, outbox::given_up] {
            let mut after = None;
            loop {
                let page = list(&reader, after, EFFECTS_PAGE)?;
                looked_at += page.found.len();
                for id in page.found {
                    let effect = outbox::load(&reader, id)?.map(|entry| entry.value.effect);
                    if let Some(Effect::CallPlugin { digest, .. } | Effect::TellListener { digest, .. }) = effect {
                        components.insert(digest);
                    }
                }
                after = page.next;
                if looked_at > EFFECTS_LOOKED_AT_MAX {
                    return Ok(None);
                }
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(Some(components))
    }

    /// The call that an effect means now; nothing when it is not wanted any more and has never begun.
    pub(super) fn call_of(&self, live: &LiveJob, entry: &Entry) -> Option<Call> {
        let Effect::CallPlugin { task, name, digest, settings } = &entry.effect else { return None };
        let run = live.job.run(task).filter(|run| run.is_call(entry.id));
        let wanted = run.filter(|run| live.job.state == JobState::Open && run.wants_call(entry.id));
        let purpose = match wanted.and_then(|run| run.call.as_ref()) {
            None if entry.tries == 0 => return None,
            None => Purpose::Cancel,
            Some(call) if call.correlation.is_some() => Purpose::Poll,
            Some(call) if call.in_doubt && self.plugins().repeat_safe(digest, name) == RepeatSafe::Find => {
                Purpose::Find
            }
            Some(_) => Purpose::Run,
        };
        Some(Call {
            digest: *digest,
            name: name.clone(),
            purpose,
            key: entry.id,
            attempt: entry.tries.saturating_add(1),
            task: task.clone(),
            client: live.job.client.clone(),
            now: self.now(),
            settings: settings.clone(),
            dry_run: false,
        })
    }

    /// A call of which nobody heard the end.
    pub(super) fn lost(&self, effect: &Effect, why: String) -> Outcome {
        let failure = Failure { kind: FailureKind::Transient, code: IN_DOUBT.into(), message: why };
        let end = CallEnd::Failed { failure: self.doubted(Some(effect), failure), not_before: None };
        Outcome::Called { lines: vec![], end }
    }

    /// The end of a call that was to come later has come, from whoever knows it.
    ///
    /// # Errors
    /// When nobody waits for it any more, or the store cannot be written.
    pub fn heard(&self, id: EffectId, called: Called) -> Result<Done, Error> {
        let entry = outbox::load(&self.reader(), id)?;
        let outcome = self.came_back(entry.as_ref().map(|entry| &entry.value.effect), called);
        // One that is polled for too has its row in the outbox, which is settled with it.
        match entry {
            Some(_) => self.done(id.job, self.ride(Wish::Record(id, outcome))),
            None => self.command(id.job, Command::Record { effect: id, outcome }),
        }
    }

    /// What the end of a call means.
    pub(super) fn came_back(&self, effect: Option<&Effect>, called: Called) -> Outcome {
        let now = self.now();
        let after = |span: SignedDuration| now.checked_add(span).unwrap_or(Timestamp::MAX);
        let poll = |span: SignedDuration| after(span.max(POLL_AFTER_MIN));
        let end = match called.ended {
            Ended::Done { outputs, wanted, note } => match named(outputs) {
                Ok(outputs) => CallEnd::Done { outputs, changes: changes(wanted), note },
                Err(failure) => CallEnd::Failed { failure, not_before: None },
            },
            Ended::Later { correlation, poll_after, wanted, note } => {
                CallEnd::Later { correlation, next_at: poll_after.map(poll), changes: changes(wanted), note }
            }
            Ended::DidNotHappen => CallEnd::NotYet { poll_at: after(POLL_AFTER) },
            Ended::Unknown(why) => {
                let kind = FailureKind::NeedsPerson;
                CallEnd::Failed {
                    failure: Failure { kind, code: "plugin-unknown".into(), message: why },
                    not_before: None,
                }
            }
            Ended::Cancelled => CallEnd::Cancelled,
            Ended::Failed { failure, retry_after } => {
                CallEnd::Failed { failure: self.doubted(effect, failure), not_before: retry_after.map(after) }
            }
        };
        Outcome::Called { lines: called.lines, end }
    }

    /// Changes of the client as the types that its fields have, or what is wrong with them: a plugin's fault, and none of
    /// ours.
    ///
    /// # Errors
    /// When the store cannot be read, which is no fault of the plugin's.
    pub(super) fn settable(
        &self,
        held: &mut Held,
        job: JobId,
        changes: Vec<(String, Value)>,
    ) -> Result<Result<Vec<(String, Value)>, Failure>, Error> {
        if changes.is_empty() {
            return Ok(Ok(changes));
        }
        let id = self.head_of(job)?.client;
        let slice = self.slice(held, &id)?;
        Ok(settable(self.world(), &slice.client(&id), changes))
    }

    /// The same end with its changes of the client as the types that they have, unless the client's record cannot be so.
    pub(super) fn within_record(&self, held: &mut Held, job: JobId, outcome: Outcome) -> Result<Outcome, Error> {
        let Outcome::Called { lines, mut end } = outcome else { return Ok(outcome) };
        if let CallEnd::Done { changes, .. } | CallEnd::Later { changes, .. } = &mut end {
            match self.settable(held, job, std::mem::take(changes))? {
                Ok(typed) => *changes = typed,
                Err(failure) => end = CallEnd::Unfit(failure),
            }
        }
        Ok(Outcome::Called { lines, end })
    }

    /// Where doing it again may do harm, whatever cut a call off leaves it to a person.
    fn doubted(&self, effect: Option<&Effect>, failure: Failure) -> Failure {
        let Some(Effect::CallPlugin { name, digest, .. }) = effect else { return failure };
        if !failure.leaves_doubt() || self.plugins().repeat_safe(digest, name) != RepeatSafe::No {
            return failure;
        }
        let message = format!(
            "{}; whether it happened nobody knows, and its plugin does not say that it may be repeated",
            failure.message
        );
        Failure { kind: FailureKind::NeedsPerson, message, ..failure }
    }
}

/// Changes of a client as the types that its fields have: the one rule for tasks, plugins and listeners, and what people
/// meet too.
///
/// # Errors
/// When a field does not take its value, or the record cannot be so.
pub(crate) fn settable(
    world: &World,
    client: &Client,
    changes: Vec<(String, Value)>,
) -> Result<Vec<(String, Value)>, Failure> {
    let refused =
        |why: String| Failure::permanent(BAD_EFFECT, format!("the client's record cannot be changed like this: {why}"));
    let typed = changes.into_iter().map(|(path, value)| match world.typed(&path, value) {
        Ok(value) => Ok((path, value)),
        Err(why) => Err(refused(Unchanged::BadPath { path, why: why.to_string() }.to_string())),
    });
    let typed = typed.collect::<Result<Vec<_>, Failure>>()?;
    client.with_paths(&typed).map_err(|why| refused(why.to_string()))?;
    Ok(typed)
}

/// Whose call an effect is, for whoever reports it.
pub(super) fn is_call(effect: &Effect) -> bool {
    matches!(effect, Effect::CallPlugin { .. } | Effect::TellListener { .. })
}

pub(super) fn changes(wanted: Vec<Wanted>) -> Vec<(String, Value)> {
    let changes = wanted.into_iter().flat_map(|one| match one {
        Wanted::SetClient(fields) => fields,
    });
    changes.collect()
}

fn named(outputs: Value) -> Result<Values, Failure> {
    let Value::Map(map) = outputs else {
        let words = format!("the plugin gives {}, not a map of outputs", outputs.kind());
        return Err(Failure::permanent("bad-output", words));
    };
    let named = map.into_iter().map(|(name, value)| {
        let bad = |_| Failure::permanent("bad-output", format!("`{name}` cannot be the name of an output"));
        Ok((name.parse().map_err(bad)?, value))
    });
    named.collect()
}
