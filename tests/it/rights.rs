//! An authenticating proxy in front of the real node: who is let in, what is said to who is not, and rights that end in
//! the middle of a run. Nothing is lost by it, no document is blamed for it, and no request to the API is made in vain.

use std::fs;

use viralmine::simulator::Simulator;

use crate::command_line::shell::{KEY, Shell, simulator};
use crate::elastic::{clean_up_blocking, node_url};
use crate::support::proxy::FaultProxy;
use crate::support::proxy::fault::{Decide, Fault, Items, from_bulk, none};
use crate::support::proxy::gate::{Rights, UNAUTHORIZED, api_key, authenticated, unauthorized, user};
use crate::support::proxy::wire::Answer;

const WRITER: &str = "aWriter-id:wr1ter-k3y";
const READER: &str = "aReader-id:r3ader-k3y";
const USER: &str = "importer:p4ss:w0rd";

/// A shell that writes by way of the proxy, into indices of its own.
struct Scene {
    api: Simulator,
    proxy: FaultProxy,
    shell: Shell,
    prefix: String,
}

impl Scene {
    async fn new(name: &str, creators: u32) -> Self {
        let api = simulator(creators).await;
        let proxy = FaultProxy::start(&node_url()).await;
        let prefix = format!("rights-{name}-{}", std::process::id());
        let shell = Shell::with_api(&api);
        shell.write("viralmine.toml", &format!("store = \"{}\"\nindex-prefix = \"{prefix}\"\n", proxy.url()));
        Self { api, proxy, shell, prefix }
    }

    /// The shell with these variables and no other credentials.
    fn with(&self, variables: &[(&'static str, &str)]) -> Shell {
        let mut shell = self.shell.beside();
        for (name, value) in variables {
            shell = shell.set(name, value);
        }
        shell
    }

    fn let_in(&self) {
        let known = [(api_key(WRITER), Rights::All), (api_key(READER), Rights::Read), (user(USER), Rights::All)];
        self.proxy.decide(authenticated(known));
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        clean_up_blocking(&node_url(), &self.prefix);
    }
}

const BACKFILL: [&str; 2] = ["--creators", "creators.txt"];

#[tokio::test]
async fn every_kind_of_credentials_is_let_in() {
    let scene = Scene::new("kinds", 2).await;
    scene.let_in();
    let encoded = api_key(WRITER).replace("ApiKey ", "");
    let (name, password) = USER.split_once(':').unwrap();
    let by_user = [("ELASTICSEARCH_USERNAME", name), ("ELASTICSEARCH_PASSWORD", password)];
    let kinds: [&[(&'static str, &str)]; 3] =
        [&[("ELASTICSEARCH_API_KEY", WRITER)], &[("ELASTICSEARCH_API_KEY", &encoded)], &by_user];
    for variables in kinds {
        let shell = scene.with(variables);
        let report = shell.backfill(&[&BACKFILL[..], &["--refresh"]].concat()).await.succeeded().json();
        assert_eq!(report["creators"]["done"], 2);
        assert_eq!(shell.documents().await.len() as u64, report["documents"]["stored"].as_u64().unwrap());
    }
    // From the configuration file, too.
    let file = fs::read_to_string(scene.shell.path("viralmine.toml")).unwrap();
    scene.shell.write("with-key.toml", &format!("{file}elasticsearch-api-key = \"{WRITER}\"\n"));
    scene.shell.run(&["search", "--config", "with-key.toml"]).await.succeeded();
}

#[tokio::test]
async fn who_is_not_let_in_is_told_what_to_set() {
    let scene = Scene::new("strangers", 1).await;
    scene.let_in();
    let variables = ["ELASTICSEARCH_API_KEY", "ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD"];
    for command in [&["backfill", "--creators", "creators.txt"][..], &["search"], &["hashtags"], &["status"]] {
        let nobody = scene.shell.run(command).await;
        nobody.ends(1, &[&["asks for credentials (401): set"], &variables[..]].concat());
        for wrong in [
            &[("ELASTICSEARCH_API_KEY", "aWriter-id:wrong")][..],
            &[("ELASTICSEARCH_USERNAME", "importer"), ("ELASTICSEARCH_PASSWORD", "wrong")],
        ] {
            let stranger = scene.with(wrong).run(command).await;
            stranger.ends(1, &[&["refuses the credentials (401): check"], &variables[..]].concat());
        }
    }
    assert_eq!(scene.api.observed().total(), 0, "no request to the API is made in vain");
}

#[tokio::test]
async fn who_may_only_read_can_ask_and_is_told_what_is_missing_for_more() {
    let scene = Scene::new("readers", 2).await;
    scene.let_in();
    let reader = scene.with(&[("ELASTICSEARCH_API_KEY", READER)]);
    let words = ["(403)", "the rights", "README", "ELASTICSEARCH_API_KEY"];
    // The indices cannot be made.
    reader.backfill(&BACKFILL).await.ends(1, &words);
    assert_eq!(scene.api.observed().total(), 0);
    let writer = scene.with(&[("ELASTICSEARCH_API_KEY", WRITER)]);
    writer.backfill(&[&BACKFILL[..], &["--max-pages", "1"]].concat()).await.succeeded();
    let asked = scene.api.observed().total();
    let all = writer.documents().await;
    assert!(!all.is_empty());
    assert_eq!(reader.documents().await, all);
    for command in [&["hashtags"][..], &["status"], &["search", "dress"]] {
        reader.run(command).await.succeeded();
    }
    // The indices are there; the first checkpoint cannot be written.
    let written = scene.proxy.observed().writes();
    reader.backfill(&BACKFILL).await.ends(1, &words);
    assert_eq!(scene.api.observed().total(), asked, "no request to the API is made in vain");
    assert!(scene.proxy.observed().writes() <= written + 2, "a refusal is taken for what it is");
}

/// From the second bulk request on.
fn ends_in_the_middle(refusal: Fault) -> Decide {
    from_bulk(2, refusal)
}

#[tokio::test]
async fn rights_that_end_in_the_middle_end_the_run_and_it_can_be_resumed() {
    let unauthenticated = "unable to authenticate with provided credentials";
    let refusals: [(&str, Fault, &[&str]); 3] = [
        (
            "401",
            Fault::Answer(Answer::of_elasticsearch(401, "security_exception", unauthenticated)),
            &["refuses the credentials (401)", "ELASTICSEARCH_PASSWORD"],
        ),
        ("403", Fault::Answer(unauthorized()), &["(403)", "the rights", "ELASTICSEARCH_USERNAME"]),
        (
            "items",
            Items::fail(1, 403, "security_exception", UNAUTHORIZED, false),
            &["security_exception", "the rights", "ELASTICSEARCH_USERNAME"],
        ),
    ];
    for (name, refusal, words) in refusals {
        let scene = Scene::new(&format!("ending-{name}"), 12).await;
        let shell = scene.with(&[("ELASTICSEARCH_API_KEY", WRITER)]);
        scene.proxy.decide(ends_in_the_middle(refusal));
        let slowly =
            ["backfill", "--creators", "creators.txt", "--format", "json", "--rate=8", "--give-up-after", "1s"];
        let ended = shell.run(&slowly).await;
        let report = ended.json();
        let ended = ended.ends(1, &[words, &["run the same command again to go on"]].concat());
        assert!(!ended.stderr.contains(WRITER) && !ended.stderr.contains(KEY), "{}", ended.stderr);
        assert_eq!(report["documents"]["dead"], 0, "{name}");
        assert!(report["documents"]["unsettled"].as_u64().unwrap() > 0, "{name}: {report}");
        assert_eq!(fs::read_to_string(shell.path("viralmine-data/dead-letters.ndjson")).unwrap(), "");

        scene.proxy.decide(none());
        let shell = shell.set("VIRALMINE_NOW", "2025-06-20T01:00:00Z");
        assert_eq!(shell.backfill(&BACKFILL).await.succeeded().json()["creators"]["done"], 12);
        let faultless = Shell::with_api(&scene.api);
        faultless.backfill(&BACKFILL).await.succeeded();
        assert_eq!(shell.documents().await, faultless.documents().await);
    }
}
