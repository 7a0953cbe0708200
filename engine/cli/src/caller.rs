//! Whoever typed the command: their files, their terminal, their account.
//!
//! Owns: the one way from a verb to a file that somebody names, and to a question. A verb may run in another process than
//! the one it was typed in (see `socket`), with another folder and other rights, so it opens no such file by itself.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::process::{Uid, getuid};

/// Most bytes of a file that is read whole.
pub const FILE_BYTES_MAX: u64 = 64 << 20;
/// Most bytes of the system's list of accounts that are looked at.
const ACCOUNTS_BYTES_MAX: u64 = 1 << 20;
const ACCOUNTS: &str = "/etc/passwd";

/// Whoever typed the command.
pub trait Caller: Send + Sync {
    /// Opens a file of theirs to be read.
    fn open(&self, path: &Path) -> io::Result<Opened>;

    /// Makes a new file of theirs; one that is there stays as it is.
    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile>>;

    /// Makes a folder for their account alone, or takes one that is empty.
    fn make_folder(&self, path: &Path) -> io::Result<()>;

    /// A path of theirs as every process of this machine knows it.
    fn absolute(&self, path: &Path) -> PathBuf;

    /// Whether somebody sits there who can answer a question.
    fn can_answer(&self) -> bool;

    /// Puts a question, and gives the answer's line.
    fn ask(&self, question: &str) -> io::Result<String>;
}

/// A file that is open.
pub struct Opened {
    /// Its size, as far as the system tells.
    pub size: u64,
    /// Its bytes.
    pub bytes: Box<dyn Read + Send>,
}

/// A file that is being made.
pub trait NewFile: Write + Send {
    /// Brings what was written onto the disk. One that is dropped without is written, and may be lost with the power.
    fn finish(&mut self) -> io::Result<()>;
}

impl NewFile for File {
    fn finish(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl dyn Caller + '_ {
    /// Reads a whole file of theirs, or so much of it that whoever reads it on finds it too large.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut read = Vec::new();
        self.open(path)?.bytes.take(FILE_BYTES_MAX).read_to_end(&mut read)?;
        Ok(read)
    }
}

/// This process.
pub struct Own;

impl Caller for Own {
    fn open(&self, path: &Path) -> io::Result<Opened> {
        let file = File::open(path)?;
        Ok(Opened { size: file.metadata()?.len(), bytes: Box::new(file) })
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        Ok(Box::new(OpenOptions::new().write(true).create_new(true).open(path)?))
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match fs::read_dir(path)?.next() {
                None => Ok(()),
                Some(_) => Err(error),
            },
            made => made,
        }
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }

    fn can_answer(&self) -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    fn ask(&self, question: &str) -> io::Result<String> {
        let mut out = io::stderr();
        write!(out, "{question}")?;
        out.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(answer)
    }
}

/// The account of the operating system that this process runs as.
pub fn account() -> String {
    account_of(getuid()).or_else(claimed).unwrap_or_else(|| "unknown account".to_owned())
}

/// An account's name by its number, when this machine itself knows it.
pub fn account_of(number: Uid) -> Option<String> {
    let mut accounts = String::new();
    File::open(ACCOUNTS).ok()?.take(ACCOUNTS_BYTES_MAX).read_to_string(&mut accounts).ok()?;
    named(&accounts, number.as_raw())
}

/// `name:password:number:…`, a line an account.
fn named(accounts: &str, number: u32) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut parts = line.split(':');
        let (name, _, found) = (parts.next()?, parts.next()?, parts.next()?);
        (found.parse() == Ok(number)).then(|| name.to_owned())
    })
}

/// What the environment says, where accounts are kept elsewhere.
fn claimed() -> Option<String> {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_number_alone() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\n# a line of somebody\npat:x:1000:1000:,,,:/home/pat:/bin/sh\n";
        assert_eq!(named(accounts, 1000).as_deref(), Some("pat"));
        assert_eq!(named(accounts, 1001), None);
    }

    #[test]
    fn a_file_that_is_there_stays_as_it_is() {
        let path = std::env::temp_dir().join(format!("jobwright-caller-{}", std::process::id()));
        Own.create(&path).unwrap().write_all(b"first").unwrap();
        assert_eq!(Own.create(&path).map(drop).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let caller: &dyn Caller = &Own;
        assert_eq!(caller.read(&path).unwrap(), b"first");
        std::fs::remove_file(path).unwrap();
    }
}
