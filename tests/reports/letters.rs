//! Letters on their way: refused, held, tried again (r23, r61 to r65, r113, r114, r125).
//!
//! Owns: a practice whose mail server is a double that behaves as it is told, driven by the program as its people do.
//! Leaves the table of answers to the email crate, which holds every row of it against real texts.

mod refused;
mod tried;
mod way;

use jobwright_email::double::{Double, Script};
use tokio::runtime::Runtime;

use crate::support::practice::Practice;
use crate::support::program::Said;

/// Asks whoever is ticked for payroll; a client may have it again and again.
const ASK: &str = "\
format: 1
id: ask
name: Ask
roles: { payroll: Payroll contact }
tasks:
  - id: ask
    type: email
    recipient: { role: payroll }
    template: ask
    retry: { times: 9, first: 6 hours, max: 12 hours }
templates:
  ask: { subject: 'Hours, please', body: 'Dear {{ recipient.first_name }}, which hours?' }
";

const PEOPLE: &str = "\
format: 1
staff:
  - { id: pat, name: Pat Quill, email: pat@larkfield.example, roles: [partner] }
roles:
  payroll: { label: Payroll contact }
clients:
";

/// A practice, and the mail server it writes to.
struct Bureau {
    practice: Practice,
    double: Double,
    _runtime: Runtime,
}

impl Bureau {
    /// Its clients have one contact each, at these addresses; the server behaves like this.
    fn of(addresses: &[&str], script: Script) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let double = runtime.block_on(Double::start(script)).expect("a free port");
        let practice = Practice::empty(&mail(double.address.port(), "tls: none"));
        let mut people = PEOPLE.to_owned();
        for (at, address) in addresses.iter().enumerate() {
            people += &format!(
                "  - {{ id: c{at}, name: Client {at}, contacts: [{{ id: ann, name: Ann {at}, email: \"{address}\", roles: [payroll] }}] }}\n"
            );
        }
        practice.write("people.yaml", people);
        practice.done(["import", "people.yaml"]);
        practice.write("ask.job.yaml", ASK);
        practice.done(["publish", "ask.job.yaml"]);
        Self { practice, double, _runtime: runtime }
    }

    /// Starts a job for each client.
    fn ask(&self, clients: usize) {
        for at in 0..clients {
            self.practice.done(["start", "ask", "--client", &format!("c{at}")]);
        }
    }

    fn work(&self) -> Said {
        self.practice.run(["work"])
    }

    /// Whose addresses are marked.
    fn marked(&self, clients: usize) -> Vec<String> {
        let contact = |at: &usize| {
            let contact = self.practice.json(&["contact", "show", &format!("c{at}/ann")]);
            contact["email_bounced"].as_bool().expect("yes or no")
        };
        (0..clients).filter(contact).map(|at| format!("c{at}")).collect()
    }

    /// Whom the server took letters for, in order.
    fn taken(&self) -> Vec<String> {
        self.double.taken().into_iter().map(|letter| letter.to).collect()
    }

    /// A client's newest job as people see it.
    fn shown(&self, client: &str) -> String {
        let jobs = self.practice.done(["jobs", "--all", "--client", client, "--json"]);
        let newest: serde_json::Value = serde_json::from_str(jobs.lines().next().expect("a job")).expect("JSON");
        self.practice.done(["show", newest["job"].as_str().expect("its id")])
    }
}

/// Where letters go, in practice.yaml.
fn mail(port: u16, more: &str) -> String {
    format!("transport: smtp\n  host: 127.0.0.1\n  port: {port}\n  {more}")
}
