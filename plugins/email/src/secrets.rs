//! Where the SMTP password comes from, and how it stays secret.
//!
//! Owns: the environment variable, the file and its mode, the type that does not print itself. Never reads
//! practice.yaml: that is sent around and kept in version control.

use crate::line::short_line;
use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The variable that holds the SMTP password; it wins over the file.
pub const SMTP_PASSWORD: &str = "JOBWRIGHT_SMTP_PASSWORD";
/// Largest secrets file.
const SECRETS_BYTES_MAX: u64 = 64 << 10;
/// How much of a key that means nothing is shown, and of how many.
const KEY_CHARS_MAX: usize = 40;
const KEYS_SHOWN_MAX: usize = 5;

/// A text that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("…")
    }
}

/// Why the secrets cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BadSecrets {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What hinders.
        source: io::Error,
    },
    /// Others may read or write the file.
    #[error(
        "{path} is open to others (mode {mode:04o}); run `chmod 600 {path}`, and change the password if others use this machine"
    )]
    Open {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// There is no password in the file, and what there is has no meaning.
    #[error("{path} has no `[mail]` with `password = \"…\"`, and means nothing by {}", .keys.join(", "))]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// The keys in it that have no meaning, each as it would stand.
        keys: Vec<String>,
    },
    /// The file is not TOML, too large, or a secret in it no text. Never quotes the file.
    #[error("{path}{line} is not of the form `[mail]`, then `password = \"…\"`, or `[plugins]`, then `name = \"…\"`")]
    Form {
        /// Which file.
        path: PathBuf,
        /// `, line 3` when it is known.
        line: String,
    },
}

/// The SMTP password: from the environment, else from `[mail] password` in the file, else none.
pub fn smtp_password(file: &Path) -> Result<Option<Secret>, BadSecrets> {
    choose(std::env::var(SMTP_PASSWORD).ok(), file)
}

fn choose(variable: Option<String>, file: &Path) -> Result<Option<Secret>, BadSecrets> {
    match variable.filter(|text| !text.is_empty()) {
        Some(text) => Ok(Some(Secret::new(text))),
        None => read(file)?.map_or(Ok(None), |text| password(&text, file)),
    }
}

/// The secrets that plugins may be given, by name: `[plugins]` in the file.
pub fn of_plugins(file: &Path) -> Result<BTreeMap<String, Secret>, BadSecrets> {
    let Some(text) = read(file)? else { return Ok(BTreeMap::new()) };
    let bad = |line: String| BadSecrets::Form { path: file.into(), line };
    let table = text.parse::<toml::Table>().map_err(|error| bad(line_of(&text, error.span())))?;
    let Some(plugins) = table.get("plugins") else { return Ok(BTreeMap::new()) };
    let plugins = plugins.as_table().ok_or_else(|| bad(String::new()))?;
    let secret = |(name, value): (&String, &toml::Value)| {
        let text = value.as_str().ok_or_else(|| bad(String::new()))?;
        Ok((name.clone(), Secret::new(text)))
    };
    plugins.iter().map(secret).collect()
}

/// The whole file, if there is one and it is ours alone. The mode is asked of the open file, not of its name.
fn read(path: &Path) -> Result<Option<String>, BadSecrets> {
    let failed = |source| BadSecrets::Read { path: path.into(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mode = file.metadata().map_err(failed)?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(BadSecrets::Open { path: path.into(), mode });
    }
    let mut text = String::new();
    let read = file.take(SECRETS_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if read as u64 > SECRETS_BYTES_MAX {
        return Err(BadSecrets::Form { path: path.into(), line: String::new() });
    }
    Ok(Some(text))
}

fn password(text: &str, path: &Path) -> Result<Option<Secret>, BadSecrets> {
    let bad = |line: String| BadSecrets::Form { path: path.into(), line };
    let table = text.parse::<toml::Table>().map_err(|error| bad(line_of(text, error.span())))?;
    match table.get("mail").map(|mail| mail.get("password")) {
        Some(Some(toml::Value::String(password))) => Ok(Some(Secret::new(password))),
        Some(Some(_)) => Err(bad(String::new())),
        Some(None) | None => match unknown(&table) {
            keys if keys.is_empty() => Ok(None),
            keys => Err(BadSecrets::Unknown { path: path.into(), keys }),
        },
    }
}

/// The keys that mean nothing, such as a password under another name; never what stands behind them.
fn unknown(table: &toml::Table) -> Vec<String> {
    let shown = |key: &str| format!("`{}`", short_line(key, KEY_CHARS_MAX));
    let mut keys: Vec<String> =
        table.keys().filter(|key| !["mail", "plugins"].contains(&key.as_str())).map(|key| shown(key)).collect();
    match table.get("mail") {
        Some(toml::Value::Table(mail)) => keys.extend(mail.keys().map(|key| shown(&format!("mail.{key}")))),
        Some(_) => keys.push("`mail`".into()),
        None => {}
    }
    keys.truncate(KEYS_SHOWN_MAX);
    keys
}

/// The library's own words would quote the line, and with it the password.
fn line_of(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start));
    before.map_or_else(String::new, |before| format!(", line {}", before.matches('\n').count() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt};

    /// A secrets file of that mode, in a folder of the test's own.
    fn file(name: &str, mode: u32, text: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("jobwright-secrets-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("secrets.toml");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn the_environment_wins_over_the_file_and_neither_is_no_password() {
        let path = file("wins", 0o600, "[mail]\npassword = \"from the file\"\n");
        let chosen = |variable: &str, path: &Path| choose(Some(variable.into()), path).unwrap();
        assert_eq!(chosen("from the shell", &path), Some(Secret::new("from the shell")));
        assert_eq!(chosen("", &path), Some(Secret::new("from the file")));
        assert_eq!(chosen("", &path.with_file_name("none.toml")), None);
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_command_that_mends_it() {
        let path = file("open", 0o640, "[mail]\npassword = \"x\"\n");
        let words = choose(None, &path).unwrap_err().to_string().replace(&path.display().to_string(), "FILE");
        assert_eq!(
            words,
            "FILE is open to others (mode 0640); run `chmod 600 FILE`, and change the password if others use this \
             machine"
        );
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn what_is_wrong_in_the_file_is_told_without_quoting_it() {
        for (text, line) in [
            ("[mail]\npassword = hunter2\n", ", line 2"),
            ("[mail]\npassword = 4711\n", ""),
            ("mail = \"hunter2\n", ", line 1"),
        ] {
            let words = password(text, Path::new("FILE")).unwrap_err().to_string();
            let form = "`[mail]`, then `password = \"…\"`, or `[plugins]`, then `name = \"…\"`";
            assert_eq!(words, format!("FILE{line} is not of the form {form}"), "{text}");
        }
        assert_eq!(password("[plugins]\nkey = \"x\"\n", Path::new("FILE")).unwrap(), None);
    }

    #[test]
    fn a_password_under_another_name_is_told_by_that_name() {
        for (text, keys) in [
            ("smtp_password = \"hunter2\"\n", "`smtp_password`"),
            ("password = \"hunter2\"\n[plugins]\n", "`password`"),
            ("[mail]\npasswort = \"hunter2\"\nuser = \"x\"\n", "`mail.passwort`, `mail.user`"),
            ("mail = \"hunter2\"\n", "`mail`"),
        ] {
            let words = password(text, Path::new("FILE")).unwrap_err().to_string();
            let expected = format!("FILE has no `[mail]` with `password = \"…\"`, and means nothing by {keys}");
            assert_eq!(words, expected, "{text}");
        }
    }

    #[test]
    fn secrets_of_plugins_stand_by_their_names_and_nothing_else_is_given_to_them() {
        let path = file("plugins", 0o600, "[mail]\npassword = \"m\"\n[plugins]\nregister_key = \"hunter2\"\n");
        let given = of_plugins(&path).unwrap();
        assert_eq!(given, BTreeMap::from([("register_key".to_owned(), Secret::new("hunter2"))]));
        assert_eq!(of_plugins(&path.with_file_name("none.toml")).unwrap(), BTreeMap::new());
        fs::write(&path, "[plugins]\nregister_key = 4711\n").unwrap();
        assert!(of_plugins(&path).unwrap_err().to_string().contains("is not of the form"));
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_secret_shows_itself_to_nobody() {
        let secret = Secret::new("hunter2");
        assert!(!format!("{secret} {secret:?} {:?}", Some(&secret)).contains("hunter2"));
        assert_eq!(secret.expose(), "hunter2");
    }
}
