//! Putting the parts together: which store, which task types, which clock.
//!
//! Owns: the one place where an engine is made of its parts, for the practice's own store and for trials in memory. A
//! new task type is one line in `task_types`. Leaves the folder to `practice` and every rule to the engine.

use std::{
    fs::DirBuilder,
    io::{self, Read},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use jobwright_core::plan::Plan;
use jobwright_definition::{
    definition::recompile,
    practice::{PracticeFile, StoreView, Tls, Transport as Chosen},
};
use jobwright_email::{
    Email, Person, Sender, address, secrets,
    transport::{
        Transport,
        files::Files,
        smtp::{Login, Security, Settings, Smtp},
    },
};
use jobwright_plugin::NoPlugins;
use jobwright_runtime::{Clock, Compile, DurableSteps, Engine, Parts, TaskTypes, World};
use jobwright_store::{Blobs, Files as LargeFiles, LOCK_WAIT, LocalStore, MemoryFiles, Store, local, memory};

use crate::exit::Exit;
use crate::plugins::plugins;
use crate::practice::{Calendars, Practice, zone};
use crate::report::{Report, Result};
use crate::socket;

/// The folder that letters go to when they are files.
pub const LETTERS: &str = "letters";
/// The file with the mail server's password, beside the store.
pub const SECRETS: &str = "secrets.toml";
/// The variable that names a file of certificates; it wins over practice.yaml.
pub const ROOT_CERTIFICATE: &str = "JOBWRIGHT_SMTP_ROOT_CERTIFICATE";
/// Largest such file.
const CERTIFICATE_BYTES_MAX: u64 = 1 << 20;
/// Who writes when the practice has not said so; such letters go to files only.
const NOBODY: &str = "practice@example.invalid";

/// An engine with the store that it has open, which backups and checks look at from below.
#[derive(Clone)]
pub struct Opened {
    /// The engine.
    pub engine: Arc<Engine>,
    /// Its store.
    pub store: Arc<LocalStore>,
    /// The store's large files.
    pub files: Arc<Blobs>,
}

/// The practice's own store, or that another process has it.
pub enum Found {
    /// It is ours.
    Opened(Opened),
    /// It is not, and the report says whose.
    InUse(Report),
}

/// The engine on the practice's own store, clock and transport.
pub fn own(practice: &Practice) -> Result<Arc<Engine>> {
    opened(practice).map(|opened| opened.engine)
}

/// The same with its store.
pub fn opened(practice: &Practice) -> Result<Opened> {
    match opened_within(practice, LOCK_WAIT, true)? {
        Found::Opened(opened) => Ok(opened),
        Found::InUse(report) => Err(report),
    }
}

/// The same, waiting for another process no longer than this; and made where there is none, when that is wanted.
pub fn opened_within(practice: &Practice, wait: Duration, makes: bool) -> Result<Found> {
    match parts(practice, wait, makes)? {
        Ok(Own { parts, store, files }) => Ok(Found::Opened(Opened { engine: engine(parts)?, store, files })),
        Err(in_use) => Ok(Found::InUse(in_use)),
    }
}

/// What the practice's own engine is made of.
pub struct Own {
    /// The engine's parts, which somebody who measures may change before it is opened.
    pub parts: Parts,
    /// Its store.
    pub store: Arc<LocalStore>,
    /// The store's large files.
    pub files: Arc<Blobs>,
}

/// The parts of the practice's own engine, or a report that says which other process has its store.
pub fn own_parts(practice: &Practice, wait: Duration) -> Result<Result<Own>> {
    parts(practice, wait, true)
}

fn parts(practice: &Practice, wait: Duration, makes: bool) -> Result<Result<Own>> {
    let options = local::Options { lock_wait: wait, makes, ..store_options(&practice.file) };
    if makes {
        make_private(&practice.store)?;
    }
    let store = match local::open(&practice.store, &options) {
        Ok(store) => store,
        Err(error @ jobwright_store::Error::InUse { .. }) => return Ok(Err(store_report(error))),
        // Whoever only looks needs no more than to read.
        Err(jobwright_store::Error::Io { source, .. }) if !makes && is_unwritable(&source) => {
            match local::open_to_read(&practice.store, &options) {
                Err(error @ jobwright_store::Error::InUse { .. }) => return Ok(Err(store_report(error))),
                opened => opened.map_err(store_report)?,
            }
        }
        Err(error) => return Err(store_report(error)),
    };
    let store = Arc::new(store);
    let files = match store.is_to_be_read() {
        true => Blobs::open_to_read(&practice.store),
        false => {
            // Whoever has the store is the only engine, so a socket that is left belongs to one that was killed.
            socket::remove(&practice.store);
            Blobs::open(&practice.store).map_err(store_report)?
        }
    };
    let files = Arc::new(files);
    let letters = transport(practice)?;
    let parts = Parts {
        store: store.clone(),
        files: files.clone(),
        clock: Arc::new(Clock::of_machine()),
        world: World {
            plugins: plugins(practice),
            ..world(&practice.file, practice.zone.clone(), &practice.calendars)
        },
        types: task_types(&practice.file, letters)?,
        compile: compile(),
        durable_steps: DurableSteps::Turn,
    };
    Ok(Ok(Own { parts, store, files }))
}

/// Whether it is the folder that cannot be written: by this account, at all, or for want of room.
fn is_unwritable(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), ReadOnlyFilesystem | PermissionDenied | StorageFull | QuotaExceeded)
}

/// What the practice chose for its store.
pub fn store_options(file: &PracticeFile) -> local::Options {
    let view = match file.store.view {
        StoreView::Sled => local::ViewKind::Sled,
        StoreView::Redb => local::ViewKind::Redb,
    };
    local::Options { view, cache_bytes: u64::from(file.store.cache_mib) << 20, ..local::Options::default() }
}

/// Makes the store's folder for this account alone: it holds people's data and letters.
pub fn make_private(folder: &Path) -> Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        // One that is there keeps the rights it was given; one without a folder above it is the store's to refuse.
        Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => Ok(()),
        made => made.map_err(|error| Report::file("make", folder, &error)),
    }
}

/// What a trial runs on: everything in memory, on a clock that is moved by hand.
pub struct Trial {
    /// Its store, which outlives an engine, so that a trial can be restarted.
    pub store: Arc<dyn Store>,
    /// Its large files.
    pub files: Arc<dyn LargeFiles>,
    /// Its clock.
    pub clock: Arc<Clock>,
    /// Its surroundings.
    pub world: World,
    /// Its task types.
    pub types: TaskTypes,
}

impl Trial {
    /// A trial that begins at a moment, with these surroundings; letters go where the task types say.
    pub fn begin(world: World, types: TaskTypes, at: Timestamp) -> Result<Self> {
        let store = memory::open().map_err(store_report)?;
        Ok(Self {
            store: Arc::new(store),
            files: Arc::new(MemoryFiles::default()),
            clock: Arc::new(Clock::standing_at(at)),
            world,
            types,
        })
    }

    /// An engine on what is stored so far: the first one, or the one after a crash.
    pub fn engine(&self) -> Result<Arc<Engine>> {
        engine(Parts {
            store: self.store.clone(),
            files: self.files.clone(),
            clock: self.clock.clone(),
            world: self.world.clone(),
            types: self.types.clone(),
            compile: compile(),
            durable_steps: DurableSteps::Turn,
        })
    }
}

fn engine(parts: Parts) -> Result<Arc<Engine>> {
    Engine::open(parts).map(Arc::new).map_err(engine_report)
}

/// The surroundings of a practice's rules, without what it has added.
pub fn world(file: &PracticeFile, zone_of_practice: jiff::tz::TimeZone, calendars: &Calendars) -> World {
    World {
        practice: file.practice.clone(),
        zone: zone_of_practice,
        calendar: file.calendar.value.clone(),
        calendars: calendars.by_id().clone(),
        opening: file.opening,
        closing: file.closing,
        client_fields: file.declared.iter().map(|(path, one)| (path.to_owned(), one.field.clone())).collect(),
        zones: Arc::new(|name| zone(name).ok()),
        plugins: Arc::new(NoPlugins),
    }
}

/// The task types of this binary: one line each.
pub fn task_types(file: &PracticeFile, letters: Transport) -> Result<TaskTypes> {
    Ok(TaskTypes {
        scripts: Arc::new(jobwright_script::Script::default()),
        letters: Arc::new(email(file, letters)?),
        standard: jobwright_people::letters().to_vec(),
    })
}

fn email(file: &PracticeFile, letters: Transport) -> Result<Email> {
    let bad = |what: &str, why: &dyn std::error::Error| {
        Report::new(Exit::No, format!("mail: {what} in practice.yaml cannot be used")).caused_by(why)
    };
    let mail = &file.mail;
    let from = mail.from.as_ref();
    let name = from.and_then(|from| from.name.as_deref()).unwrap_or(&file.practice.name);
    let written_by = from.map_or(NOBODY, |from| from.address.as_str());
    let own = address(written_by).map_err(|why| bad("from", &why))?;
    let reply_to = mail.reply_to.as_deref().map(address).transpose().map_err(|why| bad("reply_to", &why))?;
    let unsubscribe = mail.unsubscribe.as_deref().map(address).transpose().map_err(|why| bad("unsubscribe", &why))?;
    let domain = mail.message_domain().unwrap_or_else(|| domain_of(NOBODY)).to_owned();
    let reply_to = reply_to.map(|address| Person::new(name, address));
    let sender = Sender { from: Person::new(name, own), reply_to, domain, unsubscribe };
    Email::new(letters, sender).map_err(|why| bad("domain", &why))
}

fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, domain)| domain)
}

/// The transport that practice.yaml names.
pub fn transport(practice: &Practice) -> Result<Transport> {
    match &practice.file.mail.transport {
        Chosen::Files => Ok(files(practice.folder.join(LETTERS))),
        Chosen::None => Ok(Transport::None),
        Chosen::Smtp { .. } if practice.file.mail.from.is_none() => {
            Err(Report::new(Exit::No, "letters cannot go to a mail server before `mail: from` says who writes them")
                .next("add `from: { name: …, address: … }` under `mail` in practice.yaml"))
        }
        Chosen::Smtp { host, port, tls, user } => {
            let mut settings = Settings::new(host.clone(), *port, security(*tls));
            settings.parallel_max = usize::from(practice.file.limits.letters_at_once);
            if let Some(name) =
                practice.file.mail.greeting_name().and_then(|name| jobwright_core::address::domain(name).ok())
            {
                settings.hello = name;
            }
            // Only letters need a password: whoever looks at a job does without, and `work` says what is missing.
            Ok(smtp(practice, settings, user.as_deref())
                .unwrap_or_else(|report| Transport::Unready { why: report.sentence() }))
        }
    }
}

fn smtp(practice: &Practice, mut settings: Settings, user: Option<&str>) -> Result<Transport> {
    settings.login = login(practice, user)?;
    settings.root_certificate = root_certificate(practice)?;
    let smtp = Smtp::new(settings);
    let smtp = smtp.map_err(|why| Report::new(Exit::No, "mail cannot be sent as set up").caused_by(&why))?;
    Ok(Transport::Smtp(Box::new(smtp)))
}

/// Letters that are built and go nowhere.
pub fn nowhere() -> Transport {
    Transport::None
}

/// Letters as files in a folder.
pub fn files(folder: PathBuf) -> Transport {
    Transport::Files(Files::new(folder))
}

fn security(tls: Tls) -> Security {
    match tls {
        Tls::None => Security::None,
        Tls::Starttls => Security::Starttls,
        Tls::Tls => Security::Tls,
    }
}

fn login(practice: &Practice, user: Option<&str>) -> Result<Option<Login>> {
    let Some(user) = user else { return Ok(None) };
    let file = practice.store.join(SECRETS);
    let password = secrets::smtp_password(&file)
        .map_err(|why| Report::new(Exit::No, "the mail server's password cannot be used").caused_by(&why))?;
    let missing = || {
        Report::new(Exit::No, format!("the mail server wants a password for `{user}`, and there is none")).next(
            format!(
                "set {} or write it into {} (mode 0600): a line `[mail]`, then a line `password = \"…\"`",
                secrets::SMTP_PASSWORD,
                file.display()
            ),
        )
    };
    let password = password.ok_or_else(missing)?;
    Ok(Some(Login { user: user.to_owned(), password }))
}

/// Certificates to trust beside the usual roots: what the environment names, else what practice.yaml does. A path is one
/// from the practice's folder.
fn root_certificate(practice: &Practice) -> Result<Option<Vec<u8>>> {
    let named = practice.file.mail.certificate.as_ref().map(|file| practice.folder.join(file));
    let Some(path) = std::env::var_os(ROOT_CERTIFICATE).map(PathBuf::from).or(named) else { return Ok(None) };
    let failed = |error: io::Error| {
        Report::file("read the certificate", &path, &error)
            .next(format!("`mail: {{ certificate: FILE }}` in practice.yaml, or {ROOT_CERTIFICATE}, names it"))
    };
    let mut pem = Vec::new();
    let file = std::fs::File::open(&path).map_err(failed)?;
    file.take(CERTIFICATE_BYTES_MAX).read_to_end(&mut pem).map_err(failed)?;
    Ok(Some(pem))
}

fn compile() -> Compile {
    Arc::new(|source| -> std::result::Result<Plan, String> {
        recompile(&source.text).map_err(|damaged| damaged.to_string())
    })
}

/// What the store says, as people read it.
pub fn store_report(error: jobwright_store::Error) -> Report {
    use jobwright_store::Error;
    let exit = match &error {
        Error::DiskFull { .. } | Error::BackupDamaged { .. } => Exit::Outside,
        _ => Exit::Store,
    };
    let next = match &error {
        Error::InUse { .. } => Some("wait until it is done, or end it"),
        Error::DiskFull { .. } => Some("make room and try again: nothing that was acknowledged is lost"),
        Error::ReadOnly { .. } => Some("make room, or give the command as the account that the folder belongs to"),
        Error::Busy { .. } => Some("try again in a moment"),
        Error::Stopped { .. } => {
            Some("start the program again; what was acknowledged is safe, the last command may have happened")
        }
        Error::Damaged { .. } | Error::JournalBehind { .. } | Error::ViewBehind { .. } => {
            Some("keep a copy of the folder; `jobwright restore` makes a store of your last backup")
        }
        Error::NoStore { .. } => Some(
            "`jobwright import FILE` makes one, `jobwright restore` makes one of a backup; `-C` and `--store` name another folder",
        ),
        Error::Foreign { .. } => Some(
            "name another folder with `--store`; if this was one, `jobwright restore` makes a store of your last backup",
        ),
        _ => None,
    };
    let what = match &error {
        Error::NoStore { .. } => "there is no store here",
        _ => "cannot use the store",
    };
    let report = Report::new(exit, what).caused_by(&error);
    next.into_iter().fold(report, Report::next)
}

/// What the engine says, as people read it.
pub fn engine_report(error: jobwright_runtime::Error) -> Report {
    use jobwright_runtime::Error;
    match error {
        Error::Store(error) => store_report(error),
        Error::Refused(refusal) => Report::new(Exit::No, refusal.to_string()),
        Error::NoSuchJob(_) | Error::NoSuchClient(_) => Report::new(Exit::NotFound, error.to_string())
            .next("`jobwright jobs` and `jobwright client list` name them"),
        Error::NoSuchDefinition(_) => Report::new(Exit::NotFound, error.to_string()),
        Error::DoesNotApply { .. }
        | Error::Period(_)
        | Error::Inputs(_)
        | Error::KeyDates(_)
        | Error::NoCalendar(_)
        | Error::Condition(_) => Report::new(Exit::No, error.to_string()),
        Error::Unchanged(_) => Report::new(Exit::No, "the client's record stays as it is").caused_by(&error),
        Error::SetAside { .. } | Error::TooManyTurns(_) | Error::HeldBack(_) => {
            Report::new(Exit::No, error.to_string()).caused_by(&error)
        }
        Error::Busy { .. } => Report::new(Exit::Store, error.to_string()).next("give the same command again"),
        Error::Together(shared) => match Arc::try_unwrap(shared) {
            Ok(error) => engine_report(error),
            Err(shared) => Report::new(Exit::Store, shared.to_string()).caused_by(&*shared),
        },
        Error::Commit(_) | Error::Unprepared(_) | Error::NoSuchVersion(_) | Error::Unanswered => {
            Report::new(Exit::Store, error.to_string()).caused_by(&error)
        }
    }
}
