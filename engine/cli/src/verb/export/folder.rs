//! The folder of an export.
//!
//! Owns: making files in it, and the sum of each, written down at once so that an export of any size is never held. The
//! list of sums comes onto the disk last: a folder without it is not whole.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::caller::{Caller, NewFile};
use crate::report::{Report, Result};

/// The list of sums, in the form that `sha256sum -c` reads.
pub const SUMS: &str = "SHA256SUMS";
/// Bytes that are kept back before they are written.
const PIECE_BYTES: usize = 64 << 10;

/// The folder.
pub struct Folder<'a> {
    caller: &'a dyn Caller,
    path: PathBuf,
    sums: BufWriter<Box<dyn NewFile>>,
    /// Files so far.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A file in it that is being written.
pub struct Growing {
    name: String,
    to: BufWriter<Box<dyn NewFile>>,
    sum: Sha256,
    bytes: u64,
}

impl<'a> Folder<'a> {
    /// Begins an export in a folder that is new or empty.
    pub fn begin(caller: &'a dyn Caller, path: &Path) -> Result<Self> {
        caller.make_folder(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Report::new(crate::exit::Exit::No, format!("{} is not empty", path.display()))
                    .next("name a new folder: nothing that is there is written over")
            }
            _ => Report::file("make", path, &error),
        })?;
        let sums = caller.create(&path.join(SUMS)).map_err(|error| Report::file("write", &path.join(SUMS), &error))?;
        let sums = BufWriter::with_capacity(PIECE_BYTES, sums);
        Ok(Self { caller, path: path.to_owned(), sums, files: 0, bytes: 0 })
    }

    /// Makes a folder below.
    pub fn folder(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        self.caller.make_folder(&path).map_err(|error| Report::file("make", &path, &error))
    }

    /// Begins a file; nothing, when there is one of that name.
    pub fn file(&self, name: &str) -> Result<Option<Growing>> {
        let path = self.path.join(name);
        match self.caller.create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(Report::file("write", &path, &error)),
            Ok(made) => {
                let to = BufWriter::with_capacity(PIECE_BYTES, made);
                Ok(Some(Growing { name: name.to_owned(), to, sum: Sha256::new(), bytes: 0 }))
            }
        }
    }

    /// Begins a list.
    pub fn list(&self, name: &str) -> Result<Growing> {
        let there = || Report::new(crate::exit::Exit::No, format!("somebody else writes {name} in this folder"));
        self.file(name)?.ok_or_else(there)
    }

    /// Writes a whole file, unless there is one of that name; says whether it did.
    pub fn whole(&mut self, name: &str, bytes: &[u8]) -> Result<bool> {
        let Some(mut file) = self.file(name)? else { return Ok(false) };
        file.bytes(bytes)?;
        self.end(file)?;
        Ok(true)
    }

    /// Ends a file and writes down its sum.
    pub fn end(&mut self, file: Growing) -> Result<()> {
        let Growing { name, mut to, sum, bytes } = file;
        to.flush().map_err(|error| failed(&name, &error))?;
        writeln!(self.sums, "{}  {name}", hex(&sum.finalize())).map_err(|error| failed(SUMS, &error))?;
        self.files += 1;
        self.bytes += bytes;
        Ok(())
    }

    /// Ends the export.
    pub fn finish(self) -> Result<()> {
        let written = self.sums.into_inner().map_err(io::IntoInnerError::into_error);
        written.and_then(|mut sums| sums.finish()).map_err(|error| failed(SUMS, &error))
    }
}

impl Growing {
    /// Adds a line of JSON.
    pub fn line(&mut self, json: &Json) -> Result<()> {
        self.bytes(format!("{json}\n").as_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.sum.update(bytes);
        self.bytes += bytes.len() as u64;
        self.to.write_all(bytes).map_err(|error| failed(&self.name, &error))
    }
}

fn failed(name: &str, error: &io::Error) -> Report {
    Report::file("write", Path::new(name), error)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
