//! A letter that is about to leave, and has never left.
//!
//! Owns: the look at whom it is for that is one commit with its claim, and the turn that it calls for when somebody is
//! otherwise by then. Once a try has left it open whether the letter was taken it is not looked at again: its bytes are
//! what may have arrived. Leaves what otherwise means to `answer`, and what follows to the core.

use super::Engine;
use super::held::{Held, LiveJob};
use super::slot::Slot;
use super::wish::{ChangedClients, Given};
use crate::Error;
use crate::answer::{is_otherwise, look_again};
use crate::turn::Cause;
use jobwright_core::{
    effect::Effect,
    event::Letter,
    id::EffectId,
    job::{JobState, Mail, MailState},
    task::TaskKey,
};
use jobwright_store::{
    Draft, Loaded, directory,
    outbox::{self, Entry, State},
};

/// What a look at a letter shows.
pub(super) enum Sight {
    /// Its task ended meanwhile, or wants it no more.
    Unwanted,
    /// Somebody whom it is for, or names, is otherwise now.
    Otherwise,
    /// All is as it was written, while these rows stay as they are.
    AsWritten(Draft),
}

impl Engine {
    /// Looks at a letter that is about to be claimed.
    pub(super) fn look_at(&self, held: &mut Held, live: &LiveJob, entry: &Loaded<Entry>) -> Result<Sight, Error> {
        let id = entry.value.id;
        let Some((task, slot)) = live.job.effects.get(&id) else { return Ok(Sight::Unwanted) };
        if !live.job.wants(id) {
            return Ok(Sight::Unwanted);
        }
        let Effect::SendLetter { letter, .. } = &entry.value.effect else {
            return Ok(Sight::AsWritten(Draft::default()));
        };
        if live.job.state != JobState::Open {
            return Ok(Sight::AsWritten(Draft::default()));
        }
        let slice = self.slice(held, &live.job.client)?;
        let client = slice.client(&live.job.client);
        let setting = self.setting(&live.prepared, &client, &slice, None)?;
        let scene = setting.scene(&live.job);
        if is_otherwise(&scene, task, slot, letter) {
            // Whoever is only named in it, and whose own letter has left, stays as that one has them.
            let (_, again) = look_again(&scene, task, &self.unsent_of(live, task)?);
            if again.contains(&id) {
                return Ok(Sight::Otherwise);
            }
        }
        let as_seen = directory::client_unchanged(&live.job.client, slice.client.version);
        let staff_as_seen = directory::staff_unchanged(slice.staff.version);
        Ok(Sight::AsWritten(Draft::default().when(as_seen).when(staff_as_seen)))
    }

    /// The turn of a job whose letter is for somebody who is otherwise now.
    pub(super) fn decide_look_again(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        id: EffectId,
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        slot.answer = Some(Ok(Given::Nothing));
        let live = self.live_of(held, slot, id.job)?;
        let Some((task, _)) = live.job.effects.get(&id).cloned() else {
            held.jobs.put(id.job, live);
            return Ok(None);
        };
        let unsent = self.unsent_of(&live, &task)?;
        self.turn(held, slot, live, Cause::LookAgain(task, unsent), changed, |_| Ok(Draft::default()))
    }

    /// Lets go of a claimed letter that its job dropped after the claim and before it set out.
    pub(super) fn decide_set_out(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        id: EffectId,
    ) -> Result<Option<Draft>, Error> {
        slot.answer = Some(Ok(Given::Nothing));
        let Some(entry) = outbox::load(&self.reader(), id)? else { return Ok(None) };
        let live = self.live_of(held, slot, id.job)?;
        let is_wanted = live.job.wants(id);
        held.jobs.put(id.job, live);
        if is_wanted {
            return Ok(None);
        }
        slot.answer = Some(Ok(Given::Dropped(id)));
        Ok(Some(outbox::settle(&entry)))
    }

    /// The letters of a task that have certainly not left.
    fn unsent_of(&self, live: &LiveJob, task: &TaskKey) -> Result<Vec<(EffectId, Letter)>, Error> {
        let mut unsent = Vec::new();
        for (id, _) in live.job.effects.iter().filter(|(_, (of, _))| of == task) {
            let Some(entry) = outbox::load(&self.reader(), *id)? else { continue };
            let is_wanted = mail(live, *id).is_some_and(|mail| mail.state == MailState::Open);
            if let Effect::SendLetter { letter, .. } = &entry.value.effect
                && is_wanted
                && has_not_left(live, &entry)
            {
                unsent.push((*id, letter.clone()));
            }
        }
        Ok(unsent)
    }
}

/// Whether a letter waits, and no try of it leaves it open whether it was taken.
pub(super) fn has_not_left(live: &LiveJob, entry: &Loaded<Entry>) -> bool {
    let is_waiting = matches!(entry.value.state, State::Wanted { .. });
    is_waiting && (entry.value.tries == 0 || mail(live, entry.value.id).is_some_and(|mail| !mail.in_doubt))
}

fn mail(live: &LiveJob, id: EffectId) -> Option<&Mail> {
    let (task, slot) = live.job.effects.get(&id)?;
    live.job.run(task)?.places.get(slot)?.letters.get(&id)
}
