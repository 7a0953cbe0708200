//! The shape of an e-mail address, as far as a reader of files can tell.
//!
//! Owns: what would surely be refused. Leaves what mail servers take, and punycode, to the task that writes letters.

use crate::diagnostic::quoted;

/// Longest address that mail servers take, in bytes.
const ADDRESS_BYTES_MAX: usize = 254;

/// The address without spaces around it, or what is wrong with it.
pub fn shaped(text: &str) -> Result<String, String> {
    let text = text.trim();
    let no = |fault: &str| Err(format!("{} is no e-mail address: {fault}", quoted(text)));
    let Some((local, domain)) = text.rsplit_once('@') else { return no("it has no `@`") };
    if text.len() > ADDRESS_BYTES_MAX {
        return no("it is too long");
    }
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"@".contains(c);
    if local.is_empty() || local.contains(odd) || local.starts_with('.') || local.ends_with('.') || local.contains("..")
    {
        return no("the part before the `@` cannot stand in one");
    }
    if !is_domain(domain) {
        return no("the part after the `@` is no full domain, such as `practice.example`");
    }
    Ok(text.to_owned())
}

/// Names of letters, digits and hyphens with dots between, two at least.
pub fn is_domain(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with('-')
            && !name.ends_with('-')
            && name.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    text.contains('.') && text.len() <= ADDRESS_BYTES_MAX && text.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_something_before_the_at_and_a_full_domain_after_it() {
        for good in ["ann@acme.example", " ann@acme.example ", "o'brien+vat@post.acme.example", "zoë@müller.example"]
        {
            assert_eq!(shaped(good).as_deref(), Ok(good.trim()));
        }
        for bad in [
            "",
            "ann",
            "@acme.example",
            "ann@",
            "ann@acme",
            "ann @acme.example",
            "ann@acme..example",
            "a@b@c.example",
            "Ann <ann@acme.example>",
            "ann@acme.example, bob@acme.example",
            "ann@-acme.example",
            "a..b@acme.example",
        ] {
            assert!(shaped(bad).is_err(), "{bad}");
        }
    }
}
