//! The judgement of whole requests, over every kind of refusal.

use std::time::Duration;

use super::*;

fn server(credentials: Credentials) -> Server {
    Server::new(&ElasticSettings {
        url: Url::parse("http://localhost:9200/es/").unwrap(),
        prefix: "viralmine".to_owned(),
        credentials,
        ca_cert: None,
        compress: false,
        request_timeout: Duration::from_secs(1),
    })
}

fn refusal(status: u16, body: &str) -> StoreError {
    server(Credentials::None).refusal(status, body.as_bytes())
}

fn typed(kind: &str) -> String {
    format!(r#"{{"error":{{"type":"{kind}","reason":"words"}},"status":1}}"#)
}

#[test]
fn what_may_pass_is_told_from_what_does_not() {
    for (status, kind) in [
        (429, "es_rejected_execution_exception"),
        (503, "master_not_discovered_exception"),
        (500, "anything"),
        (408, "anything"),
        (403, "cluster_block_exception"),
        (404, "search_context_missing_exception"),
        (400, "index_closed_exception"),
    ] {
        assert!(refusal(status, &typed(kind)).is_passing(), "{status} {kind}");
    }
    assert!(refusal(502, "<html>bad gateway</html>").is_passing());
    assert!(matches!(refusal(413, ""), StoreError::TooLarge(_)));
    assert!(matches!(refusal(401, ""), StoreError::Denied(words) if words.contains("set ELASTICSEARCH_API_KEY")));
    assert!(matches!(refusal(403, &typed("security_exception")), StoreError::Denied(_)));
    assert!(matches!(refusal(403, "forbidden"), StoreError::Denied(_)));
    assert!(
        matches!(refusal(404, &typed("index_not_found_exception")), StoreError::Missing(words) if words.contains("viralmine backfill"))
    );
    assert!(matches!(refusal(400, &typed("parsing_exception")), StoreError::Broken(words) if words.contains("words")));
    assert!(
        matches!(refusal(400, r#"{"error":"plain words"}"#), StoreError::Broken(words) if words.contains("plain words"))
    );
}

#[test]
fn a_query_with_too_many_words_says_what_to_do() {
    let body = r#"{"error":{"type":"search_phase_execution_exception","reason":"all shards failed",
        "caused_by":{"type":"illegal_argument_exception","reason":"a",
        "caused_by":{"type":"too_many_nested_clauses","reason":"b"}}}}"#;
    assert!(matches!(refusal(400, body), StoreError::Broken(words) if words.contains("more letters")));
}

#[test]
fn what_the_shards_said_is_told() {
    let body = |reason: &str| {
        format!(
            r#"{{"error":{{"root_cause":[{{"type":"query_shard_exception","reason":"failed to create query: {reason}"}}],
            "type":"search_phase_execution_exception","reason":"all shards failed"}}}}"#
        )
    };
    let too_many = body("Query contains too many nested clauses; maxClauseCount is set to 16384");
    assert!(matches!(refusal(400, &too_many), StoreError::Broken(words) if words.contains("fewer words")));
    let other = body("no such thing");
    assert!(matches!(refusal(400, &other), StoreError::Broken(words) if words.contains("no such thing")));
}

#[test]
fn what_the_server_quotes_of_a_secret_is_struck_out() {
    let server = server(Credentials::ApiKey(Secret::new("c2VjcmV0")));
    for status in [400, 401, 403, 413, 500] {
        let error = server.refusal(status, br#"{"error":"you sent ApiKey c2VjcmV0"}"#);
        assert!(!format!("{error} {error:?}").contains("c2VjcmV0"), "{error}");
        let error = server.refusal(status, br#"{"error":"header [Authorization: Basic ZWxhc3RpYzp4] is wrong"}"#);
        assert!(!format!("{error} {error:?}").contains("ZWxhc3RpYzp4"), "{error}");
    }
    assert!(
        matches!(server.refusal(401, b""), StoreError::Denied(words) if words.contains("check ELASTICSEARCH_API_KEY"))
    );
}

#[test]
fn an_answer_from_elsewhere_is_not_the_servers() {
    let server = server(Credentials::None);
    let owns = |url: &str| server.owns(&Url::parse(url).unwrap());
    assert!(owns("http://localhost:9200/es/_bulk?x=1"));
    assert!(!owns("https://localhost:9200/es/_bulk"));
    assert!(!owns("http://elsewhere:9200/es/_bulk"));
    assert!(!owns("http://localhost:9200/login"));
}

#[test]
fn a_stranger_is_refused_first_and_borne_later() {
    let server = server(Credentials::None);
    assert!(matches!(server.stranger(200, false), Err(StoreError::Unfit(_))));
    assert!(matches!(server.stranger(404, true), Err(StoreError::Unavailable(_))));
    assert!(server.stranger(503, false).is_ok() && server.stranger(413, true).is_ok());
}

/// Found by fuzzing: what reads JSON quotes the text that it did not expect.
#[test]
fn an_answer_that_cannot_be_read_shows_neither_secrets_nor_itself_whole() {
    let server = server(Credentials::ApiKey(Secret::new("k_e_y")));
    let body = format!("{{\"items\":\"ApiKey k_e_y {}\"}}", "x".repeat(5000));
    let error = serde_json::from_str::<std::collections::HashMap<String, u8>>(&body).unwrap_err();
    let told = server.nonsense(&error).to_string();
    assert!(told.contains("invalid type: string \"ApiKey [redacted]"), "{told}");
    assert!(!told.contains("k_e_y") && told.chars().count() < 500, "{told}");
}
