//! Plugins as a practice uses them: the samples, built from source by their real toolchains, taken in, and used by jobs.
//!
//! Owns: the way from an author's folder to a job's timeline, through the program. What a component may do to its host is
//! the business of `plugins/component`. Where a toolchain is out of reach a test says so and has tried nothing.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use serde_json::Value as Json;

use crate::support::practice::{Practice, TO_FILES};
use crate::support::running::Running;
use crate::support::size::size;

/// What `build.sh` ends with when a toolchain is out of reach.
const OUT_OF_REACH: i32 = 3;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/samples")
}

/// The samples, built once: those of Rust at work, all of them in the gates.
fn built() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("samples");
        let names: &[&str] = size().of(&["vat-checks"], &[], &[]);
        let ended = Command::new("bash").arg(samples().join("build.sh")).args(names).arg("--out").arg(&out).status();
        let ended = ended.expect("bash runs");
        match ended.code() {
            Some(0) => Some(out),
            Some(OUT_OF_REACH) => {
                println!("not tried: a toolchain for plugins is out of reach, as said above");
                None
            }
            code => panic!("plugins/samples/build.sh ended with {code:?}"),
        }
    });
    built.as_deref()
}

/// A sample as its author hands it on: NAME.wasm in the practice's folder.
fn handed_on(practice: &Practice, name: &str) -> Option<String> {
    let bare = built()?.join(format!("{name}.wasm"));
    if !bare.exists() {
        println!("not tried: {name} is built in the gates only");
        return None;
    }
    let file = format!("{name}.wasm");
    let folder = samples().join(name);
    practice.done(["plugin", "build", text(&folder), "--component", text(&bare), "-o", &file]);
    Some(file)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

const LOOK: &str = r#"
format: 1
id: vat-look
name: Look at a VAT return
tasks:
  - id: look
    type: vat.checks
    with: { box1: "1000.00", box2: "20.50", box3: "1000.00", box4: "250.00", box5: "750.00", box6: "5000", box7: "100", box8: "0", box9: "0" }
  - { id: decide, type: manual, depends_on: [look], when: "!tasks.look.outputs.ok", assign: { staff: primary } }
"#;

#[test]
fn a_plugin_in_rust_does_a_task_and_its_log_line_stands_on_the_timeline() {
    let practice = Practice::with_people(TO_FILES);
    let Some(file) = handed_on(&practice, "vat-checks") else { return };
    practice.write("vat-look.job.yaml", LOOK);
    practice.run(["check", "vat-look.job.yaml"]).refuses(1, &[]);
    practice.done(["plugin", "add", &file]);
    practice.done(["check", "vat-look.job.yaml"]);
    practice.done(["publish", "vat-look.job.yaml"]);
    practice.done(["start", "vat-look", "--client", "birchwood"]);
    practice.done(["work"]);
    let shown = practice.done(["show", "vat-look/birchwood"]);
    for words in ["vat.checks says: checked a VAT return", "box 3 is 1000.00", "decide"] {
        assert!(shown.contains(words), "`{words}` is not in:\n{shown}");
    }
    let job = practice.json(&["show", "vat-look/birchwood"]);
    let look = job["tasks"].as_array().and_then(|tasks| tasks.iter().find(|task| task["id"] == "look"));
    assert_eq!(look.map(|look| &look["outputs"]["ok"]), Some(&Json::Bool(false)), "{job:#}");
}

#[test]
fn a_plugin_that_comes_before_anything_else_leaves_the_store_to_its_account_alone() {
    let practice = Practice::empty(TO_FILES);
    let Some(file) = handed_on(&practice, "vat-checks") else { return };
    practice.done(["plugin", "add", &file]);
    let store = std::fs::metadata(practice.folder().join(".jobwright")).expect("compiled components lie there");
    assert_eq!(store.permissions().mode() & 0o777, 0o700);
}

#[test]
fn secrets_that_others_may_read_stop_the_plugins_and_not_the_practice() {
    let practice = Practice::with_people(TO_FILES);
    let Some(file) = handed_on(&practice, "vat-checks") else { return };
    practice.done(["plugin", "add", &file]);
    let secrets = practice.write(".jobwright/secrets.toml", "[plugins]\nkey = \"hunter2\"\n");
    std::fs::set_permissions(&secrets, std::fs::Permissions::from_mode(0o644)).expect("opened");
    practice.run(["plugin", "list"]).refuses(1, &["the secrets of plugins cannot be used", "chmod 600"]);
    let said = practice.run(["work"]);
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(said.errors.contains("no plugin can run"), "{}", said.errors);
}

#[test]
fn settings_that_do_not_fit_a_plugin_are_told_where_they_stand() {
    let practice = Practice::with_people(TO_FILES);
    let Some(file) = handed_on(&practice, "vat-checks") else { return };
    practice.done(["plugin", "add", &file]);
    practice.write("bad.job.yaml", LOOK.replace("box9:", "box10:"));
    let said = practice.run(["check", "bad.job.yaml"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    for words in ["WF0218", "bad.job.yaml:8:", "box10"] {
        assert!(said.out.contains(words), "`{words}` is not in:\n{}", said.out);
    }
    practice.write("bad.job.yaml", LOOK.replace("vat.checks", "vat.cheks"));
    let said = practice.run(["check", "bad.job.yaml"]);
    assert!(said.out.contains("did you mean `vat.checks`?"), "{}", said.out);
}

#[test]
fn a_plugin_whose_file_was_changed_does_not_run_and_the_rest_of_the_practice_does() {
    let practice = Practice::with_people(TO_FILES);
    let Some(file) = handed_on(&practice, "vat-checks") else { return };
    practice.done(["plugin", "add", &file]);
    let kept = practice.folder().join("plugins/vat-checks.wasm");
    let mut bytes = std::fs::read(&kept).expect("the component");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&kept, bytes).expect("written");
    let said = practice.run(["plugin", "list"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("plugins.lock says"), "{}", said.out);
    practice.write("vat-look.job.yaml", LOOK);
    let said = practice.run(["check", "vat-look.job.yaml"]);
    assert!(said.out.contains("WF0217"), "{}", said.out);
    practice.done(["jobs"]);
    practice.done(["work"]);
}

#[test]
fn a_practice_takes_in_what_somebody_has_signed_whom_it_trusts() {
    let practice = Practice::with_people(TO_FILES);
    let Some(file) = handed_on(&practice, "vat-checks") else { return };
    practice.done(["plugin", "keygen", "author.key"]);
    let mode = std::fs::metadata(practice.folder().join("author.key")).expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    practice.run(["plugin", "keygen", "author.key"]).refuses(1, &["is there already"]);
    let settings = std::fs::read_to_string(practice.folder().join("practice.yaml")).expect("settings");
    practice.write("practice.yaml", format!("{settings}plugins: {{ require_signed: true }}\n"));
    practice.run(["plugin", "add", &file]).refuses(1, &["is not signed", "NAME.wasm.sig"]);
    practice.done(["plugin", "sign", &file, "--key", "author.key"]);
    practice.run(["plugin", "add", &file]).refuses(1, &["practice.yaml does not trust", "trusted_keys"]);
    let signature = std::fs::read_to_string(practice.folder().join(format!("{file}.sig"))).expect("a signature");
    let key = signature.split('"').find(|part| part.starts_with("ed25519:")).expect("its key");
    practice.write(
        "practice.yaml",
        format!("{settings}plugins: {{ require_signed: true, trusted_keys: [{{ name: Ada, key: \"{key}\" }}] }}\n"),
    );
    assert!(practice.done(["plugin", "inspect", &file]).contains("signed by  Ada"));
    practice.done(["plugin", "add", &file]);
    assert!(practice.done(["plugin", "list"]).contains("Ada"));
    let lock = std::fs::read_to_string(practice.folder().join("plugins/plugins.lock")).expect("the lock");
    let forged = lock.replace("\nsignature = \"", "\nsignature = \"00");
    practice.write("plugins/plugins.lock", forged);
    let said = practice.run(["plugin", "list"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("is a bad signature"), "{}", said.out);
}

/// The engine works by itself; a look a moment later is all there is to see of it.
fn soon(is_done: impl Fn() -> bool) -> bool {
    (0..100).any(|_| {
        is_done() || {
            thread::sleep(Duration::from_millis(50));
            false
        }
    })
}

#[test]
fn a_plugin_that_is_added_while_the_engine_runs_serves_the_next_job() {
    let practice = Practice::with_people(TO_FILES);
    let Some(file) = handed_on(&practice, "vat-checks") else { return };
    let engine = Running::start(&practice, &[]);
    practice.done(["plugin", "add", &file]);
    practice.write("vat-look.job.yaml", LOOK);
    practice.done(["publish", "vat-look.job.yaml"]);
    practice.done(["start", "vat-look", "--client", "birchwood"]);
    assert!(soon(|| practice.done(["show", "vat-look/birchwood"]).contains("vat.checks says")), "it was called");
    engine.kill();
}

#[test]
fn the_samples_hold_to_the_examples_of_their_authors() {
    let practice = Practice::empty(TO_FILES);
    for name in ["vat-checks", "word-count", "company-lookup", "iban-check"] {
        let Some(file) = handed_on(&practice, name) else { continue };
        // `check` looks for the component beside the author's files.
        let project = practice.folder().join("projects").join(name);
        std::fs::create_dir_all(project.parent().expect("a folder")).expect("made");
        let copied = Command::new("cp").args(["-RL", text(&samples().join(name)), text(&project)]).status();
        assert!(copied.is_ok_and(|ended| ended.success()), "{name} is copied");
        std::fs::copy(practice.folder().join(&file), project.join(&file)).expect("copied");
        let said = practice.run(["plugin", "check", text(&project)]);
        assert_eq!(said.code, Some(0), "{name}: {said:#?}");
        println!("{name}: {}", said.out.lines().last().unwrap_or_default());
    }
}

/// A register of companies that knows one, and whoever shows its key.
fn register() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten().take(10) {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..read]).to_lowercase();
            let body = r#"{"company_name":"ACME LTD","company_status":"active","accounts":{"accounting_reference_date":{"day":"31","month":"3"}}}"#;
            let (status, body) = match () {
                () if !request.contains("hunter2") => ("401 Unauthorized", ""),
                () if request.contains("/company/01234567 ") => ("200 OK", body),
                () => ("404 Not Found", ""),
            };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + body).as_bytes());
        }
    });
    address
}

/// Takes the sample in Python in for a register at this address, and a job that asks it; false where it is not built.
fn asks_a_register(practice: &Practice, address: &str) -> bool {
    let Some(bare) = built().map(|folder| folder.join("company-lookup.wasm")).filter(|bare| bare.exists()) else {
        println!("not tried: company-lookup is not built here");
        return false;
    };
    let project = practice.folder().join("project");
    let copied = Command::new("cp").args(["-RL", text(&samples().join("company-lookup")), text(&project)]).status();
    assert!(copied.is_ok_and(|ended| ended.success()));
    let manifest = std::fs::read_to_string(project.join("plugin.toml")).expect("its manifest");
    let manifest = manifest.replace("register.example", &format!("http://{address}"));
    std::fs::write(project.join("plugin.toml"), manifest).expect("written");
    practice.done(["plugin", "build", text(&project), "--component", text(&bare), "-o", "lookup.wasm"]);
    let secrets = practice.folder().join(".jobwright/secrets.toml");
    std::fs::write(&secrets, "[plugins]\nregister_key = \"hunter2\"\n").expect("written");
    let closed = Command::new("chmod").arg("600").arg(&secrets).status();
    assert!(closed.is_ok_and(|ended| ended.success()));
    let said = practice.done(["plugin", "add", "lookup.wasm", "--grant", "all"]);
    assert!(said.contains("asks the register for a company"), "{said}");
    practice.write(
        "lookup.job.yaml",
        format!(
            "format: 1\nid: lookup\nname: Look a company up\ntasks:\n  - id: ask\n    type: company.lookup\n    with: {{ register: \"http://{address}\", number: \"01234567\" }}\n"
        ),
    );
    practice.done(["publish", "lookup.job.yaml"]);
    true
}

#[test]
fn a_plugin_in_python_asks_the_host_it_was_granted_with_a_secret_it_never_sees() {
    let practice = Practice::with_people(TO_FILES);
    if !asks_a_register(&practice, &register()) {
        return;
    }
    practice.done(["start", "lookup", "--client", "birchwood"]);
    practice.done(["work"]);
    let shown = practice.done(["show", "lookup/birchwood"]);
    assert!(shown.contains("ACME LTD"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_plugin_that_is_added_while_the_call_of_another_waits_does_not_wait_for_it() {
    let practice = Practice::with_people(TO_FILES);
    let Some(file) = handed_on(&practice, "vat-checks") else { return };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    if !asks_a_register(&practice, &listener.local_addr().expect("its address").to_string()) {
        return;
    }
    let engine = Running::start(&practice, &[]);
    practice.done(["start", "lookup", "--client", "birchwood"]);
    let held = listener.accept().expect("it asks");
    practice.done(["plugin", "add", &file]);
    practice.write("vat-look.job.yaml", LOOK);
    practice.done(["publish", "vat-look.job.yaml"]);
    practice.done(["start", "vat-look", "--client", "birchwood"]);
    assert!(soon(|| practice.done(["show", "vat-look/birchwood"]).contains("vat.checks says")), "it was called");
    let waits = practice.done(["show", "lookup/birchwood"]);
    assert!(!waits.contains("register-down"), "the other still waits: {waits}");
    drop(held);
    engine.kill();
}

#[test]
fn the_definitions_that_ship_with_the_samples_keep_their_own_tests() {
    let practice = Practice::with_people(TO_FILES);
    let secrets = practice.write(".jobwright/secrets.toml", "[plugins]\nregister_key = \"hunter2\"\n");
    std::fs::set_permissions(&secrets, std::fs::Permissions::from_mode(0o600)).expect("closed");
    for name in ["vat-checks", "least-loaded-staff", "iban-check", "company-lookup", "word-count"] {
        let Some(file) = handed_on(&practice, name) else { return };
        practice.done(["plugin", "add", &file, "--grant", "all"]);
    }
    let ship = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows/with-plugins");
    for name in ["vat-review", "bank-details", "quotation"] {
        let file = format!("{name}.job.yaml");
        let text = std::fs::read_to_string(ship.join(&file)).expect("it ships");
        practice.write(&file, text);
        println!("{}", practice.done(["test", &file]));
    }
}

#[test]
fn each_language_has_a_project_that_says_how_it_is_built() {
    let practice = Practice::empty(TO_FILES);
    for lang in ["rust", "js", "python", "zig", "c"] {
        let name = format!("greeter-{lang}");
        practice.done(["plugin", "new", &name, "--lang", lang, "--type", "greeter.greet"]);
        let manifest = practice.folder().join(&name).join("plugin.toml");
        let manifest = std::fs::read_to_string(manifest).expect("its manifest");
        assert!(manifest.contains(&format!("name = \"{name}\"")) && manifest.contains("greeter.greet"), "{manifest}");
        practice.run(["plugin", "new", &name, "--lang", lang]).refuses(1, &["is there already"]);
    }
    practice.run(["plugin", "new", "Greeter!", "--lang", "c"]).refuses(2, &["cannot be the name of a plugin"]);
    practice.run(["plugin", "check", "greeter-c"]).refuses(3, &["is not built yet"]);
}

#[test]
fn what_is_no_plugin_is_refused_with_the_reason() {
    let practice = Practice::empty(TO_FILES);
    practice.write("garbage.wasm", b"hello");
    practice.write("module.wasm", b"\0asm\x01\0\0\0");
    practice.write("torn.wasm", b"\0asm\x0d\0\x01\0\x01\xff\xff\xff\x7f");
    practice.write("bare.wasm", b"\0asm\x0d\0\x01\0");
    for (file, words) in [
        ("garbage.wasm", "is no WebAssembly at all"),
        ("module.wasm", "is a core module, not a component"),
        ("torn.wasm", "is damaged"),
        ("bare.wasm", "has no manifest"),
    ] {
        practice.run(["plugin", "add", file]).refuses(1, &["cannot be used as a plugin", words]);
    }
    practice.run(["plugin", "add", "nothing.wasm"]).refuses(3, &[]);
    practice.run(["plugin", "remove", "nobody"]).refuses(3, &["there is no plugin nobody"]);
}
