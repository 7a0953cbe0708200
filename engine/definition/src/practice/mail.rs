//! How the practice's letters leave, as practice.yaml says it.
//!
//! Owns: the keys under `mail` and what they default to. Leaves the password to the environment or the secrets file, and
//! making a transport of the settings to `cli`.

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::people::email;
use crate::syntax::{Fields, Node, choice, in_range};

/// The port of a mail server that takes letters from its own people.
pub const PORT: u16 = 587;
/// The same, secured from the first byte.
pub const PORT_TLS: u16 = 465;

/// How letters leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailSettings {
    /// Who writes; letters cannot be written without.
    pub from: Option<Sender>,
    /// Where answers go, when not to the sender.
    pub reply_to: Option<String>,
    /// The domain of message ids; that of the sender when absent.
    pub domain: Option<String>,
    /// Where letters go.
    pub transport: Transport,
    /// Where `crm` mail can be ended, when not at the sender.
    pub unsubscribe: Option<String>,
    /// The name that the mail server is greeted with; the sender's domain when absent.
    pub hello: Option<String>,
    /// A file with certificates to trust beside the usual roots.
    pub certificate: Option<String>,
}

/// Who writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The name shown; the practice's when absent.
    pub name: Option<String>,
    /// The address.
    pub address: String,
}

/// Where letters go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Into the folder `letters`.
    #[default]
    Files,
    /// Nowhere.
    None,
    /// To a mail server.
    Smtp {
        /// Its name.
        host: String,
        /// Its port.
        port: u16,
        /// How the line is secured.
        tls: Tls,
        /// Who we are to it; the password lies elsewhere.
        user: Option<String>,
    },
}

/// How the line to the mail server is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    None,
    /// By STARTTLS.
    Starttls,
    /// From the first byte.
    Tls,
}

impl MailSettings {
    /// The domain of message ids.
    pub fn message_domain(&self) -> Option<&str> {
        self.domain.as_deref().or_else(|| self.sender_domain())
    }

    /// The name that the mail server is greeted with.
    pub fn greeting_name(&self) -> Option<&str> {
        self.hello.as_deref().or_else(|| self.sender_domain())
    }

    fn sender_domain(&self) -> Option<&str> {
        self.from.as_ref().and_then(|from| from.address.rsplit_once('@')).map(|(_, domain)| domain)
    }
}

pub(super) fn mail(node: &Node, diagnostics: &mut Diagnostics) -> Option<MailSettings> {
    let mut fields = Fields::of(node, "the mail settings", diagnostics)?;
    let from = fields.optional("from", sender);
    let reply_to = fields.optional("reply_to", address);
    let domain = fields.optional("domain", domain);
    let kind = fields.or(
        "transport",
        choice(&[("smtp", Kind::Smtp), ("files", Kind::Files), ("none", Kind::None)]),
        Kind::Files,
    );
    let host = fields.optional("host", |node, diagnostics| Some(node.text(diagnostics)?.into_string()));
    let port = fields.optional("port", in_range(1..=u16::MAX));
    let tls = choice(&[("none", Tls::None), ("starttls", Tls::Starttls), ("tls", Tls::Tls)]);
    let tls = fields.or("tls", tls, Tls::Starttls);
    let user = fields.optional("user", |node, diagnostics| Some(node.text(diagnostics)?.into_string()));
    let unsubscribe = fields.optional("unsubscribe", address);
    let hello = fields.optional("hello", self::domain);
    let certificate = fields.optional("certificate", |node, diagnostics| Some(node.text(diagnostics)?.into_string()));
    let transport = match (kind, host) {
        (Kind::Files, _) => Transport::Files,
        (Kind::None, _) => Transport::None,
        (Kind::Smtp, Some(host)) => {
            let port = port.unwrap_or(if tls == Tls::Tls { PORT_TLS } else { PORT });
            Transport::Smtp { host, port, tls, user }
        }
        (Kind::Smtp, None) => {
            let at = fields.place("transport").unwrap_or(fields.head());
            let diagnostic =
                Diagnostic::error(code::MISSING_KEY, "letters by smtp need `host`, the mail server's name");
            fields.diagnostics().push(diagnostic.at(at, ""));
            Transport::None
        }
    };
    fields.finish();
    Some(MailSettings { from, reply_to, domain, transport, unsubscribe, hello, certificate })
}

#[derive(Clone, Copy)]
enum Kind {
    Smtp,
    Files,
    None,
}

/// An address, or a mapping with the name to show.
fn sender(node: &Node, diagnostics: &mut Diagnostics) -> Option<Sender> {
    if let crate::syntax::Kind::Scalar(_) = node.kind {
        return Some(Sender { name: None, address: address(node, diagnostics)? });
    }
    let mut fields = Fields::of(node, "the sender", diagnostics)?;
    let name = fields.optional("name", Node::text);
    let address = fields.required("address", address);
    fields.finish();
    Some(Sender { name: name.map(|name| name.into_string()), address: address? })
}

fn address(node: &Node, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = node.text(diagnostics)?;
    email::shaped(&text).map_or_else(|fault| node.bad(fault, diagnostics), Some)
}

fn domain(node: &Node, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = node.text(diagnostics)?;
    if email::is_domain(&text) {
        return Some(text.into_string());
    }
    node.bad("a domain has a dot and neither spaces nor `@`, such as `practice.example`", diagnostics)
}
