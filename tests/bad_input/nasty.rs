//! The same nasty files for every reader: each is refused by name or read right, none is half used, and none takes long.
//!
//! Owns: what every reader is asked, in one table of doors, and how much a file may cost. Leaves the files to `cases`. What
//! a file costs is the processor's time and the memory of the program that read it, beyond what a good file costs: that
//! does not hang on what else the machine does.

mod cases;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use cases::{Case, NAME, cases};

use crate::support::Folder;
use crate::support::practice::{Practice, TO_FILES};
use crate::support::program::{Said, jobwright};
use crate::support::running::Running;
use crate::support::shim::{measured, taken};

/// What a nasty file may take of the processor beyond a good one: a second, of a program built without optimisation some.
const MILLISECONDS_MAX: u64 = if cfg!(debug_assertions) { 8_000 } else { 1_000 };
/// What it may take of memory beyond a good one: 100 MB.
const MEMORY_KIB_MAX: u64 = 100_000;

/// Runs the program with what it took.
fn run(folder: &Path, arguments: &[&str]) -> (Said, u64, u64) {
    let file = folder.join("taken");
    let _ = fs::remove_file(&file);
    let output = measured(&mut jobwright(folder), &file).args(arguments).output().expect("the program runs");
    let said = Said::of(output);
    let (milliseconds, memory) = taken(&file).unwrap_or_else(|| panic!("it did not end by itself: {said:#?}"));
    (said, milliseconds, memory)
}

/// Feeds each case to a door. The good file must pass; of each other the answer is looked at by `judge`, which says
/// whether the file was taken.
fn feed(good: &str, folder: &Path, file: &str, arguments: &[&str], mut judge: impl FnMut(&Case, &Said)) {
    let path = folder.join(file);
    fs::write(&path, good).expect("written");
    let (said, milliseconds_of_good, memory_of_good) = run(folder, arguments);
    assert_eq!(said.code, Some(0), "the good {file}: {said:#?}");
    for case in cases(good) {
        fs::write(&path, &case.bytes).expect("written");
        let (said, milliseconds, memory) = run(folder, arguments);
        let told = format!("{}{}", said.out, said.errors);
        let context = || format!("{} as {file}: {said:#?}", case.name);
        assert!(matches!(said.code, Some(0..=4)), "{}", context());
        for insides in ["panicked", "RUST_BACKTRACE", "internal fault"] {
            assert!(!told.contains(insides), "{}", context());
        }
        assert!(told.len() <= TOLD_BYTES_MAX, "{}: {} bytes are told", case.name, told.len());
        if said.code != Some(0) {
            let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or(file);
            assert!(told.contains(stem) || told.contains("of the file"), "the file is not named; {}", context());
        }
        let (slower, larger) =
            (milliseconds.saturating_sub(milliseconds_of_good), memory.saturating_sub(memory_of_good));
        assert!(slower <= MILLISECONDS_MAX, "{} ms; {}", slower, context());
        assert!(larger <= MEMORY_KIB_MAX, "{} KiB; {}", larger, context());
        judge(&case, &said);
    }
}

/// More words hide what is wrong.
const TOLD_BYTES_MAX: usize = 64 << 10;

/// What must not be there when a file was refused, and must be right when it was taken.
fn people_are_whole(practice: &Practice, good: &str, file: &str) {
    let mut taken = Vec::new();
    let before = practice.done(["client", "list", "--json"]);
    feed(good, practice.folder(), file, &["import", file], |case, said| {
        let shown = practice.run(["client", "show", "nasty", "--json"]);
        if said.code == Some(0) {
            let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap_or_default();
            // Signs that nobody sees are taken out, and that is said.
            let name = shown["name"].as_str().unwrap_or_default();
            let left: String = case.title.chars().filter(|sign| name.contains(*sign)).collect();
            let is_told = said.errors.contains("signs that nobody sees were taken out");
            let right = name == case.title || (is_told && !name.is_empty() && name == left);
            assert!(right, "{} was not read right: {shown}, {said:#?}", case.name);
            taken.push(case.name);
        }
    });
    practice.done(["client", "remove", "nasty", "--yes"]);
    assert_eq!(practice.done(["client", "list", "--json"]), before, "{file}");
    assert!(taken.contains(&"with a mark of UTF-8") && taken.contains(&"lines of Windows"), "{taken:?}");
}

#[test]
fn nasty_people_files_change_nothing_or_are_read_right() {
    let good = format!("format: 1\nclients:\n  - id: nasty\n    name: {NAME}\n");
    people_are_whole(&Practice::with_people(TO_FILES), &good, "nasty-people.yaml");
}

#[test]
fn nasty_json_changes_nothing_or_is_read_right() {
    let good = format!("{{\"format\": 1,\n \"clients\": [\n  {{\"id\": \"nasty\",\n   \"name\": \"{NAME}\"}}]}}\n");
    people_are_whole(&Practice::with_people(TO_FILES), &good, "nasty-people.json");
}

#[test]
fn nasty_tables_change_nothing_or_are_read_right() {
    let good = format!("client_id,client_name\nnasty,{NAME}\n");
    people_are_whole(&Practice::with_people(TO_FILES), &good, "nasty-people.csv");
}

#[test]
fn nasty_definitions_are_refused_or_read_right() {
    let folder = Folder::new();
    let good = format!("format: 1\nid: nasty\nname: {NAME}\ntasks:\n  - id: a\n    type: manual\n");
    feed(&good, folder.path(), "nasty.job.yaml", &["check", "nasty.job.yaml"], |_, _| {});
    // The tests beside one.
    fs::write(folder.path().join("nasty.job.yaml"), &good).expect("written");
    let tests = format!(
        "format: 1\ndefinition: nasty\ntests:\n  - name: {NAME}\n    start: 2026-05-04\n    steps: [restart]\n"
    );
    feed(&tests, folder.path(), "nasty.test.yaml", &["check", "nasty.job.yaml"], |_, _| {});
}

#[test]
fn nasty_settings_and_calendars_are_refused_or_read_right() {
    let folder = Folder::new();
    let calendar = format!("format: 1\nid: own\nname: {NAME}\nholidays:\n  2026-07-14: {NAME}\n");
    let settings = format!("format: 1\nname: {NAME}\n");
    let rule = ["date", "2026-07-13, +1 working day", "--calendar", "england-and-wales", "--json"];
    feed(&settings, folder.path(), "practice.yaml", &rule, |_, _| {});
    fs::write(folder.path().join("practice.yaml"), &settings).expect("written");
    fs::create_dir(folder.path().join("calendars")).expect("made");
    let rule = ["date", "2026-07-13, +1 working day", "--calendar", "own", "--json"];
    feed(&calendar, folder.path(), "calendars/own.yaml", &rule, |case, said| {
        // A calendar that was taken has its day.
        assert!(said.code != Some(0) || said.out.contains("\"2026-07-15\""), "{}: {said:#?}", case.name);
    });
}

#[test]
fn nasty_manifests_schemas_grants_and_secrets_are_refused_or_read_right() {
    let folder = Folder::new();
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/samples/vat-checks");
    fs::create_dir(folder.path().join("schemas")).expect("made");
    for schema in fs::read_dir(project.join("schemas")).expect("schemas") {
        let schema = schema.expect("a file").path();
        fs::copy(&schema, folder.path().join("schemas").join(schema.file_name().expect("a name"))).expect("copied");
    }
    let manifest = fs::read_to_string(project.join("plugin.toml")).expect("a manifest");
    let faced = |file: &str, bytes: &[u8]| {
        fs::write(folder.path().join(file), bytes).expect("written");
        let (said, milliseconds, memory) = run(folder.path(), &["plugin", "build", ".", "--component", "none.wasm"]);
        // Without a component nothing is built: a good manifest gets as far as that.
        let told = format!("{}{}", said.out, said.errors);
        assert!(matches!(said.code, Some(1..=5)) && !told.contains("panicked"), "{file}: {said:#?}");
        assert!(
            milliseconds <= 2 * MILLISECONDS_MAX && memory <= 2 * MEMORY_KIB_MAX,
            "{file}: {milliseconds} {memory}"
        );
        told
    };
    for case in cases(&manifest) {
        let told = faced("plugin.toml", &case.bytes);
        assert!(told.contains("plugin.toml") || told.contains("none.wasm"), "{}: {told}", case.name);
    }
    faced("plugin.toml", manifest.as_bytes());
    let schemas: Vec<_> = fs::read_dir(folder.path().join("schemas")).expect("schemas").flatten().collect();
    let schema = schemas.first().expect("a schema").path();
    let good = fs::read_to_string(&schema).expect("a schema");
    let name = format!("schemas/{}", schema.file_name().and_then(|name| name.to_str()).expect("a name"));
    for case in cases(&good) {
        let told = faced(&name, &case.bytes);
        assert!(
            told.contains("plugin.toml") || told.contains("schema") || told.contains("none.wasm"),
            "{}: {told}",
            case.name
        );
    }
}

#[test]
fn nasty_grants_and_secrets_grant_nothing() {
    let practice = Practice::with_people(TO_FILES);
    fs::create_dir_all(practice.folder().join("plugins")).expect("made");
    feed("", practice.folder(), "plugins/grants.toml", &["plugin", "list"], |_, _| {});
    fs::remove_file(practice.folder().join("plugins/grants.toml")).expect("removed");
    // Secrets are their owner's alone; `feed` keeps the rights of a file that is there.
    let secrets = practice.folder().join(".jobwright/secrets.toml");
    fs::write(&secrets, "").expect("written");
    fs::set_permissions(&secrets, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("rights");
    feed("", practice.folder(), ".jobwright/secrets.toml", &["doctor"], |_, _| {});
}

#[test]
fn nasty_backups_restore_nothing() {
    let practice = Practice::with_people(TO_FILES);
    practice.done(["backup", "good.backup"]);
    let good = fs::read(practice.folder().join("good.backup")).expect("a backup");
    let cut = good.len() / 2;
    let mut bytes: Vec<(&str, Vec<u8>)> = cases("backup\n").into_iter().map(|case| (case.name, case.bytes)).collect();
    bytes.push(("half of a good one", good[..cut].to_vec()));
    bytes.push(("a good one with something behind it", [&good[..], b"x"].concat()));
    bytes.push(("a good one twice", [&good[..], &good[..]].concat()));
    for (name, bytes) in bytes {
        practice.write("nasty.backup", bytes);
        let (said, milliseconds, memory) = run(practice.folder(), &["restore", "nasty.backup", "restored"]);
        assert!(matches!(said.code, Some(1..=4)) && said.errors.contains("nasty.backup"), "{name}: {said:#?}");
        assert!(
            milliseconds <= 2 * MILLISECONDS_MAX && memory <= 2 * MEMORY_KIB_MAX,
            "{name}: {milliseconds} {memory}"
        );
        assert!(!practice.folder().join("restored").exists(), "{name} left a store behind");
    }
}

#[test]
fn nasty_words_on_the_socket_do_nothing_and_the_engine_goes_on() {
    let practice = Practice::with_people(TO_FILES);
    let before = practice.done(["client", "list", "--json"]);
    let running = Running::start(&practice, &[]);
    for case in cases("{\"hello\": 1}") {
        let framed = [&(case.bytes.len() as u32).to_be_bytes()[..], &0_u32.to_be_bytes(), &case.bytes].concat();
        for bytes in [&case.bytes, &framed] {
            let mut stream = UnixStream::connect(running.socket()).expect("it serves");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
            // It may hang up while we still talk.
            let _ = stream.write_all(bytes);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let mut heard = Vec::new();
            let _ = stream.take(1 << 20).read_to_end(&mut heard);
            assert!(heard.len() < 1 << 20, "{}", case.name);
        }
    }
    assert_eq!(practice.done(["client", "list", "--json"]), before);
    let said = running.stop();
    assert!(said.code == Some(0) && !said.errors.contains("panicked"), "{said:#?}");
}
