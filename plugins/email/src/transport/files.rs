//! Letters as files: `<folder>/<effect id>.eml`.
//!
//! Owns: writing so that a file is there whole or not at all, survives a power cut once it is reported, and a resend
//! replaces it, so that one copy stays. The folder is nobody's business but the practice's: 0700, files 0600.

use super::{Envelope, Outcome};
use jobwright_plugin::Until;
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Letters go into this folder.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
    /// Whether the folder's own name was made to survive a power cut, once in a process.
    is_kept: Arc<AtomicBool>,
}

impl Files {
    /// The folder is made with the first letter.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), is_kept: Arc::default() }
    }

    /// Where the letter of this envelope is, or will be.
    pub fn path(&self, envelope: &Envelope) -> PathBuf {
        self.folder.join(format!("{}.eml", envelope.effect))
    }

    pub(super) async fn send(&self, envelope: &Envelope, bytes: &[u8]) -> Outcome {
        let (folder, path, bytes) = (self.folder.clone(), self.path(envelope), bytes.to_vec());
        let is_kept = Arc::clone(&self.is_kept);
        let shown = path.display().to_string();
        match tokio::task::spawn_blocking(move || write(&folder, &is_kept, &path, &bytes)).await {
            Ok(Ok(())) => Outcome::Sent { reply: format!("written to {shown}") },
            Ok(Err(error)) => Outcome::Paused { why: format!("cannot write {shown}: {error}"), until: Until::Mended },
            Err(error) => Outcome::Unknown { why: format!("writing {shown} was broken off: {error}") },
        }
    }
}

/// Writes beside, then renames, with an fsync for the file and one for its name.
fn write(folder: &Path, is_kept: &AtomicBool, path: &Path, bytes: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    if !is_kept.load(Ordering::Acquire) {
        // Also for a folder that was there: whoever made it may have died before this line.
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(above)?.sync_all()?;
        is_kept.store(true, Ordering::Release);
    }
    // The name is not random: an effect is tried by one at a time, and the leftover of a crash is written over.
    let beside = path.with_extension("eml.part");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()
}
