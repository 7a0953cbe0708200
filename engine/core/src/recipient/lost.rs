//! Whether somebody who was asked can still act.
//!
//! Owns: the reasons for which a person asked earlier no longer counts. Opting out of crm mail, losing a role or going
//! away are none: whoever was asked stays asked.

use super::{Person, PersonId, Reason};
use crate::directory::{Contact, Directory, Portal};

/// Why this person can no longer act, if so.
pub fn lost(person: &Person, directory: &Directory<'_>) -> Option<Reason> {
    match &person.id {
        PersonId::Contact(id) => match directory.client.contact(id) {
            Some(contact) if contact.active => barred(contact),
            _ => Some(Reason::Deactivated),
        },
        PersonId::Staff(id) => match directory.staff(id) {
            Some(staff) if staff.active => None,
            _ => Some(Reason::Deactivated),
        },
    }
}

fn barred(contact: &Contact) -> Option<Reason> {
    match contact.portal {
        Portal::Stale => Some(Reason::ActivationStale),
        Portal::None | Portal::Active => contact.is_bounced().then_some(Reason::EmailBounced),
    }
}

#[cfg(test)]
mod tests {
    use super::lost;
    use crate::directory::Portal;
    use crate::recipient::testing::*;
    use crate::recipient::{Channel, Reason, StaffForm};

    #[test]
    fn b104_whoever_was_asked_stays_asked_until_they_cannot_act() {
        let ann = || World::of(&["ann"]);
        let asked = ann().resolve(&primary(), Channel::Request).chosen.remove(0);
        let cases = [
            (ann(), None),
            (ann().tick("ann", &[]).contact("ann", |ann| ann.crm_opt_out = true), None),
            (ann().contact("ann", |ann| ann.active = false), Some(Reason::Deactivated)),
            (World::of(&["bob"]), Some(Reason::Deactivated)),
            (ann().contact("ann", |ann| ann.portal = Portal::Stale), Some(Reason::ActivationStale)),
            (ann().contact("ann", bounce), Some(Reason::EmailBounced)),
        ];
        for (world, reason) in cases {
            assert_eq!(lost(&asked, &world.directory()), reason);
        }
    }

    #[test]
    fn staff_who_have_left_can_no_longer_act() {
        let world = World::of(&[]).with_staff(&["pat"]);
        let asked = world.resolve(&staff(StaffForm::Id(staff_id("pat"))), Channel::Assign).chosen.remove(0);
        assert_eq!(lost(&asked, &world.directory()), None);
        assert_eq!(lost(&asked, &world.member("pat", |pat| pat.active = false).directory()), Some(Reason::Deactivated));
        assert_eq!(lost(&asked, &World::of(&["pat"]).directory()), Some(Reason::Deactivated));
    }
}
