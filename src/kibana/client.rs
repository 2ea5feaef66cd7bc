//! The requests: which Kibana it is, and the import. The only file here that names reqwest's client. Nothing is sent
//! twice.

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, Method, RequestBuilder, redirect};

use super::import::Imported;
use super::objects::{listed, ndjson};
use super::settings::KibanaSettings;
use super::status::{OLDEST, Status};
use super::trouble::{Reply, Server};
use super::{KibanaError, SavedObject};

/// Answers are some KB; what is longer is cut, and no JSON then.
const LONGEST_ANSWER: usize = 8 << 20;

/// What separates the parts of the form; no object holds it.
const BOUNDARY: &str = "viralmine_saved_objects_5f0c1d7e9b";

/// The connection to one Kibana.
#[derive(Debug)]
pub struct Kibana {
    client: Client,
    settings: KibanaSettings,
    authorization: Option<HeaderValue>,
    server: Server,
}

impl Kibana {
    /// Makes the HTTP client; sends nothing. [`KibanaError::Settings`] names the setting at fault.
    pub fn connect(settings: KibanaSettings) -> Result<Self, KibanaError> {
        let mut builder = Client::builder()
            .timeout(settings.request_timeout)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("viralmine/", env!("CARGO_PKG_VERSION")));
        if settings.is_loopback() {
            // A proxy named in the environment cannot reach this machine's own loopback.
            builder = builder.no_proxy();
        }
        for certificate in certificates(&settings)? {
            builder = builder.add_root_certificate(certificate);
        }
        let client = builder
            .build()
            .map_err(|error| KibanaError::Settings(format!("the HTTP client cannot be made: {error}")))?;
        let authorization = authorization(&settings)?;
        if settings.is_open_to_eavesdroppers() {
            tracing::warn!("the credentials cross the network unencrypted to {}: use https if you can", settings.url);
        }
        let server = Server::new(&settings);
        Ok(Self { client, settings, authorization, server })
    }

    /// Its version, as it writes it. An error unless it is a Kibana that works and can read the objects.
    pub async fn version(&self) -> Result<String, KibanaError> {
        let reply = self.send(self.request(Method::GET, "api/status", None)).await?;
        match Status::read(&reply.body) {
            Status::Known { version, number, .. } if version < OLDEST => Err(self.server.too_old(&number, OLDEST)),
            Status::Known { trouble: Some(level), .. } => Err(self.server.unwell(&level)),
            Status::Known { number, .. } if reply.is_success() => Ok(self.server.shown(&number)),
            Status::Reserved if reply.is_success() => Err(self.server.reserved()),
            Status::Known { .. } | Status::Reserved | Status::Strange => Err(self.server.refusal(&reply)),
        }
    }

    /// Imports the objects for the indices of `prefix`; those that are there already are replaced.
    pub async fn import(&self, prefix: &str) -> Result<Imported, KibanaError> {
        let objects = ndjson(prefix);
        let request = self.request(Method::POST, "api/saved_objects/_import", Some(("overwrite", "true")));
        let request = request
            .header(CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(form("viralmine.ndjson", &objects));
        let reply = self.send(request).await?;
        let sent: Vec<SavedObject> = listed(&objects);
        let imported = if reply.is_success() { Imported::read(&reply.body, &sent) } else { None };
        let mut imported = imported.ok_or_else(|| self.server.refusal(&reply))?;
        // The rest of it are our own words.
        imported.failed.iter_mut().for_each(|failure| failure.error = self.server.shown(&failure.error));
        imported.objects.iter_mut().for_each(|object| object.id = self.server.shown(&object.id));
        Ok(imported)
    }

    /// Its address, as messages name it.
    #[must_use]
    pub fn address(&self) -> String {
        self.settings.url.to_string()
    }

    /// Where an object can be opened: a dashboard's page.
    #[must_use]
    pub fn page_of(&self, dashboard: &SavedObject) -> String {
        format!("{}app/dashboards#/view/{}", self.settings.url, dashboard.id)
    }

    fn request(&self, method: Method, path: &str, query: Option<(&str, &str)>) -> RequestBuilder {
        let mut url = self.settings.url.clone();
        url.set_path(&format!("{}{path}", self.settings.url.path()));
        // Kibana refuses what could come from a page that somebody else made, unless this header is there.
        let request = self.client.request(method, url).query(query.as_slice()).header("kbn-xsrf", "true");
        match &self.authorization {
            Some(header) => request.header(AUTHORIZATION, header.clone()),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Reply, KibanaError> {
        let mut response = request.send().await.map_err(|error| self.server.no_answer(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.server.no_answer(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                break;
            }
        }
        let reply = Reply {
            status,
            location: header(&headers, "location"),
            product: header(&headers, "x-elastic-product"),
            body: body.freeze(),
        };
        self.server.check_origin(&reply)?;
        Ok(reply)
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn certificates(settings: &KibanaSettings) -> Result<Vec<Certificate>, KibanaError> {
    let Some(path) = &settings.ca_cert else { return Ok(Vec::new()) };
    let unfit =
        |reason: String| KibanaError::Settings(format!("--es-ca-cert {} cannot be used: {reason}", path.display()));
    let pem = std::fs::read(path).map_err(|error| unfit(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| unfit(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unfit("it holds no certificate in PEM form".to_owned()));
    }
    Ok(certificates)
}

fn authorization(settings: &KibanaSettings) -> Result<Option<HeaderValue>, KibanaError> {
    let Some(secret) = settings.credentials.authorization() else { return Ok(None) };
    let mut value = HeaderValue::try_from(secret.expose()).map_err(|_| {
        KibanaError::Settings(
            "the API key for Kibana (KIBANA_API_KEY, else ELASTICSEARCH_API_KEY) holds a character that no header may hold"
                .to_owned(),
        )
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// A form of one file, `multipart/form-data` (RFC 7578).
fn form(name: &str, content: &str) -> Bytes {
    Bytes::from(format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: \
         application/ndjson\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_stands_between_the_parts_alone() {
        let text = ndjson("viralmine");
        assert!(!text.contains(BOUNDARY));
        let form = form("x.ndjson", &text);
        let form = std::str::from_utf8(&form).unwrap();
        assert_eq!(form.matches(BOUNDARY).count(), 2);
        assert!(form.contains(&format!("\r\n\r\n{text}\r\n--")));
    }
}
