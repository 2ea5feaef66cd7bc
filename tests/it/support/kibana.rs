//! A stand-in for Kibana: its status, and its import of saved objects, as Kibana answers them. It keeps what it was
//! sent by space, reads every line, and finds references that lead nowhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The header that Kibana asks of everything but a page of its own.
const XSRF: &str = "kbn-xsrf";

/// How it is set up.
#[derive(Clone)]
pub struct Kibana {
    pub version: &'static str,
    pub level: &'static str,
    /// Where it is served.
    pub base_path: &'static str,
    /// The `Authorization` header that it lets in; `None` for everybody.
    pub authorization: Option<String>,
    /// Whether it tells strangers that it is there, but not its version.
    pub is_reserved: bool,
    /// The spaces beside the first one.
    pub spaces: Vec<&'static str>,
    /// Ids of objects that it does not take, with its error.
    pub refuses: Vec<(&'static str, Value)>,
    /// Ids that are taken in other spaces, with the ones that they get instead.
    pub renames: Vec<(&'static str, &'static str)>,
}

impl Default for Kibana {
    fn default() -> Self {
        Self {
            version: "9.5.3",
            level: "available",
            base_path: "",
            authorization: None,
            is_reserved: false,
            spaces: Vec::new(),
            refuses: Vec::new(),
            renames: Vec::new(),
        }
    }
}

/// It, running.
pub struct Running {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    kibana: Kibana,
    seen: Mutex<Seen>,
}

/// What came.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Method and path with query.
    pub requests: Vec<(String, HeaderMap)>,
    /// By space (the first one is ""), type and id.
    pub objects: BTreeMap<(String, String, String), Value>,
}

impl Kibana {
    pub async fn start(self) -> Running {
        let shared = Arc::new(Shared { kibana: self, seen: Mutex::new(Seen::default()) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Running { url, shared }
    }
}

impl Running {
    pub fn url(&self) -> String {
        format!("{}{}", self.url, self.shared.kibana.base_path)
    }

    pub fn seen(&self) -> Seen {
        self.shared.seen.lock().unwrap().clone()
    }
}

/// An error in Kibana's form.
fn refusal(status: StatusCode, message: &str) -> Response {
    let error = status.canonical_reason().unwrap();
    let body = json!({"statusCode": status.as_u16(), "error": error, "message": message});
    json_answer(status, &body)
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/json; charset=utf-8")], body.to_string()).into_response()
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let target = parts.uri.path_and_query().unwrap().as_str().to_owned();
    let asked = format!("{} {target}", parts.method);
    shared.seen.lock().unwrap().requests.push((asked, parts.headers.clone()));
    let kibana = &shared.kibana;
    let not_found = || refusal(StatusCode::NOT_FOUND, "Not Found");
    let Some(inside) = parts.uri.path().strip_prefix(kibana.base_path) else { return not_found() };
    let (space, path) = match inside.strip_prefix("/s/").and_then(|rest| rest.split_once('/')) {
        Some((space, path)) => (space, path),
        None => ("", inside.trim_start_matches('/')),
    };
    let sent = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
    let is_known = kibana.authorization.is_none() || kibana.authorization.as_deref() == sent;
    if path == "api/status" && parts.method == Method::GET && (is_known || kibana.is_reserved && sent.is_none()) {
        let status = json!({"overall": {"level": kibana.level, "summary": "All services are available"}});
        let version = json!({"number": kibana.version, "build_flavor": "traditional"});
        let known = json!({"name": "stand-in", "version": version, "status": status});
        let told = if is_known { known } else { json!({"status": status}) };
        let code = if kibana.level == "available" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        return json_answer(code, &told);
    }
    if !is_known {
        return refusal(StatusCode::UNAUTHORIZED, "Unauthorized");
    }
    if path != "api/saved_objects/_import" || parts.method != Method::POST {
        return not_found();
    }
    if !parts.headers.contains_key(XSRF) {
        return refusal(StatusCode::BAD_REQUEST, "Request must contain a kbn-xsrf header.");
    }
    if !space.is_empty() && !kibana.spaces.contains(&space) {
        return refusal(StatusCode::NOT_FOUND, &format!("Saved object [space/{space}] not found"));
    }
    match file_of(&parts.headers, &body) {
        Ok(text) => shared.import(space, target.ends_with("?overwrite=true"), &text),
        Err(message) => refusal(StatusCode::BAD_REQUEST, message),
    }
}

/// The file in a form, read to the letter of RFC 7578.
fn file_of(headers: &HeaderMap, body: &Bytes) -> Result<String, &'static str> {
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").ok_or("no form")?;
    let text = std::str::from_utf8(body).map_err(|_| "no text")?;
    let inside = text.strip_prefix(&format!("--{boundary}\r\n")).ok_or("the first boundary is missing")?;
    let inside = inside.strip_suffix(&format!("\r\n--{boundary}--\r\n")).ok_or("the last boundary is missing")?;
    let (head, content) = inside.split_once("\r\n\r\n").ok_or("a part without a head")?;
    let disposition =
        head.lines().find_map(|line| line.strip_prefix("Content-Disposition: ")).ok_or("no disposition")?;
    if !disposition.starts_with("form-data; name=\"file\"; filename=\"") {
        return Err("[request body.file]: expected value of type [Stream]");
    }
    if !disposition.ends_with(".ndjson\"") {
        return Err("Invalid file extension");
    }
    Ok(content.to_owned())
}

impl Shared {
    fn import(&self, space: &str, overwrites: bool, text: &str) -> Response {
        let mut seen = self.seen.lock().unwrap();
        let Ok(objects) = text.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>() else {
            return refusal(StatusCode::BAD_REQUEST, "Unexpected token in JSON");
        };
        let key = |object: &Value| {
            let text = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
            (space.to_owned(), text("type"), text("id"))
        };
        let sent: Vec<_> = objects.iter().map(key).collect();
        let (mut taken, mut errors) = (Vec::new(), Vec::new());
        for object in &objects {
            let key = key(object);
            let refused = self.kibana.refuses.iter().find(|(id, _)| *id == key.2).map(|(_, error)| error.clone());
            let error = refused.or_else(|| {
                let is_there = |target: &Value| {
                    let target = (space.to_owned(), text_of(target, "type"), text_of(target, "id"));
                    sent.contains(&target) || seen.objects.contains_key(&target)
                };
                let missing: Vec<&Value> =
                    object["references"].as_array().unwrap().iter().filter(|target| !is_there(target)).collect();
                if !missing.is_empty() {
                    return Some(json!({"type": "missing_references", "references": missing}));
                }
                (!overwrites && seen.objects.contains_key(&key)).then(|| json!({"type": "conflict"}))
            });
            let (kind, id, title) = (&key.1, &key.2, &object["attributes"]["title"]);
            if let Some(error) = error {
                errors.push(json!({"type": kind, "id": id, "title": title, "meta": {"title": title}, "error": error}));
                continue;
            }
            let mut told = json!({"type": kind, "id": id, "meta": {"title": title, "icon": "x"}, "managed": false});
            if let Some((_, instead)) = self.kibana.renames.iter().find(|(renamed, _)| renamed == id) {
                told["destinationId"] = json!(instead);
            }
            if seen.objects.contains_key(&key) {
                told["overwrite"] = json!(true);
            }
            taken.push((key, object.clone(), told));
        }
        let mut body = json!({"successCount": taken.len(), "success": errors.is_empty(), "warnings": []});
        if !errors.is_empty() {
            body["errors"] = json!(errors);
        }
        if !taken.is_empty() {
            body["successResults"] = taken.iter().map(|(_, _, told)| told.clone()).collect();
        }
        seen.objects.extend(taken.into_iter().map(|(key, object, _)| (key, object)));
        json_answer(StatusCode::OK, &body)
    }
}

fn text_of(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
