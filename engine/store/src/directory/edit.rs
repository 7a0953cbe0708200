//! What a change makes of a client.
//!
//! Owns: contacts coming, going and changing places, and dealings of staff with the client. Pure: from one client to
//! another, which `put_client` writes whole.

use jobwright_core::{
    directory::{Client, Contact, Interaction},
    id::ContactId,
};

/// The client with this contact: in place of the one with the same id, or behind all others.
pub fn with_contact(mut client: Client, contact: Contact) -> Client {
    match client.contacts.iter_mut().find(|one| one.id == contact.id) {
        Some(one) => *one = contact,
        None => client.contacts.push(contact),
    }
    client
}

/// The client without this contact; when it was the primary one, the next one is now (b002).
pub fn without_contact(mut client: Client, id: &ContactId) -> Client {
    client.contacts.retain(|contact| contact.id != *id);
    client
}

/// The client with these contacts first, in this order; the others follow as before. The first of all is the primary
/// contact (b002).
pub fn in_order(mut client: Client, first: &[ContactId]) -> Client {
    client.contacts = ordered(client.contacts, first, |contact| contact.id.clone());
    client
}

/// The client after staff dealt with it: they become additional staff once, by their first dealing (b027), and the
/// newest dealing is remembered. Dealings may be told in any order, and twice.
pub fn dealt(mut client: Client, interaction: Interaction) -> Client {
    let staff = &mut client.staff;
    match staff.additional.iter_mut().find(|one| one.staff == interaction.staff) {
        Some(first) if first.at <= interaction.at => {}
        Some(first) => *first = interaction.clone(),
        None => staff.additional.push(interaction.clone()),
    }
    staff.additional.sort_by_key(|one| one.at);
    if staff.last.as_ref().is_none_or(|last| last.at <= interaction.at) {
        staff.last = Some(interaction);
    }
    client
}

pub(super) fn ordered<T, I: PartialEq>(things: Vec<T>, first: &[I], id: impl Fn(&T) -> I) -> Vec<T> {
    let mut placed: Vec<(usize, T)> = things
        .into_iter()
        .map(|thing| {
            let own = id(&thing);
            (first.iter().position(|one| *one == own).unwrap_or(first.len()), thing)
        })
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, thing)| thing).collect()
}
