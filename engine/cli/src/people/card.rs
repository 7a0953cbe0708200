//! People as people see them: cards, tables, and the same as JSON.
//!
//! Owns: what stands on a card, in which order, and that the primary contact is marked in words and in colour (b051).

use jobwright_core::directory::{Client, ClientKind, ClientStatus, Contact, Portal, Staff};
use jobwright_core::id::RoleId;
use jobwright_core::value::Value;
use serde_json::{Value as Json, json};

use crate::output::Paint;
use crate::shape;
use crate::table::{Cell, Table};

/// A client's card: the most important first (b067), then the contacts.
pub fn client_card(client: &Client, paint: Paint) -> String {
    let mut card = card();
    row(&mut card, "status", &format!("{}, {}", kind(client.kind), status(client.status)));
    row(&mut card, "services", &client.services.join(", "));
    row(&mut card, "office", client.office.as_deref().unwrap_or_default());
    row(&mut card, "primary staff", client.staff.primary.as_ref().map_or("nobody", |id| id.as_str()));
    for (role, staff) in &client.staff.assigned {
        let names: Vec<_> = staff.iter().map(|id| id.as_str()).collect();
        row(&mut card, role.as_str(), &names.join(", "));
    }
    for dealing in &client.staff.additional {
        let words = format!("{}, since {}: {}", dealing.staff, dealing.at.strftime("%-d %b %Y"), dealing.what);
        row(&mut card, "dealt with it", &words);
    }
    if let Some(last) = &client.staff.last {
        let words = format!("{}, {}: {}", last.staff, last.at.strftime("%-d %b %Y"), last.what);
        row(&mut card, "last dealing", &words);
    }
    fields(&mut card, "", &client.fields);
    row(&mut card, "source", client.source.as_deref().unwrap_or_default());
    let contacts = if client.contacts.is_empty() {
        "no contacts\n".to_owned()
    } else {
        contacts_table(client.contacts.iter().enumerate().map(|(place, contact)| (None, place, contact))).human(paint)
    };
    format!("{}  {}\n{}\n{contacts}", paint.bold(client.id.as_str()), title(&client.name, paint), card.human(paint))
}

/// A contact's card.
pub fn contact_card(client: &Client, contact: &Contact, paint: Paint) -> String {
    let mut card = card();
    let is_primary = client.primary_contact().is_some_and(|primary| primary.id == contact.id);
    row(&mut card, "client", &format!("{} {}", client.id, client.name));
    let place = if is_primary { primary() } else { "not the primary contact".into() };
    card.row([Cell::styled("  contact", Paint::dim), place]);
    row(&mut card, "greeting", contact.greeting.as_deref().unwrap_or_default());
    row(&mut card, "e-mail", &address(contact));
    row(&mut card, "roles", &roles(&contact.roles));
    row(&mut card, "position", contact.position.as_deref().unwrap_or_default());
    row(&mut card, "department", contact.department.as_deref().unwrap_or_default());
    row(&mut card, "offices", &contact.offices.join(", "));
    row(&mut card, "telephone", contact.phone.as_deref().unwrap_or_default());
    row(&mut card, "portal", portal(contact.portal));
    row(&mut card, "may sign", if contact.can_sign { "yes" } else { "no" });
    row(&mut card, "crm mail", if contact.crm_opt_out { "not wanted" } else { "allowed" });
    row(&mut card, "active", if contact.active { "yes" } else { "no, left or switched off" });
    row(&mut card, "source", contact.source.as_deref().unwrap_or_default());
    let id = format!("{}/{}", client.id, contact.id);
    format!("{}  {}\n{}", paint.bold(&id), title(&contact.name, paint), card.human(paint))
}

/// A card of a member of staff.
pub fn staff_card(staff: &Staff, paint: Paint) -> String {
    let mut card = card();
    row(&mut card, "e-mail", staff.email.as_deref().unwrap_or("none"));
    row(&mut card, "roles", &roles(&staff.roles));
    row(&mut card, "active", if staff.active { "yes" } else { "no, has left" });
    for (from, until) in &staff.away {
        row(&mut card, "away", &format!("{from} to {until}"));
    }
    format!("{}  {}\n{}", paint.bold(staff.id.as_str()), title(&staff.name, paint), card.human(paint))
}

/// Clients, a line each.
pub fn clients_table<'a>(clients: impl IntoIterator<Item = &'a Client>) -> Table {
    let mut table = Table::new(["id", "name", "status", "staff", "primary contact", "services"]);
    for client in clients {
        let contact = client.primary_contact().map_or("none", |contact| contact.name.as_str());
        let staff = client.staff.primary.as_ref().map_or("nobody", |id| id.as_str());
        let cells = [client.id.as_str(), &client.name, status(client.status), staff, contact];
        table.row(cells.map(Cell::from).into_iter().chain([client.services.join(", ").into()]));
    }
    table
}

/// Contacts in their order, each with its client when they are of several, and its place.
pub fn contacts_table<'a>(contacts: impl IntoIterator<Item = (Option<&'a Client>, usize, &'a Contact)>) -> Table {
    let mut table = Table::new(["contact", "name", "e-mail", "roles", ""]);
    for (client, place, contact) in contacts {
        let id = client.map_or_else(|| contact.id.to_string(), |client| format!("{}/{}", client.id, contact.id));
        let mark = match (contact.active, place) {
            (false, _) => Cell::styled("left", Paint::dim),
            (true, 0) => primary(),
            (true, _) => "".into(),
        };
        table.row([
            id.into(),
            contact.name.as_str().into(),
            address(contact).into(),
            roles(&contact.roles).into(),
            mark,
        ]);
    }
    table
}

/// Staff in their order.
pub fn staff_table<'a>(staff: impl IntoIterator<Item = &'a Staff>) -> Table {
    let mut table = Table::new(["id", "name", "e-mail", "roles", ""]);
    for one in staff {
        let left = if one.active { "".into() } else { Cell::styled("has left", Paint::dim) };
        let email = one.email.as_deref().unwrap_or("none");
        table.row([one.id.as_str().into(), one.name.as_str().into(), email.into(), roles(&one.roles).into(), left]);
    }
    table
}

/// A client as data, contacts in their order: the first is the primary one.
pub fn client_json(client: &Client) -> Json {
    json!({
        "id": client.id.as_str(),
        "name": client.name,
        "type": kind(client.kind),
        "status": status(client.status),
        "services": client.services,
        "office": client.office,
        "fields": shape::value(&client.fields),
        "staff": {
            "primary": client.staff.primary.as_ref().map(|id| id.as_str()),
            "assigned": client.staff.assigned.iter().map(|(role, staff)| {
                (role.to_string(), staff.iter().map(|id| id.as_str().into()).collect::<Vec<Json>>().into())
            }).collect::<serde_json::Map<_, _>>(),
            "additional": client.staff.additional.iter().map(|one| json!({
                "staff": one.staff.as_str(), "at": one.at.to_string(), "what": one.what,
            })).collect::<Vec<_>>(),
            "last_interaction": client.staff.last.as_ref().map(|last| last.staff.as_str()),
        },
        "source": client.source,
        "contacts": client.contacts.iter().enumerate().map(|(place, contact)| {
            contact_json(client, place, contact)
        }).collect::<Vec<_>>(),
    })
}

/// A contact as data.
pub fn contact_json(client: &Client, place: usize, contact: &Contact) -> Json {
    json!({
        "id": contact.id.as_str(),
        "client": client.id.as_str(),
        "name": contact.name,
        "primary": place == 0,
        "email": contact.email,
        "email_bounced": contact.is_bounced(),
        "roles": contact.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
        "department": contact.department,
        "position": contact.position,
        "offices": contact.offices,
        "phone": contact.phone,
        "portal": portal_word(contact.portal),
        "active": contact.active,
        "crm_opt_out": contact.crm_opt_out,
        "can_sign": contact.can_sign,
        "source": contact.source,
        "greeting": contact.greeting,
    })
}

/// A member of staff as data.
pub fn staff_json(staff: &Staff) -> Json {
    let away = staff.away.iter().map(|(from, until)| json!({ "from": from.to_string(), "until": until.to_string() }));
    json!({
        "id": staff.id.as_str(),
        "name": staff.name,
        "email": staff.email,
        "roles": staff.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
        "active": staff.active,
        "away": away.collect::<Vec<_>>(),
    })
}

fn card() -> Table {
    Table::new(["", ""])
}

/// A line of a card; what is empty is left out.
fn row(card: &mut Table, name: &str, text: &str) {
    if !text.is_empty() {
        card.row([Cell::styled(format!("  {name}"), Paint::dim), text.into()]);
    }
}

fn fields(card: &mut Table, above: &str, value: &Value) {
    match value {
        Value::Map(map) => {
            for (name, value) in map {
                let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
                fields(card, &path, value);
            }
        }
        value => row(card, above, &value.to_string()),
    }
}

fn title(name: &str, paint: Paint) -> String {
    paint.bold(&crate::output::one_line(name))
}

fn primary() -> Cell {
    Cell::styled("primary contact", Paint::good)
}

fn address(contact: &Contact) -> String {
    match (&contact.email, contact.is_bounced()) {
        (None, _) => "none".to_owned(),
        (Some(email), false) => email.clone(),
        (Some(email), true) => format!("{email} (refuses mail)"),
    }
}

fn roles<'a>(roles: impl IntoIterator<Item = &'a RoleId>) -> String {
    roles.into_iter().map(RoleId::as_str).collect::<Vec<_>>().join(", ")
}

fn kind(kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::Company => "company",
        ClientKind::Individual => "individual",
    }
}

fn status(status: ClientStatus) -> &'static str {
    match status {
        ClientStatus::Prospect => "prospect",
        ClientStatus::Active => "active",
        ClientStatus::Former => "former",
    }
}

fn portal(portal: Portal) -> &'static str {
    match portal {
        Portal::None => "not activated",
        Portal::Active => "activated",
        Portal::Stale => "to be activated again, since the address changed",
    }
}

fn portal_word(portal: Portal) -> &'static str {
    match portal {
        Portal::None => "none",
        Portal::Active => "active",
        Portal::Stale => "stale",
    }
}
