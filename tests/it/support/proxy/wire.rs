//! HTTP/1.1 by hand, as far as the store's client and a node speak it: whoever spoils answers needs the bytes. Requests
//! come with a length or without a body; answers go out with a length, true or not.

use std::fmt::Write as _;
use std::io::{self, Read as _};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    /// As it was on the wire.
    pub body: Bytes,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Request {
    /// Reads the next request of a connection; `None` when the client has closed it.
    pub async fn read(stream: &mut (impl AsyncRead + Unpin), buffer: &mut BytesMut) -> io::Result<Option<Self>> {
        let end_of_head = loop {
            if let Some(position) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break position;
            }
            if buffer.first().is_some_and(|byte| !byte.is_ascii_uppercase()) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no HTTP"));
            }
            if stream.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end_of_head]).into_owned();
        buffer.advance(end_of_head + 4);
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (first.next().unwrap_or_default().to_owned(), first.next().unwrap_or("/").to_owned());
        let header =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        let headers: Vec<(String, String)> = lines.filter_map(header).collect();
        let mut request = Self { method, target, headers, body: Bytes::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        while buffer.len() < length {
            if stream.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        }
        request.body = buffer.split_to(length).freeze();
        Ok(Some(request))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Whether this is a bulk request for a collection (`videos`, `checkpoints`).
    pub fn is_bulk_of(&self, collection: &str) -> bool {
        self.path().ends_with(&format!("-{collection}/_bulk"))
    }

    /// Whether this belongs to a run under way, not to its preparation.
    pub fn is_of_a_run(&self) -> bool {
        ["/_bulk", "/_mget", "/_refresh"].iter().any(|end| self.path().ends_with(end))
    }

    /// The body as the server reads it.
    pub fn unpacked(&self) -> Bytes {
        if self.header("content-encoding") != Some("gzip") {
            return self.body.clone();
        }
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&self.body[..]).read_to_end(&mut plain).unwrap();
        plain.into()
    }
}

impl Answer {
    /// What a server, or something in front of it, says by itself.
    pub fn new(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Self {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { status, headers, body: body.into() }
    }

    /// An error in the words of Elasticsearch, with its mark.
    pub fn of_elasticsearch(status: u16, kind: &str, reason: &str) -> Self {
        let headers = [("x-elastic-product", "Elasticsearch"), ("content-type", "application/json")];
        let error = serde_json::json!({"error": {"type": kind, "reason": reason}, "status": status});
        Self::new(status, &headers, error.to_string())
    }

    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends head and body; the head claims `claimed` bytes, and no more than `sent` of the body follow.
    pub async fn write(&self, stream: &mut (impl AsyncWrite + Unpin), claimed: usize, sent: usize) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Spoken\r\ncontent-length: {claimed}\r\n", self.status);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&self.body[..sent]).await?;
        stream.flush().await
    }

    pub async fn write_whole(&self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        self.write(stream, self.body.len(), self.body.len()).await
    }
}
