//! The schema of practice.yaml.
//!
//! Owns: its keys. Reading them is for `crate::practice`; passwords stand in neither.

use serde_json::{Value as Json, json};

use super::part::{
    by_key, choice, either, format, id, list, mapping, may, must, pattern, text, truth, where_it_says, whole,
};
use super::{part, task};
use crate::practice::{CALLS_AT_ONCE_RANGE, CEILINGS, PLAIN_WORDS};

pub(super) fn practice() -> Json {
    mapping([
        format(),
        must("name", "The practice's name, as clients know it.", text()),
        may("operator", "The member of staff who acts when a command names nobody.", id()),
        may("timezone", "Where the practice's clocks are, as `Europe/London`.", text()),
        may("calendar", "The bank holidays that working days are counted by.", text()),
        may("opening_hour", "When a date without a time begins, as `09:00`.", time()),
        may("closing_hour", "When the working day ends, as `17:00`.", time()),
        may("currency", "The currency of money that names none, as `GBP`.", part::pattern("^[A-Z]{3}$")),
        may(
            "client_access",
            "`portal` demands an activated portal of everybody who is asked.",
            choice(["link", "portal"]),
        ),
        may("offices", "The practice's offices, which selectors may name.", list(text())),
        may(
            "services",
            "What the practice sells, and the definition of each service that has a job.",
            by_key(service()),
        ),
        may("fields", "What the practice keeps beyond what everybody keeps.", fields()),
        may("assignment", "Who does work that no selector assigns.", assignment()),
        may("mail", "How letters leave. A password never stands here.", mail()),
        may("limits", "Bounds that the practice may move.", limits()),
        may("store", "How the store behaves.", store()),
        may("plugins", "What the practice's plugins may take.", plugins()),
    ])
}

fn time() -> Json {
    pattern("^([01][0-9]|2[0-3]):[0-5][0-9]$")
}

fn service() -> Json {
    let whole = mapping([
        must("label", "What people call the service.", text()),
        may("definition", "The id of the job definition that does it.", id()),
    ]);
    either([text(), whole])
}

fn fields() -> Json {
    let mut keys = task::field_keys();
    keys.push(may("label", "What people call the field.", text()));
    keys.push(may("required", "No client may be without it.", truth()));
    let field = either([choice(PLAIN_WORDS.iter().map(|(word, _)| *word)), task::field(keys)]);
    mapping([may("client", "Fields of clients by their path: `payroll.pay_day: int`.", by_key(field))])
}

fn assignment() -> Json {
    mapping([must("default", "The member of staff.", id())])
}

fn limits() -> Json {
    mapping([may("letters_at_once", "Letters under way at once.", whole(1, 64))])
}

fn store() -> Json {
    let views = || choice(["sled", "redb"]);
    let settings = mapping([
        may("view", "What holds the rows behind the journal.", views()),
        may("cache_mib", "Memory that the store keeps pages in, in MiB.", whole(8, 65_536)),
    ]);
    either([views(), settings])
}

fn plugins() -> Json {
    let at_once = || whole((*CALLS_AT_ONCE_RANGE.start()).into(), (*CALLS_AT_ONCE_RANGE.end()).into());
    let ceiling = |most: u64| whole(1, i64::try_from(most).unwrap_or(i64::MAX));
    let mut keys = vec![
        may("calls_at_once", "Calls of all plugins side by side.", at_once()),
        may(
            "calls_at_once_per_plugin",
            "Calls of one plugin side by side, so that a slow one leaves room for the others; three quarters when left out.",
            at_once(),
        ),
    ];
    let key = mapping([
        must("name", "Whose key it is.", text()),
        must("key", "The key, as `jobwright plugin keygen` prints it.", pattern("^ed25519:[0-9a-f]{64}$")),
    ]);
    keys.push(may("trusted_keys", "Whose signatures of plugins count.", list(key)));
    keys.push(may("require_signed", "Whether a plugin without such a signature is refused.", truth()));
    keys.extend(CEILINGS.iter().map(|(key, most, about)| may(key, about, ceiling(*most))));
    mapping(keys)
}

fn mail() -> Json {
    let sender = mapping([
        may("name", "The name shown; the practice's when left out.", text()),
        must("address", "The address.", address()),
    ]);
    let mail = mapping([
        may("from", "Who writes: an address, or `name` and `address`.", either([address(), sender])),
        may("reply_to", "Where answers go, when not to the sender.", address()),
        may("domain", "The domain of message ids; that of the sender when left out.", text()),
        may(
            "transport",
            "`files` writes letters into a folder, `smtp` sends them, `none` does neither.",
            choice(["smtp", "files", "none"]),
        ),
        may("host", "The mail server's name.", text()),
        may("port", "Its port.", whole(1, u16::MAX.into())),
        may("tls", "How the line to it is secured.", choice(["none", "starttls", "tls"])),
        may("user", "Who the practice is to the mail server.", text()),
        may("hello", "The name the mail server is greeted with; the sender's domain when left out.", text()),
        may(
            "certificate",
            "A PEM file of certificates to trust beside the usual roots: an authority's, or the server's own.",
            text(),
        ),
        may("unsubscribe", "Where `crm` mail can be ended, when not at the sender.", address()),
    ]);
    part::and(mail, [where_it_says("transport", &["smtp"], json!({ "required": ["host"] }))])
}

fn address() -> Json {
    pattern("@")
}
