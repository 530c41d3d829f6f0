//! Accounts of members as an operator gives them, on what `samvirke up` runs.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
    time::Duration,
};

use async_nats::{Client, ConnectOptions, jetstream};
use futures::StreamExt;
use samvirke_tests::{
    Up,
    api::{Api, admitting, founding},
    organisation_numbers,
};
use serde_json::{Value, json};

const MEMBER: &str = "935478715";
/// How long the server may take to start again.
const BACK_WITHIN: Duration = Duration::from_secs(60);
const EXECUTABLE: &str = env!("CARGO_BIN_EXE_samvirke");

/// Runs a command to its end; returns its exit code, its answer and what it said beside that.
fn said(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// The words after `samvirke nats-account`, on the directory of `up`.
fn account(up: &Up, words: &str) -> (i32, String, String) {
    let words: Vec<&str> = ["nats-account"].into_iter().chain(words.split_whitespace()).collect();
    said(&mut up.command(&words))
}

async fn owner(up: &Up) -> Client {
    let nats = up.addresses().unwrap().nats;
    let options = ConnectOptions::with_user_and_password(nats.user, nats.password);
    options.connect(nats.url).await.unwrap()
}

async fn has_feed(owner: &Client) -> bool {
    jetstream::new(owner.clone()).get_stream("FEED").await.is_ok()
}

/// Stands in for the service that keeps the feed.
async fn make_feed(owner: &Client) {
    let subjects = vec!["feed.>".into()];
    let config = jetstream::stream::Config { name: "FEED".into(), subjects, ..Default::default() };
    jetstream::new(owner.clone()).create_stream(config).await.unwrap();
}

async fn publish(owner: &Client) {
    let context = jetstream::new(owner.clone());
    for subject in ["feed.prove.public.case.decided", "feed.prove.member.920125298.case.sent"] {
        context.publish(subject, "{}".into()).await.unwrap().await.unwrap();
    }
}

async fn connect(up: &Up, seed: &str) -> anyhow::Result<Client> {
    let url = up.addresses()?.nats.url;
    Ok(ConnectOptions::with_nkey(seed.trim().into()).connect(url).await?)
}

/// Asks for one message as a member's program does; returns its subject.
async fn receive(member: &Client) -> String {
    let inbox = member.new_inbox();
    let mut answers = member.subscribe(inbox.clone()).await.unwrap();
    let next = format!("$JS.API.CONSUMER.MSG.NEXT.FEED.member-{MEMBER}");
    let asked =
        member.publish_with_reply(next, inbox, r#"{"batch":1,"expires":15000000000}"#.into());
    asked.await.unwrap();
    let message = answers.next().await.unwrap();
    assert_eq!(message.status, None);
    member.request(message.reply.unwrap(), "+ACK".into()).await.unwrap();
    message.subject.to_string()
}

#[tokio::test]
async fn an_account_is_given_listed_rotated_and_revoked_while_everything_runs() {
    let mut up = Up::start(Path::new(EXECUTABLE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    let owner = owner(&up).await;
    let seed = up.data().join("seed");
    let give = format!("{MEMBER} --cooperation prove --out {}", seed.display());

    if !has_feed(&owner).await {
        let (code, answer, beside) = account(&up, &give);
        assert_eq!((code, answer.as_str(), beside.lines().count()), (2, "", 1), "{beside}");
        assert!(beside.contains("no change feed yet"), "{beside}");
        assert!(!seed.exists(), "a key that came to nothing is not kept");
        make_feed(&owner).await;
    }
    publish(&owner).await;
    let (code, answer, _) = account(&up, &format!("{MEMBER} --cooperation prove --dry-run"));
    assert!(code == 0 && answer.contains("feed.prove.member.935478715.>"), "{answer}");
    assert_eq!(account(&up, "list"), (0, String::new(), String::new()), "nothing was changed");

    let (code, answer, beside) = account(&up, &give);
    assert_eq!((code, answer.as_str()), (0, ""), "{beside}");
    assert_eq!(fs::metadata(&seed).unwrap().permissions().mode() & 0o777, 0o600);
    let first = fs::read_to_string(&seed).unwrap();
    let member = connect(&up, &first).await.unwrap();
    assert_eq!(receive(&member).await, "feed.prove.public.case.decided");
    let (code, answer, _) = account(&up, "list");
    assert!(code == 0 && answer.contains("at FEED:2  behind 0  unacknowledged 0"), "{answer}");

    let (code, second, _) = account(&up, &format!("rotate {MEMBER}"));
    assert_eq!((code, second.lines().count()), (0, 1), "the key and nothing else");
    assert!(connect(&up, &first).await.is_err());
    assert!(connect(&up, &second).await.is_ok());

    up.kill().unwrap();
    // What it had started ends by itself, and is not what is asked below.
    let ends = async {
        while connect(&up, &second).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(BACK_WITHIN, ends).await.expect("no server is left behind");
    up.start_again().unwrap();
    // What was published here is no event, which doctor rightly minds; only the server is asked.
    let comes_back = async {
        while connect(&up, &second).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(BACK_WITHIN, comes_back).await.expect("what was given is kept");

    let (code, _, beside) = account(&up, &format!("revoke {MEMBER}"));
    assert_eq!(code, 0, "{beside}");
    assert!(connect(&up, &second).await.is_err());
    let (code, _, beside) = account(&up, &format!("revoke {MEMBER}"));
    assert_eq!((code, beside.trim()), (2, "samvirke: 935478715 has no account"));
}

#[tokio::test]
async fn the_configuration_for_a_server_elsewhere_is_one_that_it_takes() {
    let server = samvirke_private_servers::temporary::nats().await.unwrap();
    let client = async_nats::connect(server.url()).await.unwrap();
    make_feed(&client).await;
    let dir = tempfile::tempdir().unwrap();
    let (data, seed) = (dir.path().join("data"), dir.path().join("seed"));
    let samvirke = |words: &[&str]| {
        let mut command = Command::new(EXECUTABLE);
        command.arg("nats-account").args(words).env("SAMVIRKE_NATS__URL", server.url());
        said(command.arg("--data").arg(&data))
    };
    let give = [MEMBER, "--cooperation", "prove", "--cooperation", "annen", "--print-config"];
    let (code, answer, beside) = samvirke(&give);
    assert_eq!((code, answer.as_str()), (2, ""), "the key would stand amid the configuration");
    assert!(beside.contains("--out"), "{beside}");
    let (code, printed, beside) =
        samvirke(&[&give[..], &["--out", seed.to_str().unwrap()]].concat());
    assert_eq!(code, 0, "{beside}");
    assert!(beside.contains("reload twice"), "{beside}");
    assert_eq!(samvirke(&["--print-config"]).1, printed);

    let seed = fs::read_to_string(&seed).unwrap();
    assert!(!printed.contains(seed.trim()), "the secret half is not in it");
    fs::write(dir.path().join("accounts.conf"), &printed).unwrap();
    let config = dir.path().join("nats.conf");
    fs::write(&config, "include \"accounts.conf\"\n").unwrap();
    let program = samvirke_private_servers::programs::nats_server().unwrap();
    let mut check = Command::new(program);
    check.arg("-t").arg("-c").arg(&config).env("SAMVIRKE_NATS__PASSWORD", "\"hemmelig\"");
    let (code, _, beside) = said(&mut check);
    assert_eq!(code, 0, "{beside}");
}

/// What doctor warns of about accounts.
fn warnings(up: &Up) -> Vec<String> {
    let (_, answer, _) = said(&mut up.command(&["doctor", "--json"]));
    let rows: Vec<Value> = serde_json::from_str(&answer).unwrap();
    let of_accounts = rows.iter().filter(|row| row["check"] == "accounts");
    of_accounts
        .map(|row| {
            assert_eq!(row["state"], "WARN");
            format!("{} → {}", row["found"].as_str().unwrap(), row["remedy"].as_str().unwrap())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_of_a_member_that_has_left_is_warned_of_until_it_is_revoked() {
    let mut up = Up::start(Path::new(EXECUTABLE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let (operator, secretariat) = (api.caller(&["*:operator"], None), api.secretariat());
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    let stays = organisation_numbers().next().unwrap().to_string();
    for member in [MEMBER, &stays] {
        api.gives(&secretariat, "cooperations/prove/admit-member", admitting(member)).await;
        let (code, _, beside) = account(&up, &format!("{member} --cooperation prove"));
        assert_eq!(code, 0, "{beside}");
    }
    assert!(warnings(&up).is_empty(), "both are members: {:?}", warnings(&up));

    let left = json!({"member": MEMBER, "to": "2019-12-31", "reason": "Gikk ut."});
    api.gives(&secretariat, "cooperations/prove/release-member", left).await;
    let found = warnings(&up);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(MEMBER), "{found:?}");
    let revoke = format!("revoke {MEMBER}");
    assert!(found[0].ends_with(&format!("samvirke nats-account {revoke}")), "{found:?}");
    assert_eq!(account(&up, &revoke).0, 0);
    assert!(warnings(&up).is_empty());
}
