//! A practice's folder of plugins: what is in order, what changes, what is kept.
//!
//! Owns: that each problem is told with its next move, and that only the plugin it is about is left out.

use crate::{
    guests::Guest,
    world::{Practice, call_of, called, shown},
};
use jobwright_component::{
    Digest, Edit, Given, Grant, Grants, Lock, Locked, Manifest, PrivateKey, TrustedKey, Watch, Wish, digest, narrow,
};
use jobwright_core::value::Type;
use jobwright_plugin::{Offered, Plugins, RepeatSafe};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    sync::{Arc, Mutex},
};

/// The problems of a practice, beside which a good plugin serves.
#[track_caller]
fn check(practice: &Practice, expected: &[&str]) {
    practice.add(&Guest::good().named("bystander"));
    let shelf = practice.open();
    let problems: Vec<_> = shelf.problems().iter().map(ToString::to_string).collect();
    assert_eq!(problems, expected);
    assert!(shelf.offer("bystander.task").is_some(), "the others serve");
    assert!(shelf.offer("test.task").is_none(), "it is left out");
}

#[test]
fn a_practice_without_plugins_is_in_order() {
    let practice = Practice::new();
    assert_eq!(practice.open().problems(), []);
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let practice = Practice::new();
    practice.add(&Guest::good());
    fs::remove_file(practice.plugins().join("test.wasm")).expect("removed");
    check(
        &practice,
        &["plugin `test`: plugins/test.wasm is not there; put it back, or run `jobwright plugin remove test`"],
    );
}

#[test]
fn a_file_that_was_changed_is_told() {
    let practice = Practice::new();
    let locked = practice.add(&Guest::good());
    let other = Guest::good().with("/version", json!("2.0.0")).plugin();
    fs::write(practice.plugins().join("test.wasm"), &other).expect("written");
    let (is, was) = (digest(&other), locked);
    let expected = format!(
        "plugin `test`: plugins/test.wasm is sha256:{is:.12}…, and plugins.lock says sha256:{was:.12}…; put the old file \
         back, or take the new one in: run `jobwright plugin add plugins/test.wasm`"
    );
    check(&practice, &[&expected]);
}

#[test]
fn a_wish_that_is_not_granted_is_told_with_its_line() {
    let wishes = json!({
        "http": [{ "host": "a.example", "methods": ["GET"] }],
        "secrets": [{ "name": "token", "host": "a.example" }],
        "read": ["client.name", "staff.id"],
    });
    let practice = Practice::new();
    let guest = Guest::good().with("/capabilities", wishes).with("/tasks/0/effects", json!(["client.set:vat.*"]));
    practice.add_granted(&guest.plugin(), |grant| {
        *grant = Grant { digest: grant.digest, read: vec!["client.*".into()], ..Grant::default() };
    });
    check(
        &practice,
        &[
            "plugin `test`: 4 of its wishes are not granted; run `jobwright plugin add plugins/test.wasm`, or add under `[test]` \
           in plugins/grants.toml: http = [{ host = \"a.example\", methods = [\"GET\"] }]; secrets = { token = { entry = \
           \"token\", host = \"a.example\" } }; read = [\"staff.id\"]; effects = [\"client.set:vat.*\"]",
        ],
    );
}

#[test]
fn a_grant_for_another_digest_grants_nothing() {
    let practice = Practice::new();
    let guest = Guest::good().with("/capabilities", json!({ "read": ["client.name"] }));
    let old = practice.add(&guest);
    practice.lock("test", &guest.with("/version", json!("1.0.1")).plugin());
    let expected = format!(
        "plugin `test`: 1 of its wishes is not granted (grants.toml is for sha256:{old:.12}…); run `jobwright plugin add \
         plugins/test.wasm`, or add under `[test]` in plugins/grants.toml: read = [\"client.name\"]"
    );
    check(&practice, &[&expected]);
}

#[test]
fn a_secret_that_the_file_does_not_have_is_told() {
    let practice = Practice::new();
    let wishes = json!({ "http": [{ "host": "a.example" }], "secrets": [{ "name": "token", "host": "a.example" }] });
    practice.add(&Guest::good().with("/capabilities", wishes));
    check(
        &practice,
        &[
            "plugin `test`: secret `token` is to be `token`, which the secrets file does not have; mend plugins/grants.toml or \
           the secrets file",
        ],
    );
}

#[test]
fn two_plugins_with_one_name_are_both_named() {
    let practice = Practice::new();
    practice.add(&Guest::good());
    practice.add(&Guest::good().with("/name", json!("rival")));
    check(
        &practice,
        &[
            "plugin `rival`: offers `test.task`, and so does `test`; keep one of them: `jobwright plugin remove rival`",
            "plugin `test`: offers `test.task`, and so does `rival`; keep one of them: `jobwright plugin remove test`",
        ],
    );
}

#[test]
fn a_plugin_that_calls_itself_otherwise_is_told() {
    let practice = Practice::new();
    practice.lock("test", &Guest::good().named("other").plugin());
    check(
        &practice,
        &["plugin `test`: plugins/test.wasm calls itself `other`; run `jobwright plugin add plugins/test.wasm`"],
    );
}

#[test]
fn a_file_outside_the_folder_is_not_read() {
    let practice = Practice::new();
    practice.add(&Guest::good());
    let path = practice.plugins().join("plugins.lock");
    let mut lock = Lock::read(&path).expect("a lock");
    lock.plugins[0].file = "../cache/key".into();
    lock.write(&path).expect("written");
    check(
        &practice,
        &["plugin `test`: plugins/../cache/key cannot be read: is no file of this folder; run `jobwright plugin add \
           plugins/../cache/key`"],
    );
}

#[test]
fn an_offer_says_what_a_definition_needs_to_know() {
    let practice = Practice::new();
    let outputs = json!({ "type": "object", "required": ["sum"], "properties": { "sum": { "type": "integer" } } });
    let digest =
        practice.add(&Guest::good().with("/tasks/0/outputs", outputs).with("/tasks/0/repeat_safe", json!("find")));
    let shelf = practice.open();
    let offer = shelf.offer("test.task").expect("an offer");
    assert_eq!((offer.plugin.as_str(), offer.digest), ("test", digest));
    let Offered::Task { outputs, failures } = offer.kind else { panic!("a task") };
    assert_eq!((&outputs["sum"].of, failures), (&Type::Int, vec!["nope".to_owned()]));
    assert_eq!(shelf.repeat_safe(&digest, "test.task"), RepeatSafe::Find);
    assert_eq!(shelf.offer("test.other"), None);
}

#[test]
fn what_was_compiled_is_kept_readable_by_the_owner_alone_and_a_forged_file_is_not_used() {
    let practice = Practice::new();
    let digest = practice.add(&Guest::good());
    drop(practice.open());
    let files =
        || -> Vec<_> { fs::read_dir(&practice.cache).expect("a folder").flatten().map(|file| file.path()).collect() };
    for path in files() {
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    let compiled =
        files().into_iter().find(|path| path.extension().is_some_and(|end| end == "cwasm")).expect("compiled");
    let before = fs::read(&compiled).expect("bytes");
    let mut forged = before.clone();
    let middle = forged.len() / 2;
    forged[middle] ^= 1;
    fs::write(&compiled, &forged).expect("written");
    // A seal that claims to know this very file, and is made without the key.
    let seal = compiled.with_extension("seal");
    let mut claims = fs::read(&seal).expect("a seal");
    claims.resize(32 + 56 + 32, 7);
    fs::write(&seal, claims).expect("written");
    let shelf = practice.open();
    assert_eq!(shown(&called(&shelf, call_of(digest, "test.task"))), "done ok: true");
    assert_eq!(fs::read(&compiled).expect("bytes"), before, "it was compiled anew");
}

#[test]
fn a_changed_file_serves_from_the_next_look_on() {
    let practice = Practice::new();
    let old = practice.add(&Guest::good());
    let shelf = practice.open();
    assert!(!shelf.look_again(), "nothing changed");
    let new = practice.add(&Guest::task("(call $done (str `{\"new\":1}`))"));
    assert!(shelf.look_again());
    assert_eq!(shelf.problems(), []);
    assert_eq!(shelf.offer("test.task").map(|offer| offer.digest), Some(new));
    assert_eq!(shown(&called(&shelf, call_of(new, "test.task"))), "done new: 1");
    assert_eq!(shown(&called(&shelf, call_of(old, "test.task"))), "done ok: true", "jobs end on what they began with");
}

#[test]
fn a_bad_new_file_leaves_the_old_one_serving() {
    let practice = Practice::new();
    let old = practice.add(&Guest::good());
    let shelf = practice.open();
    practice.lock("test", b"garbage");
    assert!(shelf.look_again());
    let problems: Vec<_> = shelf.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        ["plugin `test`: plugins/test.wasm is no WebAssembly at all; run `jobwright plugin add plugins/test.wasm`"]
    );
    assert_eq!(shelf.offer("test.task").map(|offer| offer.digest), Some(old));
    assert_eq!(shown(&called(&shelf, call_of(old, "test.task"))), "done ok: true");
}

#[test]
fn r05_a_lock_that_cannot_be_read_gives_nothing_until_it_is_mended() {
    let practice = Practice::new();
    let digest = practice.add(&Guest::good());
    let shelf = practice.open();
    let path = practice.plugins().join("plugins.lock");
    let whole = fs::read(&path).expect("a lock");
    fs::write(&path, "plugin = 1").expect("written");
    let said = shown(&called(&shelf, call_of(digest, "test.task")));
    assert!(said.starts_with("transient plugin-not-granted: plugin `plugins.lock`"), "it is tried again: {said}");
    assert_eq!(shelf.problems().len(), 1);
    fs::write(&path, whole).expect("written");
    assert_eq!(shown(&called(&shelf, call_of(digest, "test.task"))), "done ok: true");
}

#[test]
fn r05_what_the_files_do_not_give_any_more_no_call_has() {
    let reads = |more: &str| {
        Guest::task("(call $client (call $list (str `name`)) (i32.const 1) (i32.const 2048)) (call $read)")
            .with("/capabilities", json!({ "read": ["client.name"] }))
            .with("/version", json!(more))
    };
    let (practice, key) = (Practice::new(), PrivateKey::generate().expect("a key"));
    let first = practice.add(&reads("1.0.0"));
    let shelf = practice.open();
    let says = |digest| shown(&called(&shelf, call_of(digest, "test.task")));
    let (lock, grants) = (practice.plugins().join("plugins.lock"), practice.plugins().join("grants.toml"));
    assert_eq!(says(first), "done name: Ada & Co");
    // By hand.
    let whole = fs::read_to_string(&grants).expect("grants");
    fs::write(&grants, whole.replace("client.name", "client.id")).expect("written");
    assert!(
        says(first).starts_with("needs_person plugin-not-granted: plugin `test`: 1 of its wishes"),
        "{}",
        says(first)
    );
    fs::write(&grants, &whole).expect("written");
    assert_eq!(says(first), "done name: Ada & Co", "and back");
    // An older version has what its own entry gives, and no more.
    let second = practice.add(&reads("1.1.0"));
    assert_eq!((says(first), says(second)), ("done name: Ada & Co".into(), "done name: Ada & Co".into()));
    let mut both = Grants::read(&grants).expect("grants");
    both.0.get_mut("test").expect("an entry").older.clear();
    both.write(&grants).expect("written");
    assert!(says(first).starts_with("needs_person plugin-not-granted"), "{}", says(first));
    assert_eq!(says(second), "done name: Ada & Co");
    // Out of the lock.
    let kept = fs::read(&lock).expect("a lock");
    fs::write(&lock, "").expect("written");
    assert!(says(second).contains("was taken out of this practice"), "{}", says(second));
    fs::write(&lock, kept).expect("written");
    // Another shelf, of a service that wants signatures by now.
    let mut strict = practice;
    strict.options.given.trust.require_signed = true;
    strict.options.given.trust.keys = vec![TrustedKey { name: "Ada".into(), key: key.public() }];
    let shelf = strict.open();
    let said = shown(&called(&shelf, call_of(second, "test.task")));
    assert!(said.starts_with("needs_person plugin-not-granted: plugin `test`: is not signed"), "{said}");
}

#[test]
fn r05_signatures_and_secrets_that_change_while_it_runs_count_from_the_next_call_on() {
    let mut practice = Practice::new();
    let digest = practice.add(&Guest::good());
    let given = Arc::new(Mutex::new(Arc::new(Given::default())));
    let now = given.clone();
    practice.options.watch = Some(Watch(Arc::new(move || now.lock().expect("a lock").clone())));
    let shelf = practice.open();
    assert_eq!(shown(&called(&shelf, call_of(digest, "test.task"))), "done ok: true");
    let mut strict = Given::default();
    strict.trust.require_signed = true;
    *given.lock().expect("a lock") = Arc::new(strict);
    let said = shown(&called(&shelf, call_of(digest, "test.task")));
    assert!(said.contains("is not signed"), "{said}");
}

#[test]
fn r01_a_folder_of_a_practice_brings_no_machine_code() {
    let practice = Practice::new();
    let digest = practice.add(&Guest::good());
    drop(practice.open());
    // What earlier versions kept there, and what somebody may have packed.
    let planted: Vec<_> = ["key", "x.cwasm", "x.seal", "x.known"].map(|name| practice.kept().join(name)).into();
    for path in &planted {
        fs::write(path, [7; 32]).expect("written");
    }
    // The same in a cache that others can write: it is not used.
    fs::set_permissions(&practice.cache, fs::Permissions::from_mode(0o777)).expect("opened");
    let before: Vec<_> = fs::read_dir(&practice.cache).expect("a folder").flatten().map(|file| file.path()).collect();
    for path in &before {
        fs::write(path, b"forged").expect("written");
    }
    let shelf = practice.open();
    assert_eq!(shown(&called(&shelf, call_of(digest, "test.task"))), "done ok: true");
    assert_eq!(shelf.cache_folder(), None);
    assert!(planted.iter().all(|path| !path.exists()), "they are deleted");
    assert!(before.iter().all(|path| fs::read(path).expect("a file") == b"forged"), "nothing is written there");
    assert!(practice.kept().join(format!("{digest}.wasm")).exists(), "components are no machine code");
}

#[test]
fn r03_whatever_is_wider_in_a_new_version_is_a_wish() {
    let manifest = |capabilities: serde_json::Value, limits: serde_json::Value| {
        let guest = Guest::good().with("/capabilities", capabilities).with("/limits", limits);
        Manifest::from_json(guest.manifest.to_string().as_bytes()).expect("a manifest")
    };
    let secret = |host: &str| json!({ "http": [{ "host": "a.example" }, { "host": "b.example" }], "secrets": [{ "name": "t", "host": host }] });
    let host = |host: &str| json!({ "http": [{ "host": host }] });
    let none = || json!({});
    let (one, two) = (digest(b"one"), digest(b"two"));
    for (old, new, lines) in [
        ((secret("a.example"), none()), (secret("a.example"), none()), vec![]),
        (
            (secret("a.example"), none()),
            (secret("b.example"), none()),
            vec!["secrets = { t = { entry = \"t\", host = \"b.example\" } }"],
        ),
        (
            (host("*"), none()),
            (host("http://127.0.0.1:18080"), none()),
            vec!["http = [{ host = \"http://127.0.0.1:18080\" }]"],
        ),
        ((host("*"), none()), (host("localhost"), none()), vec!["http = [{ host = \"localhost\" }]"]),
        ((host("api.*"), none()), (host("api.x.example:22"), none()), vec!["http = [{ host = \"api.x.example:22\" }]"]),
        ((host("*.example"), none()), (host("a.example"), none()), vec![]),
        ((none(), none()), (none(), json!({ "cpu_ms": 10_000 })), vec!["limits = { cpu_ms = 10000 }"]),
        ((none(), json!({ "cpu_ms": 900 })), (none(), json!({ "cpu_ms": 900 })), vec![]),
        ((none(), json!({ "cpu_ms": 900 })), (none(), json!({ "cpu_ms": 901 })), vec!["limits = { cpu_ms = 901 }"]),
        ((none(), none()), (none(), json!({ "cpu_ms": 100 })), vec![]),
    ] {
        let granted = Grant::of_all(one, &manifest(old.0.clone(), old.1.clone()));
        let (kept, wishes) = narrow(&granted, two, &manifest(new.0.clone(), new.1));
        let shown: Vec<_> = wishes.iter().map(Wish::line).collect();
        assert_eq!(shown, lines, "{old:?} {:?}", new.0);
        assert_eq!((kept.digest.0, kept.older.len()), (two, 1));
    }
    // A grant of an earlier version of the program says of no secret to which host it goes.
    let mut granted = Grant::of_all(one, &manifest(secret("a.example"), none()));
    granted.secrets.get_mut("t").expect("a secret").host = None;
    let (_, wishes) = narrow(&granted, two, &manifest(secret("a.example"), none()));
    assert_eq!(wishes.len(), 1, "{wishes:?}");
    let known = granted.with_hosts_of(&manifest(secret("a.example"), none()));
    assert_eq!(narrow(&known, two, &manifest(secret("a.example"), none())).1, []);
}

#[test]
fn r08_two_who_change_the_folder_at_once_both_have_their_way() {
    let practice = Practice::new();
    let locked = |name: &str| Locked {
        name: name.into(),
        version: "1.0.0".into(),
        digest: Digest(digest(name.as_bytes())),
        api: "0.1".into(),
        file: format!("{name}.wasm"),
        signer: None,
        signature: None,
    };
    let names: Vec<String> = (0..8).map(|number| format!("p{number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let (folder, locked) = (practice.plugins(), locked(name));
            scope.spawn(move || {
                let edit = Edit::begin(&folder).expect("a turn");
                let grant = Grant { digest: locked.digest, ..Grant::default() };
                edit.put(locked, Some(b"component"), &grant).expect("written");
            });
        }
    });
    let lock = Lock::read(&practice.plugins().join("plugins.lock")).expect("a lock");
    let grants = Grants::read(&practice.plugins().join("grants.toml")).expect("grants");
    assert_eq!(lock.plugins.iter().map(|locked| &locked.name).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    assert_eq!(grants.0.keys().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
}

#[test]
fn a_newcomer_does_not_take_a_name_that_is_served() {
    let practice = Practice::new();
    practice.add(&Guest::good());
    let shelf = practice.open();
    practice.add(&Guest::good().with("/name", json!("rival")));
    assert!(shelf.look_again());
    assert_eq!(shelf.problems()[0].plugin, "rival");
    assert_eq!(shelf.offer("test.task").map(|offer| offer.plugin), Some("test".into()));
}

#[test]
fn jobs_end_on_what_they_began_with_with_the_grants_of_then_until_it_is_forgotten() {
    let practice = Practice::new();
    let reads = Guest::task("(call $client (call $list (str `name`)) (i32.const 1) (i32.const 2048)) (call $read)")
        .with("/capabilities", json!({ "read": ["client.name"] }));
    let old = practice.add(&reads);
    drop(practice.open());
    let new = practice.add(&Guest::good());
    let shelf = practice.open();
    assert_eq!(shown(&called(&shelf, call_of(old, "test.task"))), "done name: Ada & Co");
    assert_eq!(shelf.repeat_safe(&old, "test.task"), RepeatSafe::No);
    assert_eq!(shelf.forget_unpinned(&BTreeSet::from([old])).expect("forgotten"), 0);
    assert_eq!(shelf.forget_unpinned(&BTreeSet::new()).expect("forgotten"), 1);
    assert!(shown(&called(&shelf, call_of(old, "test.task"))).starts_with("permanent plugin-missing"));
    assert_eq!(shown(&called(&shelf, call_of(new, "test.task"))), "done ok: true");
}

#[test]
fn an_upgrade_keeps_what_was_granted_and_lists_what_is_new() {
    let manifest = |read: &[&str], hosts: &[&str]| {
        let http: Vec<_> = hosts.iter().map(|host| json!({ "host": host })).collect();
        let guest = Guest::good().with("/capabilities", json!({ "read": read, "http": http }));
        Manifest::from_json(guest.manifest.to_string().as_bytes()).expect("a manifest")
    };
    let (one, two) = (digest(b"one"), digest(b"two"));
    let old = Grant::of_all(one, &manifest(&["client.name", "staff.id"], &["a.example"]));
    let (kept, new) = narrow(&old, two, &manifest(&["client.name", "client.iban"], &["a.example", "b.example"]));
    assert_eq!((kept.digest.0, kept.read, kept.http.len()), (two, vec!["client.name".to_owned()], 1));
    let lines: Vec<_> = new.iter().map(Wish::line).collect();
    assert_eq!(lines, ["http = [{ host = \"b.example\" }]", "read = [\"client.iban\"]"]);
}

#[test]
fn grants_are_written_as_an_admin_would_write_them() {
    let practice = Practice::new();
    let wishes = json!({
        "http": [{ "host": "a.example", "methods": ["GET"], "why": "asks" }],
        "secrets": [{ "name": "token", "host": "a.example" }],
        "read": ["client.name"],
    });
    let digest = practice.add_granted(&Guest::good().with("/capabilities", wishes).plugin(), |grant| {
        grant.limits.cpu_ms = Some(900);
    });
    let path = practice.plugins().join("grants.toml");
    let text = fs::read_to_string(&path).expect("a file");
    assert_eq!(
        text,
        format!(
            "[test]\ndigest = \"sha256:{digest}\"\nread = [\"client.name\"]\n\n[[test.http]]\nhost = \"a.example\"\nmethods = \
             [\"GET\"]\n\n[test.secrets.token]\nentry = \"token\"\nhost = \"a.example\"\n\n[test.limits]\ncpu_ms = 900\n"
        )
    );
    assert_eq!(Grants::read(&path).expect("grants").0["test"].limits.cpu_ms, Some(900));
    fs::write(&path, "[test]\ncolour = 1").expect("written");
    assert!(Grants::read(&path).is_err());
}

#[test]
fn nothing_passes_between_two_calls() {
    let practice = Practice::new();
    // It counts its calls in its memory, and only ever counts to one.
    let guest = Guest::task(
        "(i32.store8 (i32.const 3001) (i32.add (i32.load8_u (i32.const 3001)) (i32.const 1)))
         (i32.store8 (i32.const 3000) (i32.add (i32.const 48) (i32.load8_u (i32.const 3001))))
         (i32.store8 (i32.const 3001) (i32.const 1))
         (call $later (i32.const 3000) (i32.const 1) (i64.const 1))",
    );
    let digest = practice.add(&guest);
    let shelf = practice.open();
    for _ in 0..3 {
        assert_eq!(shown(&called(&shelf, call_of(digest, "test.task"))), "later 1 Some(1ms)");
    }
}

#[test]
fn many_calls_at_once_all_end_though_some_never_would() {
    let mut practice = Practice::new();
    practice.options.ceilings.cpu_ms = Some(50);
    let endless = practice.add(&Guest::task("(loop $on (br $on)) unreachable"));
    let good = practice.add(&Guest::good().named("good"));
    let shelf = practice.open();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let ends = runtime.block_on(async {
        let calls: Vec<_> = (0..40)
            .map(|number| {
                let call = if number % 8 == 0 { call_of(endless, "test.task") } else { call_of(good, "good.task") };
                tokio::spawn(shelf.clone().call(call, std::sync::Arc::new(crate::world::Table::default())))
            })
            .collect();
        let mut ends = Vec::new();
        for call in calls {
            ends.push(shown(&call.await.expect("a call")));
        }
        ends
    });
    assert_eq!(ends.iter().filter(|end| *end == "done ok: true").count(), 35);
    assert_eq!(ends.iter().filter(|end| end.starts_with("permanent plugin-cpu")).count(), 5);
}

#[test]
fn a_practice_that_wants_signatures_loads_no_plugin_without_one_that_it_trusts() {
    let (mut practice, key) = (Practice::sharing(), PrivateKey::generate().expect("a key"));
    let problems =
        |practice: &Practice| -> Vec<String> { practice.open().problems().iter().map(ToString::to_string).collect() };
    practice.add(&Guest::good());
    practice.options.given.trust.require_signed = true;
    assert_eq!(
        problems(&practice),
        ["plugin `test`: is not signed, and practice.yaml wants every plugin signed; ask its author for the file \
          NAME.wasm.sig, and add the plugin with it"]
    );
    let public = key.public();
    practice.signed_with = Some(key);
    practice.add(&Guest::good());
    assert_eq!(
        problems(&practice),
        [format!(
            "plugin `test`: is signed with {public}, which practice.yaml does not trust; when the key is its author's, add \
             {{ name: …, key: {public} }} to `plugins: trusted_keys:`"
        )]
    );
    practice.options.given.trust.keys = vec![TrustedKey { name: "Larkfield".into(), key: public }];
    assert_eq!(problems(&practice), <[String; 0]>::default());
}

#[test]
fn a_signature_that_does_not_hold_is_refused_also_where_nobody_asks_for_one() {
    let mut practice = Practice::sharing();
    practice.signed_with = Some(PrivateKey::generate().expect("a key"));
    practice.add(&Guest::good());
    assert_eq!(practice.open().problems(), []);
    let path = practice.plugins().join("plugins.lock");
    let mut lock = Lock::read(&path).expect("a lock");
    let other = PrivateKey::generate().expect("a key").sign("other", &lock.plugins[0].digest.0);
    lock.plugins[0].signature = Some(other);
    lock.write(&path).expect("written");
    let problems = practice.open().problems();
    assert!(problems[0].what.starts_with("its signature in plugins.lock is a bad signature"), "{problems:?}");
    assert!(practice.open().offer("test.task").is_none());
}
