//! What fails on the way to the API, and an API (or what stands before it) that echoes the key, in every spelling.

use futures::future::join_all;
use viralmine::model::Secret;
use viralmine::simulator::{FaultKind, Simulator, SimulatorOptions};

use super::forms::{as_json, in_html, in_unicode, in_url};
use super::{API_KEY, OTHER_KEY, chatty, echo, tried};
use crate::command_line::shell::{NOBODY, Shell, end_of};
use crate::support::proxy::FaultProxy;
use crate::support::proxy::fault::Fault;
use crate::support::proxy::wire::Answer;
use crate::support::tls::Authority;

const CREATORS: [&str; 4] = ["backfill", "--creators", "creators.txt", "--rate=1000"];

/// It takes our keys only.
async fn simulator(keys: &[&str]) -> Simulator {
    let keys = keys.iter().map(|key| Secret::new(key)).collect();
    let quick = SimulatorOptions { rate: 0.0, latency: std::time::Duration::ZERO, ..SimulatorOptions::default() };
    Simulator::start(SimulatorOptions { creators: 3, videos: 40, keys, ..quick }).await.unwrap()
}

fn shell(simulator: &Simulator) -> Shell {
    chatty(Shell::with_api(simulator).set("VIRALMINE_API_KEYS", &format!("{API_KEY},{OTHER_KEY}")))
}

/// One that never answers is left to the next test: its time-out is a minute.
#[tokio::test]
async fn every_fault_of_the_api() {
    let names = FaultKind::TABLE.map(|(_, name, _)| name).into_iter().filter(|name| *name != "hang");
    join_all(names.map(|name| async move {
        let simulator = simulator(&[API_KEY, OTHER_KEY]).await;
        simulator.set_faults(format!("{name}=0.3,seed=5").parse().unwrap());
        let shell = shell(&simulator);
        for format in ["text", "json"] {
            let loudly = ["--refresh", "--page-size", "20", "-vvv", "--format", format, "--log-format", format];
            let arguments = [&CREATORS[..], &loudly].concat();
            let ended = shell.run(&arguments).await;
            assert!(matches!(ended.code, Some(0 | 1 | 3)), "{name}: {ended:?}");
            super::nothing_shows(&shell, &arguments, &ended);
        }
        let id = "7528963259874125698";
        tried(&shell, &["video", id, "--rate=1000"], None).await;
    }))
    .await;
}

#[tokio::test]
async fn an_api_that_says_nothing() {
    let simulator = simulator(&[API_KEY, OTHER_KEY]).await;
    let proxy = FaultProxy::start(&simulator.url()).await;
    proxy.decide(Box::new(|_| Fault::Silence { applied: false }));
    let shell = shell(&simulator);
    let url = proxy.url();
    let arguments = [&CREATORS[..], &["--api-url", &url, "-vvv"]].concat();
    let child = shell.spawn(&arguments);
    proxy.until(|seen| !seen.requests.is_empty()).await;
    let id = child.id().to_string();
    let kill =
        |name: &str| assert!(std::process::Command::new("kill").args([name, id.as_str()]).status().unwrap().success());
    // Asked to stop, it waits for what is paid for; then it is not asked any more.
    kill("-INT");
    kill("-KILL");
    super::nothing_shows(&shell, &arguments, &end_of(child).await);
}

#[tokio::test]
async fn keys_that_are_refused() {
    let simulator = simulator(&["tk_another_one"]).await;
    let shell = shell(&simulator);
    tried(&shell, &CREATORS, Some(1)).await;
    tried(&shell, &[&CREATORS[..], &["--params", "body", "--format", "json"]].concat(), Some(1)).await;
    tried(&shell, &["doctor", "--format", "json"], None).await;
    tried(&shell, &["video", "7528963259874125698"], None).await;
    tried(&shell, &[&CREATORS[..], &["--plan"]].concat(), None).await;
}

#[tokio::test]
async fn an_api_that_is_not_there_or_not_to_be_trusted() {
    let simulator = simulator(&[API_KEY]).await;
    let shell = shell(&simulator);
    let authority = Authority::new("our own authority");
    let tls = FaultProxy::start_tls(&simulator.url(), authority.server(&["127.0.0.1"])).await;
    let plain = FaultProxy::start(&simulator.url()).await;
    for url in [NOBODY, &tls.url(), &tls.url().replace("https:", "http:"), &plain.url().replace("http:", "https:")] {
        tried(&shell, &[&CREATORS[..], &["--api-url", url]].concat(), Some(1)).await;
    }
}

/// The spellings in which a server may give back what it was sent.
fn echoes(sent: &str) -> Vec<String> {
    let key = sent.strip_prefix("Bearer ").unwrap_or(sent);
    let json = as_json(key);
    [
        json.clone(),
        json.replace('/', "\\/"),
        in_unicode(key),
        as_json(&json),
        as_json(&in_url(key)),
        as_json(&in_html(key)),
    ]
    .into()
}

#[tokio::test]
async fn an_api_that_echoes_the_key() {
    let simulator = simulator(&[API_KEY]).await;
    let spellings = 0..echoes("").len();
    let statuses = [(200, 400), (200, 401), (400, 400), (401, 401)];
    let all = spellings.flat_map(|spelling| statuses.map(|(status, code)| (spelling, status, code)));
    let others = [(2, 403, 403), (2, 404, 404), (2, 500, 500), (3, 500, 0)];
    join_all(all.chain(others).map(|(spelling, status, code)| echoed(&simulator, spelling, status, code))).await;
}

async fn echoed(simulator: &Simulator, spelling: usize, status: u16, code: u16) {
    let proxy = echo(move |sent| {
        let echo = &echoes(sent)[spelling];
        let body = format!("{{\"code\":{code},\"msg\":\"key {echo} is no good for sec_user_id\",\"data\":null}}");
        Answer::new(status, &[("x-you-sent", sent), ("server", sent)], body)
    })
    .await;
    let shell = shell(simulator).set("VIRALMINE_API_KEYS", API_KEY);
    shell.write("creators.txt", &simulator.creators()[0].to_string());
    let ended = shell.run(&[&CREATORS[..], &["--api-url", &proxy.url(), "-vvv"]].concat()).await;
    assert!(matches!(ended.code, Some(1 | 3)), "{ended:?}");
    super::nothing_shows(&shell, &["echo", &echoes(API_KEY)[spelling]], &ended);
    assert!(!proxy.observed().requests.is_empty());
    let is_told = ended.stderr.contains("[redacted]") || matches!(status, 404 | 500);
    assert!(is_told, "the server's words are told, without the key: {}", ended.stderr);
}

#[tokio::test]
async fn echoes_outside_of_json_and_in_good_answers() {
    let simulator = simulator(&[API_KEY]).await;
    let upstream = simulator.url();
    let html = |sent: &str| Answer::new(502, &[], format!("<p>{} {sent} {}</p>", in_html(sent), in_url(sent)));
    let words = |sent: &str| Answer::new(429, &[("retry-after", "0")], format!("wait 0s, {sent}"));
    let moved = |sent: &str| {
        let key = in_url(sent.trim_start_matches("Bearer "));
        Answer::new(302, &[("location", &format!("http://127.0.0.1:1/login?key={key}"))], format!("gone to {key}"))
    };
    let cut = |sent: &str| Answer::new(200, &[], format!("{{\"code\":0,\"msg\":\"{}", as_json(sent)));
    let answers: [fn(&str) -> Answer; 4] = [html, words, moved, cut];
    for answer in answers {
        let proxy = echo(answer).await;
        let shell = shell(&simulator).set("VIRALMINE_API_KEYS", API_KEY);
        shell.write("creators.txt", &simulator.creators()[0].to_string());
        tried(&shell, &[&CREATORS[..], &["--api-url", &proxy.url()]].concat(), Some(1)).await;
    }
    // A good page whose posts say it: what is indexed does not.
    let proxy = FaultProxy::start(&upstream).await;
    let page = format!(
        r#"{{"code":0,"msg":"ok for {key}","data":{{"has_more":0,"max_cursor":"0","aweme_list":[{{"aweme_id":"7528963259874125698","desc":"I am {key} of #{key}","create_time":1750212365}}]}}}}"#,
        key = as_json(API_KEY)
    );
    proxy.decide(Box::new(move |_| Fault::Answer(Answer::new(200, &[], page.clone()))));
    let shell = shell(&simulator).set("VIRALMINE_API_KEYS", API_KEY);
    tried(&shell, &[&CREATORS[..], &["--refresh", "--api-url", &proxy.url()]].concat(), Some(0)).await;
    let found = tried(&shell, &["search", "--format", "json"], Some(0)).await;
    assert!(found[0].stdout.contains("I am [redacted] of"), "{}", found[0].stdout);
}
