//! One plugin's grants in the text of `grants.toml`.
//!
//! Owns: putting them in, in place of old ones, or taking them out, while everything else stays as somebody wrote it:
//! comments, order and the lines of other plugins. A line that says the same as before is the line from before. Leaves what
//! is granted to `grants`.

use super::{Grant, Grants};
use std::{collections::BTreeMap, io};

/// The text with another grant of a plugin, or with none of it.
///
/// # Errors
/// When the text is not one of grants, or writes this plugin in a form that cannot be changed line by line.
pub fn edited(text: &str, plugin: &str, grant: Option<&Grant>) -> io::Result<String> {
    let mut grants = read(text)?;
    if grants.0.get(plugin) == grant {
        return Ok(text.to_owned());
    }
    let file = Lines::of(text, plugin);
    let new = match grant {
        Some(grant) => file.with(&alone(plugin, grant)?),
        None => file.without(),
    };
    // Whatever somebody has written there, what it says is what is meant now, and nothing else has changed.
    match grant {
        Some(grant) => drop(grants.0.insert(plugin.to_owned(), grant.clone())),
        None => drop(grants.0.remove(plugin)),
    }
    if read(&new).ok().as_ref() == Some(&grants) {
        return Ok(new);
    }
    let what = format!("`{plugin}` is written in it as something else than a table `[{plugin}]`; change it by hand");
    Err(io::Error::other(what))
}

fn read(text: &str) -> io::Result<Grants> {
    toml::from_str(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
}

/// The lines of one plugin.
fn alone(plugin: &str, grant: &Grant) -> io::Result<String> {
    toml::to_string(&Grants(BTreeMap::from([(plugin.to_owned(), grant.clone())]))).map_err(io::Error::other)
}

/// A line with the comments above it.
struct Line<'a> {
    above: Vec<&'a str>,
    /// Without its comment.
    code: &'a str,
    whole: &'a str,
    /// What tells it from others: of an element of a list its first line too.
    key: String,
}

/// A file as what comes before a plugin, its own lines, and what comes after them.
struct Lines<'a> {
    before: Vec<&'a str>,
    own: Vec<Line<'a>>,
    after: Vec<&'a str>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str, plugin: &str) -> Self {
        let (mut before, mut own, mut after) = (Vec::new(), Vec::new(), Vec::new());
        // Comments and empty lines belong to what follows them.
        let (mut above, mut is_own) = (Vec::new(), false);
        for whole in text.lines() {
            let code = code_of(whole);
            if code.is_empty() {
                above.push(whole);
                continue;
            }
            if let Some(name) = header(code) {
                is_own = name == plugin;
            }
            let waiting = std::mem::take(&mut above);
            if is_own {
                own.push(Line { above: waiting, code, whole, key: code.to_owned() });
                continue;
            }
            let to = if own.is_empty() { &mut before } else { &mut after };
            to.extend(waiting);
            to.push(whole);
        }
        let to = if own.is_empty() { &mut before } else { &mut after };
        to.extend(above);
        // What stands above the first of the plugin's lines may be about the file.
        if let Some(first) = own.first_mut() {
            before.append(&mut first.above);
        }
        let next: Vec<&str> = own.iter().skip(1).map(|line: &Line<'_>| line.code).chain([""]).collect();
        for (line, next) in own.iter_mut().zip(next) {
            if line.code.starts_with("[[") {
                line.key = format!("{}\n{next}", line.code);
            }
        }
        Self { before, own, after }
    }

    fn with(mut self, new: &str) -> String {
        let codes: Vec<&str> = new.lines().filter(|line| !line.trim().is_empty()).collect();
        let mut out: Vec<&str> = self.before;
        let is_new = self.own.is_empty();
        if is_new && !out.is_empty() {
            out.push("");
        }
        let mut lines = Vec::new();
        for (place, code) in codes.iter().enumerate() {
            let next = codes.get(place + 1).copied().unwrap_or_default();
            let key = if code.starts_with("[[") { format!("{code}\n{next}") } else { (*code).to_owned() };
            match self.own.iter().position(|line| line.key == key) {
                Some(at) => {
                    let line = self.own.remove(at);
                    lines.push((line.above, line.whole));
                }
                None if place > 0 && code.starts_with('[') => lines.push((vec![""], *code)),
                None => lines.push((vec![], *code)),
            }
        }
        let mut lines = lines.into_iter();
        if let Some((above, first)) = lines.next() {
            out.extend(above);
            out.push(first);
        }
        // Comments of lines that are gone stay with the plugin.
        for line in &self.own {
            out.extend(line.above.iter().filter(|above| !above.trim().is_empty()));
            let comment =
                line.whole.get(line.whole.find(line.code).unwrap_or(0) + line.code.len()..).unwrap_or_default();
            out.extend(Some(comment.trim()).filter(|comment| !comment.is_empty()));
        }
        for (above, line) in lines {
            out.extend(above);
            out.push(line);
        }
        out.extend(self.after);
        joined(&out)
    }

    fn without(self) -> String {
        joined(&[self.before, self.after].concat())
    }
}

fn joined(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A line without its comment and the space around it.
fn code_of(line: &str) -> &str {
    let (mut quote, mut is_escaped) = (None, false);
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (None, '#') => return line[..at].trim(),
            (None, '"' | '\'') => quote = Some(letter),
            (Some('"'), '\\') if !is_escaped => {
                is_escaped = true;
                continue;
            }
            (Some(open), letter) if open == letter && !is_escaped => quote = None,
            _ => {}
        }
        is_escaped = false;
    }
    line.trim()
}

/// The first name of a table's head: `sec` of `[[sec.http]]`.
fn header(code: &str) -> Option<String> {
    let inner = code.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]"));
    let inner = inner.or_else(|| code.strip_prefix('[')?.strip_suffix(']'))?;
    let table: toml::Table = format!("{inner} = 1").parse().ok()?;
    table.keys().next().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# Reviewed by Pat, ticket 4711: sec may talk to the bank only.
[sec]
digest = \"sha256:0000000000000000000000000000000000000000000000000000000000000000\"
read = [
  \"client.name\", # they print it
  \"client.vat\",
]

# the bank
[[sec.http]]
host = \"bank.example\"   # since May

[[sec.http]]
host = \"old.example\"

# nobody else's business
[tail]
digest = \"sha256:0000000000000000000000000000000000000000000000000000000000000000\"
limits = { cpu_ms = 20 }
# the end
";

    fn grants() -> Grants {
        toml::from_str(FILE).unwrap()
    }

    #[test]
    fn r08_the_same_grant_leaves_the_file_as_it_stands() {
        for (name, grant) in grants().0 {
            assert_eq!(edited(FILE, &name, Some(&grant)).unwrap(), FILE, "{name}");
        }
    }

    #[test]
    fn r08_what_changes_is_changed_and_every_comment_stays() {
        let mut grant = grants().0.remove("sec").unwrap();
        grant.http.remove(1);
        grant.http.push(crate::HttpWish { host: "new.example".into(), methods: vec![], paths: vec![], why: None });
        grant.effects.push("client.set:vat".into());
        let new = edited(FILE, "sec", Some(&grant)).unwrap();
        let read: Grants = toml::from_str(&new).unwrap();
        assert_eq!(read.0["sec"], grant, "{new}");
        assert_eq!(read.0["tail"], grants().0["tail"]);
        for comment in ["ticket 4711", "they print it", "# the bank", "since May", "nobody else's", "# the end"] {
            assert!(new.contains(comment), "{comment}:\n{new}");
        }
    }

    #[test]
    fn r08_one_plugin_comes_and_goes_and_comments_stay() {
        let grant = Grant { read: vec!["client.name".into()], ..Grant::default() };
        let with = edited(FILE, "new one", Some(&grant)).unwrap();
        assert!(with.starts_with(FILE), "{with}");
        let read: Grants = toml::from_str(&with).unwrap();
        assert_eq!((&read.0["new one"], read.0.len()), (&grant, 3));
        let without = edited(&with, "sec", None).unwrap();
        assert!(without.starts_with("# Reviewed by Pat, ticket 4711"), "{without}");
        let read: Grants = toml::from_str(&without).unwrap();
        assert_eq!(read.0.keys().collect::<Vec<_>>(), ["new one", "tail"]);
        assert!(edited(&edited("# mine\n", "a", Some(&grant)).unwrap(), "a", None).unwrap().contains("# mine"));
        assert_eq!(edited("", "a", None).unwrap(), "");
        assert!(edited("[a", "a", None).is_err());
        // Said otherwise than in lines of its own, it is left alone.
        let inline = format!("a = {{ digest = \"{}\", read = [\"x\"] }}\n", Grant::default().digest);
        assert!(edited(&inline, "a", Some(&grant)).unwrap_err().to_string().contains("change it by hand"));
    }
}
