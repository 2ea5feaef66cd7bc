//! How an answer goes out: whole, as HTML, cut off, piece by piece, not at all, or by a reset of the connection.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};

use super::connection::ResetSwitch;
use super::faults::FaultKind;

/// A slow answer comes in so many pieces, with a pause before each.
const PIECES: usize = 16;
const PAUSE: Duration = Duration::from_millis(20);

/// What a gateway says when the server behind it does not answer.
const GATEWAY_PAGE: &str =
    "<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";

/// Sends a good answer, or what `fault` makes of sending it.
pub(super) async fn send(fault: Option<FaultKind>, status: u16, body: Bytes, connection: &ResetSwitch) -> Response {
    match fault {
        Some(FaultKind::ServerError) => html(500, "<html><h1>500 Internal Server Error</h1></html>"),
        Some(FaultKind::BadGateway) => html(502, GATEWAY_PAGE),
        Some(FaultKind::Html) => html(200, GATEWAY_PAGE),
        Some(FaultKind::Cut) => cut(&body),
        Some(FaultKind::Slow) => in_pieces(&body),
        Some(FaultKind::Hang) => std::future::pending().await,
        Some(FaultKind::Reset) => {
            connection.pull();
            streamed(&body, stream::once(async { Err(io::ErrorKind::ConnectionReset.into()) }))
        }
        _ => json(status, body),
    }
}

/// An answer in JSON.
pub(super) fn json(status: u16, body: Bytes) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, [(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

fn html(status: u16, page: &'static str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// Promises the whole body, sends half of it, and drops the connection.
fn cut(body: &Bytes) -> Response {
    let first_half = body.slice(..body.len() / 2);
    let then_fail = async {
        // Lets the first half out to the socket before the connection is given up.
        tokio::task::yield_now().await;
        Err(io::Error::other("cut on demand"))
    };
    streamed(body, stream::once(async { Ok(first_half) }).chain(stream::once(then_fail)))
}

fn in_pieces(body: &Bytes) -> Response {
    let length = body.len().div_ceil(PIECES).max(1);
    let pieces: Vec<Bytes> =
        (0..body.len()).step_by(length).map(|start| body.slice(start..body.len().min(start + length))).collect();
    let late = |piece| async {
        tokio::time::sleep(PAUSE).await;
        Ok(piece)
    };
    streamed(body, stream::iter(pieces).then(late))
}

/// A head that promises `body`, and what really follows it.
fn streamed(body: &Bytes, parts: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Response {
    let mut response = json(200, Bytes::new());
    *response.body_mut() = Body::from_stream(parts);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    response
}
