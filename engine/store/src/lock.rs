//! One process to a folder.
//!
//! Owns: the file `LOCK`, held as long as the store is open and freed by the system when its holder dies, however it
//! dies. Who holds it stands inside, for people to read. Refuses network file systems, where such locks mean little.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::fs::{FlockOperation, OFlags};

use crate::{Error, Holder, error::io_error};

/// How long opening waits for another process to let go of the folder, unless the options say otherwise.
pub const LOCK_WAIT: Duration = Duration::from_secs(5);

const FILE: &str = "LOCK";
/// How long to wait between two tries while another process holds the lock.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(20);
/// More than a process id and a boot id need.
const HOLDER_BYTES_MAX: u64 = 256;
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
/// File systems by the number that `statfs` gives them.
const NETWORK_KINDS: [(u32, &str); 5] =
    [(0x6969, "NFS"), (0x517b, "SMB"), (0xff53_4d42, "CIFS"), (0xfe53_4d42, "SMB2"), (0x5346_414f, "AFS")];

/// A held folder; let go when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Only kept open: the system frees the lock with it.
    _file: File,
}

impl Lock {
    /// Takes the folder, trying for at most `wait` while somebody else holds it.
    pub(crate) fn take(folder: &Path, wait: Duration) -> Result<Self, Error> {
        refuse_network(folder)?;
        let path = folder.join(FILE);
        let mut options = OpenOptions::new();
        let no_links = (OFlags::NOFOLLOW | OFlags::CLOEXEC).bits().cast_signed();
        let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(no_links);
        let mut file = opened.open(&path).map_err(io_error("open", &path))?;
        is_ours(&file, folder).map_err(io_error("open", &path))?;
        let give_up_at = Instant::now() + wait;
        while let Err(error) = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != rustix::io::Errno::WOULDBLOCK && error != rustix::io::Errno::INTR {
                return Err(io_error("lock", path)(error.into()));
            }
            if Instant::now() >= give_up_at {
                return Err(Error::InUse { folder: folder.into(), holder: holder(&mut file) });
            }
            thread::sleep(TRY_AGAIN_AFTER);
        }
        sign(&mut file).map_err(io_error("write", path))?;
        Ok(Self { _file: file })
    }
}

/// What is locked and written into is a plain file of whoever owns the folder, and no second name of another file.
fn is_ours(file: &File, folder: &Path) -> std::io::Result<()> {
    let (found, folder) = (file.metadata()?, fs::metadata(folder)?);
    let refused = |why| Err(std::io::Error::new(std::io::ErrorKind::InvalidData, why));
    match () {
        () if !found.is_file() => refused("it is no plain file"),
        () if found.nlink() > 1 => refused("the file has another name elsewhere"),
        () if found.uid() != folder.uid() && found.uid() != rustix::process::geteuid().as_raw() => {
            refused("it belongs to another account than the folder")
        }
        () => Ok(()),
    }
}

/// Writes who holds it. Not flushed: it is of use only while its writer lives.
fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}\n{}\n", std::process::id(), boot_id())
}

fn holder(file: &mut File) -> Holder {
    let mut text = String::new();
    if file.rewind().and_then(|()| file.take(HOLDER_BYTES_MAX).read_to_string(&mut text)).is_err() {
        return Holder::Unknown;
    }
    let mut lines = text.lines();
    match (lines.next().map(str::parse), lines.next()) {
        (Some(Ok(pid)), Some(boot)) if boot == boot_id() => Holder::Process(pid),
        (Some(Ok(pid)), Some(_)) => Holder::Elsewhere(pid),
        _ => Holder::Unknown,
    }
}

/// Where there is no such file every start looks the same, and a process id alone must do.
fn boot_id() -> String {
    fs::read_to_string(BOOT_ID).map(|id| id.trim().to_owned()).unwrap_or_default()
}

#[cfg(target_os = "linux")]
fn refuse_network(folder: &Path) -> Result<(), Error> {
    let found = rustix::fs::statfs(folder).map_err(|error| io_error("look at", folder)(error.into()))?;
    // The kernel's number is 32 bits wide, whatever the platform's type for it.
    let number = found.f_type as u32;
    match NETWORK_KINDS.iter().find(|(kind, _)| *kind == number) {
        Some((_, kind)) => Err(Error::NetworkFolder { folder: PathBuf::from(folder), kind }),
        None => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn refuse_network(_folder: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_second_opener_is_told_which_process_holds_the_folder() {
        let folder = Folder::new();
        let held = Lock::take(folder.path(), Duration::ZERO).unwrap();
        let error = Lock::take(folder.path(), Duration::ZERO).unwrap_err();
        let told = format!("{} is in use by process {}", folder.path().display(), std::process::id());
        assert_eq!(error.to_string(), told);
        drop(held);
        assert!(Lock::take(folder.path(), Duration::ZERO).is_ok());
    }

    #[test]
    fn a_holder_of_another_start_or_with_no_name_is_told_as_such() {
        let folder = Folder::new();
        let held = Lock::take(folder.path(), Duration::ZERO).unwrap();
        for (text, expected) in
            [("17\nanother\n", Holder::Elsewhere(17)), ("", Holder::Unknown), ("x\ny", Holder::Unknown)]
        {
            fs::write(folder.path().join(FILE), text).unwrap();
            let error = Lock::take(folder.path(), Duration::ZERO).unwrap_err();
            assert!(matches!(error, Error::InUse { holder, .. } if holder == expected), "{text:?}");
        }
        drop(held);
    }
}
