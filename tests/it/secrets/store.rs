//! What fails on the way to the store, and a store (or what stands before it) that echoes the credentials.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::join_all;
use serde_json::json;

use super::forms::{as_json, in_url};
use super::{PASSWORD, STORE_KEY, USERNAME, chatty, echo, stored, tried};
use crate::command_line::shell::{NOBODY, Shell, simulator};
use crate::elastic::{clean_up_blocking, node_url};
use crate::support::proxy::FaultProxy;
use crate::support::proxy::bulk::documents;
use crate::support::proxy::fault::Fault;
use crate::support::proxy::gate::unauthenticated;
use crate::support::proxy::wire::{Answer, Request};
use crate::support::tls::Authority;

const BACKFILL: [&str; 4] = ["backfill", "--creators", "creators.txt", "--rate=1000"];

/// Each kind of credentials, as variables.
pub(super) fn kinds() -> [Vec<(&'static str, String)>; 3] {
    let user = vec![("ELASTICSEARCH_USERNAME", USERNAME.to_owned()), ("ELASTICSEARCH_PASSWORD", PASSWORD.to_owned())];
    let key = |text: String| vec![("ELASTICSEARCH_API_KEY", text)];
    [key(STORE_KEY.to_owned()), key(STANDARD.encode(STORE_KEY)), user]
}

pub(super) fn with(shell: &Shell, variables: &[(&'static str, String)]) -> Shell {
    variables.iter().fold(chatty(shell.beside()), |shell, (name, value)| shell.set(name, value))
}

/// All that a chatty server could make of a header.
pub(super) fn echoes(sent: &str) -> String {
    let encoded = sent.split(' ').next_back().unwrap_or_default();
    let plain = String::from_utf8(STANDARD.decode(encoded).unwrap_or_default()).unwrap_or_default();
    let secret = plain.split_once(':').map_or("", |(_, secret)| secret);
    let part = format!("{}...", plain.chars().take(plain.chars().count()).collect::<String>());
    [sent, encoded, &plain, secret, &as_json(secret), &in_url(&plain), &part].join(" | ")
}

fn error(status: u16, kind: &str, sent: &str) -> Answer {
    Answer::of_elasticsearch(status, kind, &echoes(sent)).with_header("x-you-sent", sent)
}

#[tokio::test]
async fn a_store_that_echoes_the_credentials() {
    let api = simulator(1).await;
    let moved = |sent: &str| {
        let location = format!("http://127.0.0.1:1/login?for={}", in_url(&echoes(sent)));
        Answer::new(307, &[("location", &location)], echoes(sent))
    };
    let answers: [fn(&str) -> Answer; 10] = [
        |sent| error(400, "illegal_argument_exception", sent),
        |sent| error(401, "security_exception", sent),
        |sent| error(403, "security_exception", sent),
        |sent| error(404, "resource_not_found_exception", sent),
        |sent| error(413, "too_large", sent),
        |sent| error(429, "circuit_breaking_exception", sent),
        |sent| error(503, "no_master", sent),
        |sent| Answer::new(502, &[], format!("<p>{}</p>", echoes(sent))),
        |sent| Answer::new(200, &[("x-elastic-product", "Elasticsearch")], format!("\"{}\"", as_json(&echoes(sent)))),
        moved,
    ];
    let kinds = kinds();
    // How a key is quoted does not depend on the status; a user's is looked at with each.
    let some = [answers[0], answers[7], answers[8]];
    let by_key = kinds[..2].iter().flat_map(|variables| some.map(|answer| (variables, answer)));
    let cases = by_key.chain(answers.map(|answer| (&kinds[2], answer)));
    join_all(cases.map(|(variables, answer)| echoed(Shell::with_api(&api), variables, answer))).await;
}

async fn echoed(shell: Shell, variables: &[(&'static str, String)], answer: fn(&str) -> Answer) {
    // An archive, for what reads one.
    shell.run(&BACKFILL).await.succeeded();
    let shell = with(&shell, variables);
    let proxy = echo(answer).await;
    let store = proxy.url();
    let commands: [&[&str]; 6] =
        [&BACKFILL, &["replay", "--give-up-after", "0s"], &["search"], &["status"], &["verify"], &["reindex"]];
    for command in commands {
        tried(&shell, &[command, &["--store", &store]].concat(), Some(1)).await;
    }
    tried(&shell, &["doctor", "--free", "--store", &store], None).await;
}

#[tokio::test]
async fn echoes_in_the_middle_of_a_run() {
    let api = simulator(3).await;
    let prefix = format!("secrets-{}", std::process::id());
    let cases = kinds().into_iter().flat_map(|variables| (0..4).map(move |case| (variables.clone(), case)));
    let cases: Vec<_> = cases.collect();
    let trying = cases.iter().enumerate().map(|(number, (variables, case))| {
        spoilt_run(Shell::with_api(&api), variables, *case, format!("{prefix}-{number}"))
    });
    join_all(trying).await;
}

async fn spoilt_run(shell: Shell, variables: &[(&'static str, String)], case: usize, prefix: String) {
    let proxy = FaultProxy::start(&node_url()).await;
    let shell = with(&shell, variables);
    let spoilt = move |request: &Request, sent: &str| match case {
        0 => unauthenticated(request).with_header("x-you-sent", sent),
        1 => error(503, "no_master", sent),
        // One item after another, refused for its own sake: what becomes a dead letter, and a fatal end.
        2 => items(request, "document_parsing_exception", sent),
        _ => items(request, "security_exception", sent),
    };
    proxy.decide(Box::new(move |request| {
        let sent = request.header("authorization").unwrap().to_owned();
        if request.is_bulk_of("videos") { Fault::Answer(spoilt(request, &sent)) } else { Fault::Pass }
    }));
    let store = proxy.url();
    // Where the store is to be given up, that is soon; where it is not, a busy machine may take its time.
    let give_up_after = if case == 2 { "60s" } else { "1s" };
    let more = ["--store", &store, "--index-prefix", &prefix, "--give-up-after", give_up_after];
    let arguments = [&BACKFILL[..], &more].concat();
    let ends = tried(&shell, &arguments, None).await;
    let found = stored(&node_url(), &prefix).await;
    tokio::task::spawn_blocking(move || clean_up_blocking(&node_url(), &prefix)).await.unwrap();
    super::Forms::of_all().are_not_in("the indices", &found);
    let code = if case == 2 { 3 } else { 1 };
    assert_eq!(ends[0].code, Some(code), "{case}: {:#?}", ends[0]);
    if case == 2 {
        let letters = tried(&shell, &["dead-letters", "list", "--format", "ndjson"], Some(0)).await;
        assert!(letters[0].stdout.contains("[redacted]"), "{}", letters[0].stdout);
        tried(&shell, &["dead-letters", "retry", "--store", NOBODY, "--give-up-after", "0s"], Some(1)).await;
    }
}

/// 200, and each item fails with an echo.
fn items(request: &Request, kind: &str, sent: &str) -> Answer {
    let documents = documents(request);
    let status = if kind.starts_with("document") { 400 } else { 403 };
    let item = json!({"index": {"status": status, "error": {"type": kind, "reason": echoes(sent)}}});
    let body = json!({"errors": true, "items": vec![item; documents]});
    Answer::new(200, &[("x-elastic-product", "Elasticsearch")], body.to_string())
}

#[tokio::test]
async fn a_store_that_is_not_there_or_not_to_be_trusted() {
    let api = simulator(1).await;
    let shell = Shell::with_api(&api);
    let authority = Authority::new("our own authority");
    shell.write("ca.pem", &authority.pem());
    let tls = FaultProxy::start_tls(&node_url(), authority.server(&["127.0.0.1"])).await;
    let wrong_name = FaultProxy::start_tls(&node_url(), authority.server(&["search.example"])).await;
    let (no_tls, tls_as_plain) = (node_url().replace("http:", "https:"), tls.url().replace("https:", "http:"));
    let ca = ["--es-ca-cert", "ca.pem"];
    for variables in kinds() {
        let shell = with(&shell, &variables);
        let (tls, wrong_name) = (tls.url(), wrong_name.url());
        let stores: [&[&str]; 5] = [&[NOBODY], &[&tls], &[&no_tls], &[&tls_as_plain], &[&wrong_name, ca[0], ca[1]]];
        for store in stores {
            for command in [&BACKFILL[..], &["search"], &["doctor", "--free"]] {
                tried(&shell, &[command, &["--store"], store].concat(), Some(1)).await;
            }
        }
    }
}

/// Secrets where none belong: refused, and not repeated.
#[tokio::test]
async fn a_password_in_the_address() {
    let shell = chatty(Shell::new());
    let (key, password) = (in_url(STORE_KEY), in_url(PASSWORD));
    for store in [
        format!("http://{USERNAME}:{password}@127.0.0.1:9200"),
        format!("https://{key}@127.0.0.1:9200/es"),
        format!("{USERNAME}:{password}@127.0.0.1:9200"),
        format!("{USERNAME}:{PASSWORD}@search.example"),
        format!("http://{USERNAME}:{PASSWORD}@127.0.0.1:9200"),
        format!("ftp://{USERNAME}:{password}@127.0.0.1"),
    ] {
        for command in [&["search"][..], &["status"], &["doctor"]] {
            tried(&shell, &[command, &["--store", &store]].concat(), Some(2)).await;
            tried(&shell.beside().set("VIRALMINE_STORE", &store), command, Some(2)).await;
        }
        shell.write("with-store.toml", &format!("store = '''{store}'''\n"));
        tried(&shell, &["search", "--config", "with-store.toml"], Some(2)).await;
        assert_eq!(shell.entries(), ["with-store.toml"], "nothing is made of it");
    }
}
