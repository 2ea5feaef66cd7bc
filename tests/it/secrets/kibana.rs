//! A Kibana, or what stands before it, that echoes the credentials: those of Elasticsearch, and its own.

use futures::future::join_all;
use serde_json::json;

use super::store::{echoes, kinds, with};
use super::{PASSWORD, STORE_KEY, USERNAME, echo, tried};
use crate::command_line::shell::{NOBODY, Shell};
use crate::elastic::{clean_up_blocking, node_url};
use crate::support::proxy::FaultProxy;
use crate::support::proxy::fault::Fault;
use crate::support::proxy::wire::Answer;

fn refusal(status: u16, sent: &str) -> Answer {
    let body = json!({"statusCode": status, "error": echoes(sent), "message": echoes(sent)});
    Answer::new(status, &[("x-you-sent", sent)], body.to_string())
}

/// The same secrets under Kibana's own names.
fn own_kinds() -> Vec<Vec<(&'static str, String)>> {
    let user = vec![("KIBANA_USERNAME", USERNAME.to_owned()), ("KIBANA_PASSWORD", PASSWORD.to_owned())];
    vec![vec![("KIBANA_API_KEY", STORE_KEY.to_owned())], user]
}

#[tokio::test]
async fn a_kibana_that_echoes_the_credentials() {
    let answers: [fn(&str) -> Answer; 9] = [
        |sent| refusal(400, sent),
        |sent| refusal(401, sent),
        |sent| refusal(403, sent),
        |sent| refusal(404, sent),
        |sent| refusal(503, sent),
        |sent| Answer::new(200, &[], format!("<p>{}</p>", echoes(sent))),
        |sent| Answer::new(200, &[], echoes(sent)),
        |sent| Answer::new(302, &[("location", &format!("/{}?for={sent}", sent.replace(' ', "%20")))], ""),
        |sent| Answer::new(200, &[], json!({"version": {"number": format!("7.1.{}", echoes(sent))}}).to_string()),
    ];
    let kinds: Vec<_> = kinds().into_iter().chain(own_kinds()).collect();
    let cases = kinds.iter().flat_map(|variables| answers.map(|answer| (variables, answer)));
    join_all(cases.map(async |(variables, answer)| {
        let proxy = echo(answer).await;
        let shell = with(&Shell::new(), variables);
        tried(&shell, &["setup", "--store", NOBODY, "--kibana", &proxy.url()], Some(1)).await;
    }))
    .await;
}

/// It works, and echoes in all that it may say of an import.
#[tokio::test]
async fn reports_of_an_import_that_echo_the_credentials() {
    let prefix = format!("secrets-kibana-{}", std::process::id());
    let dashboard = format!("{prefix}-dashboard");
    let proxy = FaultProxy::start("http://127.0.0.1:1").await;
    proxy.decide(Box::new(move |request| {
        let said = echoes(request.header("authorization").unwrap());
        let body = if request.method == "GET" {
            json!({"version": {"number": format!("9.5.{said}")}, "status": {"overall": {"level": "available"}}})
        } else {
            let taken = json!([{"type": "dashboard", "id": dashboard, "destinationId": said}]);
            let error = json!({"type": "unknown", "message": said});
            let errors =
                json!([{"type": "index-pattern", "id": dashboard.replace("dashboard", "videos"), "error": error}]);
            json!({"success": false, "successCount": 1, "successResults": taken, "errors": errors})
        };
        Fault::Answer(Answer::new(200, &[], body.to_string()))
    }));
    // The node asks for no credentials, and passes over those that it is sent.
    for variables in kinds().into_iter().chain(own_kinds()) {
        let shell = with(&Shell::new(), &variables);
        for format in ["text", "json"] {
            let arguments = [
                "setup",
                "--store",
                &node_url(),
                "--index-prefix",
                &prefix,
                "--kibana",
                &proxy.url(),
                "--format",
                format,
            ];
            let ends = tried(&shell, &arguments, Some(3)).await;
            assert!(ends[0].stdout.contains("[redacted]"), "{}", ends[0].stdout);
        }
    }
    tokio::task::spawn_blocking(move || clean_up_blocking(&node_url(), &prefix)).await.unwrap();
}
