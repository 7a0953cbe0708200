//! What was promised of letters, held against each try of one.
//!
//! Owns: whether a letter may leave, judged by what was acknowledged before it. Leaves what the server does with it to
//! `mail`.

use std::sync::Arc;

use jobwright_core::directory::Client;
use jobwright_core::effect::Effect;
use jobwright_core::event::{Event, Letter as Written, Recorded, Slot};
use jobwright_core::id::EffectId;
use jobwright_core::job::{Job, selector};
use jobwright_core::recipient::{Form, PersonId, Selector};
use jobwright_core::task::TaskKey;
use jobwright_plugin::Frozen;
use jobwright_store::{
    Reader, directory, jobs,
    outbox::{self, State},
};

use crate::simulation::files::FailingFiles;
use crate::simulation::mail::Letter;
use crate::simulation::practice::Simulated;
use crate::simulation::witness::Model;

/// What a letter is judged by.
pub struct Sight {
    /// What was acknowledged.
    pub model: Arc<Model>,
    /// Large records.
    pub files: Arc<FailingFiles>,
    /// The plans.
    pub all: Arc<Simulated>,
}

/// What is wrong with trying this letter now: which promise it breaks, and how.
pub fn wrong_with(sight: &Sight, before: &Letter, id: EffectId, frozen: &Frozen, process: u64) -> Option<(u8, String)> {
    let reader = Reader::new(&*sight.model, sight.files.kept());
    let unread = |what: &str| Some((4, format!("it is tried, and its {what} cannot be read")));
    let Ok(Some(entry)) = outbox::load(&reader, id) else {
        return Some((4, "it is tried, and nobody wants it".to_owned()));
    };
    let entry = entry.value;
    if !matches!(entry.state, State::Claimed { .. }) {
        return Some((4, format!("it is tried without a claim, {:?}", entry.state)));
    }
    if entry.tries <= before.tries {
        return Some((4, format!("it is tried {} times, and {} are counted", before.tries + 1, entry.tries)));
    }
    if let Some(wrong) = other_bytes(before, id, frozen, entry.frozen.as_ref()) {
        return Some((4, wrong));
    }
    if before.told_in == Some(process) {
        return Some((4, "it is sent again by those who heard that it was taken".to_owned()));
    }
    let Ok(Some(loaded)) = jobs::load(&reader, id.job) else { return unread("job") };
    if let Some(wrong) = settled(&loaded.events, id) {
        return Some((4, wrong));
    }
    let Effect::SendLetter { task, letter } = &entry.effect else { return Some((4, "it is no letter".to_owned())) };
    let Ok(Some(job)) = Job::replay(&loaded.events) else { return unread("job") };
    let Ok(client) = directory::client(&reader, &job.client) else { return unread("client") };
    // Whoever was asked stays asked when the directory changes later: only an answer of now is judged.
    let is_of_now = asked_of(&loaded.events, id) == Some(client.version);
    let client = client.value?;
    if is_of_now && !is_reassigned(&loaded.events, task) {
        return lost_place(sight, &job, task, id, letter, &client).map(|wrong| (7, wrong));
    }
    None
}

/// How often a person had the letter's task tried again: its tries count from there.
pub fn retried(sight: &Sight, id: EffectId) -> usize {
    let reader = Reader::new(&*sight.model, sight.files.kept());
    let (Ok(Some(loaded)), Ok(Some(entry))) = (jobs::load(&reader, id.job), outbox::load(&reader, id)) else {
        return 0;
    };
    let Effect::SendLetter { task, .. } = &entry.value.effect else { return 0 };
    let is_retry = |event: &&Recorded| matches!(&event.event, Event::TaskRetried { task: of, .. } if of == task);
    loaded.events.iter().filter(is_retry).count()
}

/// What is wrong with setting out with it: who claimed it knew that nobody wants it. One that is dropped while it is on
/// its way has begun, and may arrive.
pub fn unwanted(sight: &Sight, id: EffectId) -> Option<String> {
    let reader = Reader::new(&*sight.model, sight.files.kept());
    let loaded = jobs::load(&reader, id.job).ok()??;
    loaded.events.iter().find_map(|recorded| match &recorded.event {
        Event::LetterDropped { effect } if *effect == id => {
            Some(format!("it sets out, and event {} says that nobody wants it", recorded.number))
        }
        _ => None,
    })
}

/// Which version of the client a letter's people were found in.
fn asked_of(events: &[Recorded], id: EffectId) -> Option<u64> {
    let Event::LetterWritten { task, slot, .. } = &events.get(usize::try_from(id.event).ok()? - 1)?.event else {
        return None;
    };
    let earlier = events.iter().rev().filter(|event| event.number < id.event);
    earlier.into_iter().find_map(|event| match &event.event {
        Event::RecipientsResolved { task: of, slot: place, revision, .. } if of == task && place == slot => {
            Some(revision.client)
        }
        _ => None,
    })
}

fn other_bytes(before: &Letter, id: EffectId, frozen: &Frozen, kept: Option<&outbox::Frozen>) -> Option<String> {
    if !kept.is_some_and(|kept| kept.mime == frozen.bytes && kept.to == frozen.to) {
        return Some("its bytes are not those that were kept with the claim".to_owned());
    }
    if !before.bytes.is_empty() && before.bytes != frozen.bytes {
        return Some("its bytes are others than at the first try".to_owned());
    }
    let name = format!("<{id}@");
    (!String::from_utf8_lossy(&frozen.bytes).contains(&name)).then(|| "its Message-ID is not its own".to_owned())
}

fn settled(events: &[Recorded], id: EffectId) -> Option<String> {
    events.iter().find_map(|recorded| match &recorded.event {
        Event::LetterSent { effect, .. } | Event::LetterRefused { effect, .. } if *effect == id => {
            Some(format!("it is tried, and event {} says how it went", recorded.number))
        }
        _ => None,
    })
}

/// Somebody of the practice gave the task to others, whom no rule names.
fn is_reassigned(events: &[Recorded], task: &TaskKey) -> bool {
    events.iter().any(|recorded| matches!(&recorded.event, Event::TaskReassigned { task: of, .. } if of == task))
}

/// Whether nothing in the rule of its place allows this person any more.
fn lost_place(
    sight: &Sight,
    job: &Job,
    task: &TaskKey,
    id: EffectId,
    letter: &Written,
    client: &Client,
) -> Option<String> {
    let (_, slot) = job.effects.get(&id)?;
    let plan = sight.all.plan(job.hash)?;
    let PersonId::Contact(contact) = &letter.to.id else { return None };
    let (selector, _) = selector(plan.task(&task.task)?, job.run(task)?, slot)?;
    let Some(contact) = client.contact(contact).filter(|contact| contact.active) else {
        return Some(format!("{} is gone, and is written to", contact.as_str()));
    };
    let is_primary = client.primary_contact().is_some_and(|primary| primary.id == contact.id);
    let allows = |form: &Form| match form {
        Form::PrimaryContact | Form::Default => is_primary,
        Form::Role(role) => contact.roles.contains(role),
        Form::Staff(_) => false,
        _ => true,
    };
    (!any_leaf(&selector, &allows)).then(|| format!("{} lost the role for place {slot} of {task}", contact.id))
}

fn any_leaf(selector: &Selector, allows: &dyn Fn(&Form) -> bool) -> bool {
    match &selector.form {
        Form::FirstOf(branches) | Form::AnyOf(branches) | Form::AllOf(branches) => {
            branches.iter().any(|branch| any_leaf(branch, allows))
        }
        leaf => allows(leaf),
    }
}

/// A letter to somebody whom nobody found.
pub fn misdirected(events: &[Recorded], recorded: &Recorded) -> Option<String> {
    let Event::LetterWritten { task, slot, letter } = &recorded.event else { return None };
    if *slot == Slot::Notice {
        return None;
    }
    let found =
        events.iter().rev().filter(|event| event.number < recorded.number).find_map(|event| match &event.event {
            Event::RecipientsResolved { task: of, slot: place, resolution, .. } if of == task && place == slot => {
                Some(resolution.chosen.contains(&letter.to))
            }
            Event::RecipientChanged { task: of, slot: place, after: Some(after), .. }
                if of == task && place == slot && *after == letter.to =>
            {
                Some(true)
            }
            Event::TaskReassigned { task: of, people, .. } if of == task => {
                Some(people.iter().any(|one| one.id == letter.to.id))
            }
            _ => None,
        });
    match found {
        Some(true) => None,
        Some(false) => Some(format!("{} is written to and was not found", letter.to.id.as_str())),
        None => Some(format!("{} is written to and nobody was looked for", letter.to.id.as_str())),
    }
}
