//! Clients with their contacts, staff and contact roles, as they are stored.
//!
//! Owns: one record a client, contacts in it, so that one row's version stands for all of them.

use jiff::{Timestamp, civil::Date};
use jobwright_core::{
    directory::{
        Bounce, Client, ClientKind, ClientStaff, ClientStatus, Contact, Interaction, Portal, Staff,
        difference::FieldChange,
        trail::{Attribution, Entry, Subject},
    },
    event::Actor,
    id::{ClientId, ContactId, RoleId, StaffId},
    value::Value,
};
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Mirror, Record, mirror};
use crate::directory::{ContactRole, Imported};

/// A client, or the place of one that was deleted: its version goes on.
impl Record for Option<Client> {
    const WHAT: &'static str = "client";
    const VERSION: u8 = 2;

    fn older(_version: u8, body: &[u8]) -> Result<Self::Row, postcard::Error> {
        Ok(postcard::from_bytes::<Option<ClientRow1>>(body)?.map(ClientRow::from))
    }
}

/// What the last import said.
impl Record for Imported {
    const WHAT: &'static str = "what was imported";
    const VERSION: u8 = 1;
}

impl Record for Staff {
    const WHAT: &'static str = "member of staff";
    const VERSION: u8 = 1;
}

/// The order in which staff is listed.
impl Record for Vec<StaffId> {
    const WHAT: &'static str = "list of staff";
    const VERSION: u8 = 1;
}

impl Record for ContactRole {
    const WHAT: &'static str = "contact role";
    const VERSION: u8 = 1;
}

impl Record for Entry {
    const WHAT: &'static str = "change of the directory";
    const VERSION: u8 = 1;
}

mirror! {
    struct Entry as TrailRow { at: Timestamp, subject: Subject, attribution: Attribution, changes: Vec<FieldChange> }
}
mirror! {
    enum Subject as SubjectRow { Client(id: ClientId), Staff(id: StaffId), Role(id: RoleId) }
}
mirror! {
    struct Attribution as AttributionRow { by: Actor, door: String, note: Option<String> }
}
mirror! {
    struct FieldChange as FieldChangeRow { field: String, before: Option<String>, after: Option<String> }
}
mirror! {
    struct Client as ClientRow {
        id: ClientId,
        name: String,
        kind: ClientKind,
        status: ClientStatus,
        services: Vec<String>,
        office: Option<String>,
        fields: Value,
        staff: ClientStaff,
        contacts: Vec<Contact>,
        source: Option<String>,
    }
}
mirror! {
    enum ClientKind as ClientKindRow { Company, Individual }
}
mirror! {
    enum ClientStatus as ClientStatusRow { Prospect, Active, Former }
}
mirror! {
    struct ClientStaff as ClientStaffRow {
        primary: Option<StaffId>,
        primary_by_hand: bool,
        assigned: BTreeMap<RoleId, Vec<StaffId>>,
        additional: Vec<Interaction>,
        last: Option<Interaction>,
    }
}
mirror! {
    struct Interaction as InteractionRow { staff: StaffId, at: Timestamp, what: String }
}
mirror! {
    struct Contact as ContactRow {
        id: ContactId,
        name: String,
        email: Option<String>,
        roles: BTreeSet<RoleId>,
        department: Option<String>,
        position: Option<String>,
        offices: Vec<String>,
        phone: Option<String>,
        portal: Portal,
        active: bool,
        crm_opt_out: bool,
        can_sign: bool,
        bounced: Option<Bounce>,
        last_login: Option<Timestamp>,
        source: Option<String>,
        greeting: Option<String>,
    }
}
mirror! {
    struct Imported as ImportedRow { said: BTreeMap<String, Value> }
}
mirror! {
    struct Bounce as BounceRow { address: String, reply: String }
}
mirror! {
    enum Portal as PortalRow { None, Active, Stale }
}
mirror! {
    struct Staff as StaffRow {
        id: StaffId,
        name: String,
        email: Option<String>,
        roles: BTreeSet<RoleId>,
        active: bool,
        away: Vec<(Date, Date)>,
    }
}
mirror! {
    struct ContactRole as ContactRoleRow { id: RoleId, label: String, hint: Option<String> }
}

/// A client as it was stored until contacts had a greeting.
#[derive(Serialize, Deserialize)]
struct ClientRow1 {
    id: <ClientId as Mirror>::Row,
    name: String,
    kind: ClientKindRow,
    status: ClientStatusRow,
    services: Vec<String>,
    office: Option<String>,
    fields: <Value as Mirror>::Row,
    staff: ClientStaffRow,
    contacts: Vec<ContactRow1>,
    source: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ContactRow1 {
    id: <ContactId as Mirror>::Row,
    name: String,
    email: Option<String>,
    roles: <BTreeSet<RoleId> as Mirror>::Row,
    department: Option<String>,
    position: Option<String>,
    offices: Vec<String>,
    phone: Option<String>,
    portal: PortalRow,
    active: bool,
    crm_opt_out: bool,
    can_sign: bool,
    bounced: Option<BounceRow>,
    last_login: Option<<Timestamp as Mirror>::Row>,
    source: Option<String>,
}

impl From<ClientRow1> for ClientRow {
    fn from(old: ClientRow1) -> Self {
        let ClientRow1 { id, name, kind, status, services, office, fields, staff, contacts, source } = old;
        let contacts = contacts.into_iter().map(ContactRow::from).collect();
        Self { id, name, kind, status, services, office, fields, staff, contacts, source }
    }
}

impl From<ContactRow1> for ContactRow {
    fn from(old: ContactRow1) -> Self {
        Self {
            id: old.id,
            name: old.name,
            email: old.email,
            roles: old.roles,
            department: old.department,
            position: old.position,
            offices: old.offices,
            phone: old.phone,
            portal: old.portal,
            active: old.active,
            crm_opt_out: old.crm_opt_out,
            can_sign: old.can_sign,
            bounced: old.bounced,
            last_login: old.last_login,
            source: old.source,
            greeting: None,
        }
    }
}
