//! How many selectors are resolved a second, with 100,000 clients in memory.
//!
//! Clients are visited in a scattered order, so that the figure includes fetching them from memory. `find` gives the
//! people alone, `resolve` the proof as well.

use divan::{Bencher, counter::ItemsCount};
use jiff::civil::{Date, date};
use jobwright_core::directory::{
    Client, ClientKind, ClientStaff, ClientStatus, Contact, Directory, Portal, Practice, Staff,
};
use jobwright_core::id::{ClientId, ContactId, Name, RoleId, StaffId};
use jobwright_core::plan::ExpressionId;
use jobwright_core::recipient::{
    Channel, Evaluate, Filter, Form, Named, Order, PersonId, Pick, Selector, StaffForm, Who, find, resolve,
};
use jobwright_core::value::{Currency, Value};
use std::{collections::BTreeMap, sync::LazyLock};

const CLIENTS: usize = 100_000;
const CONTACTS: usize = 4;
const STAFF: usize = 40;
const TODAY: Date = date(2026, 5, 4);

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fn main() {
    LazyLock::force(&WORLD);
    divan::main();
}

#[derive(Clone, Copy, Debug)]
enum Rule {
    Primary,
    Role,
    RoleOrPrimary,
    OneByLastLogin,
    AnyOf,
    StaffRole,
}

const RULES: [Rule; 6] =
    [Rule::Primary, Rule::Role, Rule::RoleOrPrimary, Rule::OneByLastLogin, Rule::AnyOf, Rule::StaffRole];

impl Rule {
    fn selector(self) -> (Selector, Channel) {
        let payroll = || Selector::of(Form::Role(role("payroll")));
        let primary = || Selector::of(Form::PrimaryContact);
        match self {
            Self::Primary => (primary(), Channel::Letter),
            Self::Role => (payroll(), Channel::Letter),
            Self::RoleOrPrimary => {
                let form = Form::FirstOf(vec![payroll(), primary()]);
                (Selector { filters: vec![Filter::PortalActive], ..Selector::of(form) }, Channel::Request)
            }
            Self::OneByLastLogin => {
                let order_by = vec![Order { by: Some("last_login".into()), descending: true }];
                (Selector { pick: Some(Pick::One), order_by, ..payroll() }, Channel::Request)
            }
            Self::AnyOf => (Selector::of(Form::AnyOf(vec![payroll(), primary()])), Channel::CrmLetter),
            Self::StaffRole => (Selector::of(Form::Staff(StaffForm::Role(role("clerk")))), Channel::Assign),
        }
    }
}

#[divan::bench(args = RULES, sample_size = 1000)]
fn people(bencher: Bencher<'_, '_>, rule: Rule) {
    let (selector, channel) = rule.selector();
    let mut clients = Scattered(0);
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| {
        let answer = find(&selector, channel, &WORLD.directory(clients.step()), &nobody, &WORLD.silent, TODAY);
        divan::black_box(answer.chosen.len())
    });
}

#[divan::bench(args = RULES, sample_size = 1000)]
fn people_and_proof(bencher: Bencher<'_, '_>, rule: Rule) {
    let (selector, channel) = rule.selector();
    let mut clients = Scattered(0);
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| {
        let resolution = resolve(&selector, channel, &WORLD.directory(clients.step()), &nobody, &WORLD.silent, TODAY);
        divan::black_box(resolution)
    });
}

struct Scattered(usize);

impl Scattered {
    fn step(&mut self) -> usize {
        // A prime step visits every client once a round, each far from the one before.
        self.0 = (self.0 + 61_843) % CLIENTS;
        self.0
    }
}

struct World {
    practice: Practice,
    clients: Vec<Client>,
    staff: Vec<Staff>,
    silent: Silent,
}

impl World {
    fn new() -> Self {
        let practice = Practice {
            name: "Abacus".into(),
            operator: None,
            default_assignee: None,
            currency: Currency::new("GBP").expect("GBP is a currency"),
            portal_required: false,
            services: BTreeMap::new(),
            offices: vec![],
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { practice, clients, staff: (0..STAFF).map(member).collect(), silent: Silent }
    }

    fn directory(&self, client: usize) -> Directory<'_> {
        Directory { practice: &self.practice, client: &self.clients[client], staff: &self.staff }
    }
}

fn client(number: usize) -> Client {
    let clerk = StaffId::new(format!("s{}", number % STAFF)).expect("an id");
    Client {
        id: ClientId::new(format!("{number}")).expect("an id"),
        name: format!("Client {number}"),
        kind: ClientKind::Company,
        status: ClientStatus::Active,
        services: vec![],
        office: None,
        fields: Value::Nothing,
        staff: ClientStaff { assigned: BTreeMap::from([(role("clerk"), vec![clerk])]), ..ClientStaff::default() },
        contacts: (0..CONTACTS).map(|at| contact(number, at)).collect(),
        source: None,
    }
}

/// Of four contacts two or three have payroll ticked, three an activated portal; the last one has no address.
fn contact(client: usize, at: usize) -> Contact {
    Contact {
        id: ContactId::new(format!("c{at}")).expect("an id"),
        name: format!("Contact {at}"),
        email: (at != 3).then(|| format!("c{at}@client{client}.example")),
        roles: if at % 2 == 1 || client % 3 == at {
            [role("payroll"), role("vat")].into()
        } else {
            [role("vat")].into()
        },
        department: None,
        position: None,
        offices: vec![],
        phone: None,
        portal: if at == client % 4 { Portal::None } else { Portal::Active },
        active: true,
        crm_opt_out: at == 2,
        can_sign: at == 0,
        bounced: None,
        last_login: "2026-05-01T10:00:00Z".parse().ok(),
        source: None,
        greeting: None,
    }
}

fn member(number: usize) -> Staff {
    Staff {
        id: StaffId::new(format!("s{number}")).expect("an id"),
        name: format!("Staff {number}"),
        email: Some(format!("s{number}@abacus.example")),
        roles: [role("clerk")].into(),
        active: true,
        away: vec![],
    }
}

fn role(name: &str) -> RoleId {
    RoleId::new(name).expect("a role")
}

fn nobody(_: &Name, _: &PersonId) -> bool {
    false
}

/// No rule here asks an expression.
struct Silent;

impl Evaluate for Silent {
    fn text(&self, _: ExpressionId) -> &str {
        ""
    }
    fn contact(&self, _: ExpressionId) -> Result<Option<String>, String> {
        Ok(None)
    }
    fn keep(&self, _: ExpressionId, _: Who<'_>) -> Result<bool, String> {
        Ok(true)
    }
    fn ids(&self, _: ExpressionId) -> Result<Vec<Named>, String> {
        Ok(vec![])
    }
    fn plugin(&self, _: &str, _: &BTreeMap<String, Value>) -> Result<Vec<Named>, String> {
        Ok(vec![])
    }
}
