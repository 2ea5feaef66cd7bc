//! Certificates are verified by default, on both sides: a listener that speaks TLS stands in front of the real node,
//! and in front of the simulated API. Each refusal names what is wrong, the flag or variable, and what to do.

use serde_json::Value;

use crate::command_line::shell::{Ended, Shell, simulator};
use crate::elastic::{clean_up_blocking, node_url};
use crate::support::proxy::FaultProxy;
use crate::support::tls::Authority;

const HERE: [&str; 2] = ["localhost", "127.0.0.1"];

/// What comes of a command, whatever it says: exit code 1, and these words, with no dump and no request.
#[track_caller]
fn refused(ended: Ended, words: &[&str]) {
    let ended = ended.ends(1, words);
    for dump in ["Error {", "Custom {", "InvalidCertificate(", "hyper", "stack backtrace"] {
        assert!(!ended.stderr.contains(dump), "{dump}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn a_node_behind_tls_works_from_end_to_end_with_its_authority() {
    let authority = Authority::new("our own authority");
    let proxy = FaultProxy::start_tls(&node_url(), authority.server(&HERE)).await;
    let api = simulator(3).await;
    let plain = Shell::with_api(&api);
    plain.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let prefix = format!("tls-{}", std::process::id());
    for (number, host) in HERE.iter().enumerate() {
        let shell = Shell::with_api(&api);
        shell.write("ca.pem", &authority.pem());
        let prefix = format!("{prefix}-{number}");
        let store = format!("https://{host}:{}", proxy.port());
        shell.write(
            "viralmine.toml",
            &format!("store = \"{store}\"\nindex-prefix = \"{prefix}\"\nes-ca-cert = \"ca.pem\"\n"),
        );
        let report = shell.backfill(&["--creators", "creators.txt"]).await;
        let found = if report.code == Some(0) { shell.documents().await } else { Vec::new() };
        tokio::task::spawn_blocking(move || clean_up_blocking(&node_url(), &prefix)).await.unwrap();
        assert_eq!(report.succeeded().json()["creators"]["done"], 3);
        assert_eq!(found, plain.documents().await);
    }
}

#[tokio::test]
async fn a_node_whose_authority_is_not_known_is_refused() {
    let (authority, other) = (Authority::new("our own authority"), Authority::new("somebody else's"));
    let proxy = FaultProxy::start_tls(&node_url(), authority.server(&HERE)).await;
    let api = simulator(1).await;
    let shell = Shell::with_api(&api);
    shell.write("other.pem", &other.pem());
    let store = proxy.url();
    let words = [&*store, "is not trusted", "--es-ca-cert"];
    for command in [&["backfill", "--creators", "creators.txt"][..], &["search"], &["hashtags"]] {
        refused(shell.run(&[command, &["--store", &store]].concat()).await, &words);
        let with_other = [command, &["--store", &store, "--es-ca-cert", "other.pem"]].concat();
        refused(
            shell.run(&with_other).await,
            &[&words[..], &["other.pem is not of the authority that signed it"]].concat(),
        );
    }
    assert_eq!((api.observed().total(), proxy.observed().requests.len()), (0, 0), "nothing was asked of anybody");
}

#[tokio::test]
async fn certificates_of_another_name_and_of_another_time_are_refused() {
    let authority = Authority::new("our own authority");
    let api = simulator(1).await;
    let shell = Shell::with_api(&api);
    shell.write("ca.pem", &authority.pem());
    let cases = [
        (authority.server(&["search.example"]), ["is not for the name 127.0.0.1", "search.example", "--store"]),
        (authority.expired_server(&HERE), ["has expired", "renew it", "clock"]),
    ];
    for (acceptor, words) in cases {
        let proxy = FaultProxy::start_tls(&node_url(), acceptor).await;
        let store = proxy.url();
        for command in [&["backfill", "--creators", "creators.txt"][..], &["search"]] {
            let arguments = [command, &["--store", &store, "--es-ca-cert", "ca.pem"]].concat();
            refused(shell.run(&arguments).await, &[&words[..], &[&store]].concat());
        }
        assert!(proxy.observed().requests.is_empty());
    }
    assert_eq!(api.observed().total(), 0);
}

#[tokio::test]
async fn plain_and_tls_are_told_apart_on_the_stores_side() {
    let authority = Authority::new("our own authority");
    let tls = FaultProxy::start_tls(&node_url(), authority.server(&HERE)).await;
    let plain = FaultProxy::start(&node_url()).await;
    let shell = Shell::new();
    let (to_tls, to_plain) = (tls.url().replace("https:", "http:"), plain.url().replace("http:", "https:"));
    refused(shell.run(&["search", "--store", &to_tls]).await, &[&to_tls, "needs https://", "--store"]);
    refused(
        shell.run(&["search", "--store", &to_plain]).await,
        &[&to_plain, "speaks no TLS", "write http://", "--store"],
    );
}

#[tokio::test]
async fn an_api_behind_tls_is_verified_by_what_the_system_trusts() {
    let authority = Authority::new("our own authority");
    let api = simulator(2).await;
    let proxy = FaultProxy::start_tls(&api.url(), authority.server(&HERE)).await;
    let shell = Shell::with_api(&api).set("VIRALMINE_API_URL", &proxy.url());
    let words = [&*proxy.url(), "is not trusted", "SSL_CERT_FILE", "--api-url"];
    refused(shell.backfill(&["--creators", "creators.txt"]).await, &words);
    assert!(proxy.observed().requests.is_empty());
    shell.write("ca.pem", &authority.pem());
    let trusting = shell.set("SSL_CERT_FILE", "ca.pem");
    let report = trusting.backfill(&["--creators", "creators.txt"]).await.succeeded().json();
    assert_eq!(report["creators"]["done"], 2);
    assert_eq!(proxy.observed().requests.len() as u64, report["requests"]["sent"].as_u64().unwrap());
}

#[tokio::test]
async fn an_api_whose_certificate_does_not_fit_is_refused_at_once() {
    let authority = Authority::new("our own authority");
    let api = simulator(1).await;
    let plain = FaultProxy::start(&api.url()).await;
    let wrong_name = FaultProxy::start_tls(&api.url(), authority.server(&["api.example"])).await;
    let expired = FaultProxy::start_tls(&api.url(), authority.expired_server(&HERE)).await;
    let tls = FaultProxy::start_tls(&api.url(), authority.server(&HERE)).await;
    let shell = Shell::with_api(&api).set("SSL_CERT_FILE", "ca.pem");
    shell.write("ca.pem", &authority.pem());
    let cases = [
        (wrong_name.url(), ["is not for the name 127.0.0.1", "api.example"]),
        (expired.url(), ["has expired", "clock"]),
        (plain.url().replace("http:", "https:"), ["speaks no TLS", "write http://"]),
        (tls.url().replace("https:", "http:"), ["needs https://", "gave no answer"]),
    ];
    for (url, words) in cases {
        let ended = shell.backfill(&["--creators", "creators.txt", "--api-url", &url]).await;
        let report = ended.json();
        refused(ended, &[&words[..], &["--api-url", &url, "run the same command again"]].concat());
        assert_eq!(report["pages"], 0);
    }
    assert_eq!(api.observed().total(), 0);
    // Nobody was parked for it.
    let report = shell.backfill(&["--creators", "creators.txt"]).await.succeeded().json();
    assert_eq!((&report["creators"]["done"], &report["creators"]["failed"]), (&Value::from(1), &Value::Array(vec![])));
}
