//! `viralmine setup`, the real binary: the stand-in takes what it is sent, or refuses it in each way that Kibana has.

use serde_json::{Value, json};

use super::objects::{all, unpacked};
use crate::command_line::shell::{Ended, Shell};
use crate::elastic::{clean_up_blocking, node_url, rest};
use crate::support::kibana::{Kibana, Running};
use crate::support::proxy::FaultProxy;
use crate::support::proxy::fault::Fault;
use crate::support::proxy::gate::{api_key, user};
use crate::support::proxy::wire::Answer;
use crate::support::tls::Authority;

const KEY: &str = "aKibana-id:k1bana-k3y";

/// A shell whose store is the node, under a prefix of its own.
struct Scene {
    shell: Shell,
    prefix: String,
}

impl Scene {
    fn new(name: &str) -> Self {
        let prefix = format!("kibana-{name}-{}", std::process::id());
        let shell = Shell::new().set("VIRALMINE_STORE", &node_url());
        shell.write("viralmine.toml", &format!("index-prefix = \"{prefix}\"\n"));
        Self { shell, prefix }
    }

    async fn setup(&self, more: &[&str]) -> Ended {
        self.shell.run(&[&["setup"], more].concat()).await
    }

    /// Fails with exit code 1 and these words, before anything is made.
    async fn refused(&self, url: &str, words: &[&str]) {
        let ended = self.setup(&["--kibana", url]).await.ends(1, words);
        assert_eq!(ended.stdout, "");
        assert!(!ended.stderr.contains("k1bana"), "{}", ended.stderr);
        let (_, indices) = rest(&node_url(), "GET", &format!("{}-*/_alias", self.prefix), Value::Null).await;
        assert_eq!(indices, json!({}), "a wrong address is found before anything is made");
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        clean_up_blocking(&node_url(), &self.prefix);
    }
}

fn paths(kibana: &Running) -> Vec<String> {
    kibana.seen().requests.into_iter().map(|(asked, _)| asked).collect()
}

/// What a space holds, unpacked, in the order of the file.
fn held(kibana: &Running, space: &str, prefix: &str) -> Vec<Value> {
    let objects = kibana.seen().objects;
    let key = |object: &Value| {
        let id = object["id"].as_str().unwrap().replace("viralmine", prefix);
        (space.to_owned(), object["type"].as_str().unwrap().to_owned(), id)
    };
    all().iter().map(|object| unpacked(&objects[&key(object)])).collect()
}

#[tokio::test]
async fn indices_are_made_once_and_the_objects_brought_into_kibana() {
    let scene = Scene::new("whole");
    let kibana = Kibana::default().start().await;
    let with_kibana = ["--kibana", &kibana.url(), "--format", "json"];
    let report = scene.setup(&with_kibana).await.succeeded().json();
    assert_eq!(report["index_prefix"], scene.prefix);
    let collections = report["collections"].as_array().unwrap();
    assert!(collections.len() >= 3);
    for collection in collections {
        let (alias, index) = (collection["name"].as_str().unwrap(), collection["index"].as_str().unwrap());
        assert_eq!((&collection["fate"], &collection["template"]["fate"]), (&json!("made"), &json!("made")), "{alias}");
        let (status, found) = rest(&node_url(), "GET", &format!("_alias/{alias}"), Value::Null).await;
        assert_eq!((status, found[index]["aliases"][alias].is_object()), (200, true), "{found}");
    }
    assert_eq!(report["kibana"]["version"], "9.5.3");
    let objects = report["kibana"]["objects"].as_array().unwrap();
    assert_eq!((objects.len(), &report["kibana"]["failed"]), (all().len(), &json!([])));
    let page = format!("{}/app/dashboards#/view/{}-dashboard", kibana.url(), scene.prefix);
    assert_eq!(report["kibana"]["dashboard"], page);
    assert_eq!(paths(&kibana), ["GET /api/status", "POST /api/saved_objects/_import?overwrite=true"]);

    // Again: nothing is made, and the objects are replaced.
    let report = scene.setup(&with_kibana).await.succeeded().json();
    for collection in report["collections"].as_array().unwrap() {
        assert_eq!((&collection["fate"], &collection["template"]["fate"]), (&json!("found"), &json!("found")));
    }
    let text = scene.setup(&["--kibana", &kibana.url()]).await.succeeded().stdout;
    for words in [
        "-videos-000001: found; template version ",
        ", version 9.5.3\n",
        "data view    [",
        "search       [",
        "dashboard    [",
        "open         http://127.0.0.1:",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(kibana.seen().objects.len(), all().len());
}

#[tokio::test]
async fn prefixes_and_spaces_live_side_by_side() {
    let (scene, other) = (Scene::new("one"), Scene::new("two"));
    let kibana = Kibana { base_path: "/kb", spaces: vec!["team"], ..Kibana::default() }.start().await;
    scene.setup(&["--kibana", &kibana.url()]).await.succeeded();
    other.setup(&["--kibana", &kibana.url()]).await.succeeded();
    // As a browser shows it.
    let in_space = format!("{}/s/team/app/home#/", kibana.url());
    let text = scene.setup(&["--kibana", &in_space]).await.succeeded().stdout;
    assert!(text.contains(&format!("{}/s/team/app/dashboards#/view/", kibana.url())), "{text}");
    assert_eq!(kibana.seen().objects.len(), 3 * all().len());
    for (space, prefix) in [("", &scene.prefix), ("", &other.prefix), ("team", &scene.prefix)] {
        let held = held(&kibana, space, prefix);
        let expected: Vec<Value> = all().iter().map(|object| renamed(object, prefix)).collect();
        assert_eq!(held, expected, "{space} {prefix}");
    }
    // Space that is not there.
    let nowhere = format!("{}/s/nobody", kibana.url());
    let ended = scene.setup(&["--kibana", &nowhere]).await.ends(1, &["space", "--kibana", "[space/nobody] not found"]);
    assert!(ended.stdout.contains("videos"), "what was made is told: {}", ended.stdout);
}

/// The object for another prefix, changed value by value.
fn renamed(value: &Value, prefix: &str) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix("viralmine-") {
            Some(rest) => json!(format!("{prefix}-{rest}")),
            None => json!(text.replace("[viralmine]", &format!("[{prefix}]"))),
        },
        Value::Array(items) => items.iter().map(|item| renamed(item, prefix)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), renamed(value, prefix))).collect())
        }
        other => other.clone(),
    }
}

#[tokio::test]
async fn an_id_that_is_taken_elsewhere_gets_another_page() {
    let scene = Scene::new("renamed");
    let id: &'static str = format!("{}-dashboard", scene.prefix).leak();
    let kibana = Kibana { renames: vec![(id, "0b5e-another")], ..Kibana::default() }.start().await;
    let report = scene.setup(&["--kibana", &kibana.url(), "--format", "json"]).await.succeeded().json();
    assert_eq!(report["kibana"]["dashboard"], format!("{}/app/dashboards#/view/0b5e-another", kibana.url()));
}

#[tokio::test]
async fn credentials_are_elasticsearchs_unless_kibana_has_its_own() {
    let scene = Scene::new("rights");
    let elastic = [("ELASTICSEARCH_USERNAME", "elastic"), ("ELASTICSEARCH_PASSWORD", "hunter2")];
    let own = [("KIBANA_USERNAME", "kim"), ("KIBANA_PASSWORD", "p4ss:word")];
    for (header, variables) in [
        (user("elastic:hunter2"), &elastic[..]),
        (api_key(KEY), &[elastic[0], elastic[1], ("KIBANA_API_KEY", KEY)]),
        (user("kim:p4ss:word"), &[elastic[0], elastic[1], own[0], own[1]]),
    ] {
        let kibana = Kibana { authorization: Some(header), ..Kibana::default() }.start().await;
        let mut shell = scene.shell.beside();
        for (name, value) in variables {
            shell = shell.set(name, value);
        }
        shell.run(&["setup", "--kibana", &kibana.url()]).await.succeeded();
        let seen = kibana.seen().requests;
        assert!(seen.len() == 2 && seen.iter().all(|(_, headers)| headers.contains_key("kbn-xsrf")));
    }
    // From the file, too.
    let kibana = Kibana { authorization: Some(api_key(KEY)), ..Kibana::default() }.start().await;
    let file = format!("index-prefix = \"{}\"\nkibana-api-key = \"{KEY}\"\n", scene.prefix);
    scene.shell.write("viralmine.toml", &file);
    scene.setup(&["--kibana", &kibana.url()]).await.succeeded();
}

#[tokio::test]
async fn who_is_not_let_in_is_told_what_to_set() {
    let scene = Scene::new("strangers");
    let locked = Kibana { authorization: Some(api_key(KEY)), ..Kibana::default() };
    let variables = ["(401)", "KIBANA_API_KEY", "KIBANA_USERNAME", "KIBANA_PASSWORD", "Elasticsearch"];
    for is_reserved in [false, true] {
        let kibana = Kibana { is_reserved, ..locked.clone() }.start().await;
        scene.refused(&kibana.url(), &[&["asks for credentials"], &variables[..]].concat()).await;
        let wrong = Scene {
            shell: scene.shell.beside().set("KIBANA_API_KEY", "aKibana-id:k1bana-wrong"),
            prefix: scene.prefix.clone(),
        };
        wrong.refused(&kibana.url(), &[&["refuses the credentials"], &variables[..]].concat()).await;
    }
}

#[tokio::test]
async fn what_cannot_take_the_objects_is_told_by_what_it_is() {
    let scene = Scene::new("others");
    for (version, words) in [
        ("8.8.2", &["has version 8.8.2", "8.9 and later", "update it"][..]),
        ("7.17.0", &["7.17.0"]),
        ("2.19.1", &["OpenSearch Dashboards"]),
    ] {
        let kibana = Kibana { version, ..Kibana::default() }.start().await;
        scene.refused(&kibana.url(), words).await;
        assert_eq!(paths(&kibana), ["GET /api/status"], "nothing is imported");
    }
    let kibana = Kibana { level: "critical", ..Kibana::default() }.start().await;
    scene.refused(&kibana.url(), &["is critical", "wait until it is available"]).await;
    let kibana = Kibana { base_path: "/kb", ..Kibana::default() }.start().await;
    scene.refused(kibana.url().trim_end_matches("/kb"), &["(404)", "base path"]).await;
    // Elasticsearch itself, by mistake.
    scene.refused(&node_url(), &["is an Elasticsearch, not a Kibana", "5601"]).await;
    scene.refused("http://127.0.0.1:1", &["refuses the connection", "is Kibana running"]).await;
}

#[tokio::test]
async fn other_servers_and_proxies_are_told_apart() {
    let scene = Scene::new("proxies");
    let proxy = FaultProxy::start("http://127.0.0.1:1").await;
    let html = "<!DOCTYPE html><html><body>Welcome</body></html>";
    for (answer, words) in [
        (Answer::new(200, &[], html), &["but not as a Kibana does (a page for people)", "its base path"][..]),
        (Answer::new(404, &[], html), &["HTTP 404", "not as a Kibana does"]),
        (Answer::new(200, &[], "{}"), &["not as a Kibana does"]),
        (Answer::new(403, &[], r#"{"statusCode":403,"message":"Forbidden"}"#), &["(403)", "Saved Objects Management"]),
        (Answer::new(503, &[], "Kibana server is not ready yet"), &["HTTP 503", "not ready yet", "wait until"]),
        (Answer::new(502, &[], html), &["HTTP 502", "wait until"]),
        (
            Answer::new(302, &[("location", "https://sso.example/login")], ""),
            &["redirects to https://sso.example/login"],
        ),
    ] {
        proxy.decide(Box::new(move |_| Fault::Answer(answer.clone())));
        scene.refused(&proxy.url(), words).await;
    }
    proxy.decide(Box::new(|_| Fault::Reset { applied: false }));
    scene.refused(&proxy.url(), &["cannot be reached", "https:// in --kibana"]).await;
}

#[tokio::test]
async fn each_object_that_is_refused_is_named() {
    let scene = Scene::new("partly");
    let id = |rest: &str| -> &'static str { format!("{}-{rest}", scene.prefix).leak() };
    let newer = json!({"type": "unknown", "message": "Document belongs to a more recent version", "statusCode": 422});
    let missing = json!({"type": "missing_references", "references": [{"type": "search", "id": "gone"}]});
    let refuses = vec![(id("search-viral"), newer), (id("dashboard"), missing)];
    let kibana = Kibana { refuses, ..Kibana::default() }.start().await;
    let ended = scene.setup(&["--kibana", &kibana.url()]).await.ends(3, &["Kibana refused 2 of its objects"]);
    for words in [
        "Viral posts: REFUSED: Document belongs to a more recent version",
        "What goes viral: REFUSED: what it refers to is not there: search gone",
        "Rising posts: imported",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
    assert!(!ended.stdout.contains("open "), "there is nothing to open: {}", ended.stdout);
    let report = scene.setup(&["--kibana", &kibana.url(), "--format", "json"]).await.ends(3, &[]).json();
    let failed = &report["kibana"]["failed"];
    assert_eq!((failed.as_array().unwrap().len(), &failed[0]["type"]), (2, &json!("search")));
    assert_eq!((&report["kibana"]["dashboard"], failed[1]["error"].is_string()), (&Value::Null, true));
}

#[tokio::test]
async fn an_import_that_fails_leaves_the_report_of_what_was_made() {
    let scene = Scene::new("midway");
    let kibana = Kibana::default().start().await;
    let proxy = FaultProxy::start(&kibana.url()).await;
    for (answer, words) in [
        (Answer::new(413, &[], "too large"), &["(413)", "--kibana-export"][..]),
        (Answer::new(400, &[], r#"{"statusCode":400,"message":"no such feature"}"#), &["HTTP 400", "no such feature"]),
        (Answer::new(200, &[], r#"{"success":true,"successCount":6}"#), &["not as a Kibana does"]),
        (Answer::new(500, &[], r#"{"statusCode":500,"message":"out of heap"}"#), &["HTTP 500", "out of heap"]),
    ] {
        proxy.decide(Box::new(
            move |request| {
                if request.method == "POST" { Fault::Answer(answer.clone()) } else { Fault::Pass }
            },
        ));
        let ended = scene.setup(&["--kibana", &proxy.url(), "--format", "json"]).await.ends(1, words);
        assert_eq!(ended.json()["kibana"], Value::Null);
        assert!(ended.json()["collections"].as_array().unwrap().len() >= 3);
    }
    assert!(kibana.seen().objects.is_empty());
}

#[tokio::test]
async fn certificates_are_verified() {
    let scene = Scene::new("tls");
    let (authority, other) = (Authority::new("our own authority"), Authority::new("somebody else's"));
    let kibana = Kibana::default().start().await;
    let tls = FaultProxy::start_tls(&kibana.url(), authority.server(&["localhost", "127.0.0.1"])).await;
    scene.shell.write("ca.pem", &authority.pem());
    scene.shell.write("other.pem", &other.pem());
    scene.refused(&tls.url(), &["is not trusted", "--es-ca-cert"]).await;
    let with = |file| ["--kibana".to_owned(), tls.url(), "--es-ca-cert".to_owned(), file];
    let with_other = with("other.pem".to_owned());
    let with_other: Vec<&str> = with_other.iter().map(String::as_str).collect();
    scene.setup(&with_other).await.ends(1, &["other.pem is not of the authority that signed it"]);
    assert!(kibana.seen().requests.is_empty());
    let with_own = with("ca.pem".to_owned());
    scene.setup(&with_own.iter().map(String::as_str).collect::<Vec<_>>()).await.succeeded();
    assert_eq!(kibana.seen().objects.len(), all().len());
    let plain = kibana.url().replace("http://", "https://");
    scene.setup(&["--kibana", &plain]).await.ends(1, &["speaks no TLS", "http:// in --kibana"]);
}

#[tokio::test]
async fn wrong_use_is_found_before_any_request() {
    let kibana = Kibana::default().start().await;
    let shell = Shell::new();
    let url = kibana.url();
    let embedded = ["setup", "--kibana", &url];
    shell.run(&embedded).await.ends(2, &["--kibana", "embedded index", "--store http://host:9200"]);
    let shell = shell.set("VIRALMINE_STORE", "http://127.0.0.1:1");
    for (address, words) in [
        ("http://elastic:hunter2@127.0.0.1:5601", "KIBANA_PASSWORD"),
        ("127.0.0.1:5601", "like http://127.0.0.1:5601"),
        ("", "--kibana is empty"),
        ("http://127.0.0.1:5601?x=hunter2", "no '?'"),
    ] {
        let ended = shell.run(&["setup", "--kibana", address]).await.ends(2, &[words]);
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
    let both = shell.beside().set("KIBANA_API_KEY", "hunter2").set("KIBANA_USERNAME", "me");
    both.run(&embedded).await.ends(2, &["both a Kibana API key and a user", "KIBANA_API_KEY"]);
    let half = shell.beside().set("KIBANA_PASSWORD", "hunter2");
    half.run(&embedded).await.ends(2, &["KIBANA_USERNAME and KIBANA_PASSWORD go together"]);
    let broken = shell.beside().set("KIBANA_API_KEY", "hunter\u{7f}2");
    broken.run(&embedded).await.ends(2, &["KIBANA_API_KEY", "no header may hold"]);
    shell.write("ca.pem", "no certificate");
    shell.run(&[&embedded[..], &["--es-ca-cert", "ca.pem"]].concat()).await.ends(2, &["--es-ca-cert ca.pem"]);
    shell.run(&[&embedded[..], &["--kibana-export", "x"]].concat()).await.ends(2, &["--kibana-export"]);
    assert_eq!((shell.entries(), kibana.seen().requests.len()), (vec!["ca.pem".to_owned()], 0), "nothing is made");
}

#[tokio::test]
async fn the_objects_can_be_written_to_a_file_instead() {
    let shell = Shell::new();
    let printed = shell.run(&["setup", "--kibana-export", "-"]).await.succeeded().stdout;
    assert_eq!(printed, include_str!("../../../mappings/kibana.ndjson"));
    let other = ["setup", "--index-prefix", "us-2", "--kibana-export", "us.ndjson"];
    assert_eq!(shell.run(&other).await.succeeded().stdout, "");
    let written = std::fs::read_to_string(shell.path("us.ndjson")).unwrap();
    let objects = written.lines().map(|line| unpacked(&serde_json::from_str(line).unwrap()));
    let expected: Vec<Value> = all().iter().map(|object| renamed(object, "us-2")).collect();
    assert_eq!(objects.collect::<Vec<_>>(), expected);
    assert_eq!(shell.entries(), ["us.ndjson"], "no store is needed, and none is made");
    for (place, words) in [
        ("no/such.ndjson", "--kibana-export no/such.ndjson: there is no folder no; make it first"),
        (".", "--kibana-export .: that is a folder"),
        ("/dev/null", "--kibana-export /dev/null: that is no file; name a file, or - for standard output"),
    ] {
        shell.run(&["setup", "--kibana-export", place]).await.ends(2, &[words]);
    }
    assert_eq!(shell.entries(), ["us.ndjson"], "nothing is left of it");
}

#[tokio::test]
async fn an_embedded_store_is_set_up_too() {
    let shell = Shell::new();
    let first = shell.run(&["setup", "--format", "json"]).await.succeeded().json();
    let second = shell.run(&["setup", "--format", "json"]).await.succeeded().json();
    for (report, fate) in [(&first, "made"), (&second, "found")] {
        let collections = report["collections"].as_array().unwrap();
        for name in ["videos", "checkpoints"] {
            let one = collections.iter().find(|collection| collection["collection"] == name).unwrap();
            assert_eq!((&one["fate"], &one["template"]), (&json!(fate), &Value::Null), "{name}");
            assert!(shell.path("viralmine-data/index").join(one["index"].as_str().unwrap()).is_dir(), "{name}");
        }
        assert_eq!(report["kibana"], Value::Null);
    }
    let found = shell.run(&["search", "--format", "json"]).await.succeeded().json();
    assert_eq!(found["total"], 0, "it can be asked");
}
