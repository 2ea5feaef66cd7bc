//! Answers of absurd size, and answers without an end: cut off by the client, told in clear words, and neither memory
//! nor the archive is filled with them. A small server of our own: the simulator tells no such tales.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use viralmine::archive::{RawArchive, RecordedPages, segments};
use viralmine::model::{Counters, CreatorId, Secret};
use viralmine::source::{ApiClient, ApiSettings, ApiUrl, PageRequest, VideoSource};
use viralmine::throttle::clock::Clock;
use viralmine::throttle::retry::RetryPolicy;

const MIB: u64 = 1 << 20;

/// What the client takes of one answer, at most.
const LARGEST: u64 = 64 * MIB;

/// What may be on its way, in the sockets' buffers and the client's.
const UNDER_WAY: u64 = 16 * MIB;

/// How an endless or absurdly large answer comes.
#[derive(Debug, Clone)]
enum Body {
    /// Its length is announced.
    Announced(u64),
    /// In chunks, for ever.
    Endless,
    /// In chunks of one byte, each behind a pause, for ever.
    Dribbling,
    /// Little on the wire, and much unpacked.
    Packed(Vec<u8>),
}

/// Answers every request so, and counts the bytes of bodies that it could send.
async fn serve(body: Body) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (body, counter) = (body.clone(), Arc::clone(&counter));
            // Ends with an error as soon as the client has gone.
            tokio::spawn(async move { answer(stream, body, &counter).await });
        }
    });
    (url, sent)
}

async fn answer(mut stream: TcpStream, body: Body, sent: &AtomicU64) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let chunked = "transfer-encoding: chunked".to_owned();
    let (length, piece, pause) = match &body {
        Body::Announced(length) => (format!("content-length: {length}"), vec![b' '; 1 << 16], None),
        Body::Endless => (chunked, [&b"10000\r\n"[..], &vec![b' '; 1 << 16], b"\r\n"].concat(), None),
        Body::Dribbling => (chunked, b"1\r\n \r\n".to_vec(), Some(Duration::from_millis(5))),
        Body::Packed(packed) => {
            (format!("content-encoding: gzip\r\ncontent-length: {}", packed.len()), packed.clone(), None)
        }
    };
    stream.write_all(format!("HTTP/1.1 200 OK\r\n{length}\r\n\r\n").as_bytes()).await?;
    loop {
        stream.write_all(&piece).await?;
        sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
}

/// Two tries of one page; the error's words, and the bytes kept of all answers.
async fn error_of(url: &str, request_timeout: Duration) -> (String, u64) {
    let data = TempDir::new().unwrap();
    let archive = RawArchive::create(data.path(), "store", "viralmine").unwrap();
    let settings = ApiSettings {
        rate: 1_000.0,
        request_timeout,
        retry: RetryPolicy {
            first: Duration::from_millis(1),
            longest: Duration::from_millis(2),
            attempts: Some(2),
            ..RetryPolicy::API
        },
        ..ApiSettings::new(ApiUrl::parse(url).unwrap(), vec![Secret::new("test-key-1")])
    };
    let (counters, stop) = (Arc::new(Counters::default()), CancellationToken::new());
    let client = ApiClient::new(settings, Arc::new(archive), Arc::clone(&counters), Clock::system(), stop).unwrap();
    let creator = CreatorId::parse("MS4wLjABAAAA8fKxxxxxxx").unwrap();
    let request = PageRequest { creator, cursor: "0".to_owned(), walk: 1, fetched_after: 1 };
    let error = client.page(&request).await.unwrap_err().to_string();
    assert_eq!((counters.requests_sent.get(), counters.requests_failed.get()), (2, 2));
    drop(client);
    let mut kept = 0;
    for segment in segments(data.path()).unwrap() {
        for page in RecordedPages::open(&segment).unwrap() {
            kept += page.unwrap().response.text().len() as u64;
        }
    }
    (error, kept)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_announces_200_mib_is_hardly_begun() {
    let (url, sent) = serve(Body::Announced(200 * MIB)).await;
    let (error, kept) = error_of(&url, Duration::from_mins(2)).await;
    assert!(error.contains("in 2 tries, the last one: the answer is larger than 64 MiB"), "{error}");
    let sent = sent.load(Ordering::Relaxed);
    assert!(kept <= MIB && sent <= 2 * UNDER_WAY, "{kept} bytes kept of {sent} sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_an_end_is_cut_off() {
    let (url, sent) = serve(Body::Endless).await;
    let (error, kept) = error_of(&url, Duration::from_mins(2)).await;
    assert!(error.contains("the answer is larger than 64 MiB"), "{error}");
    let sent = sent.load(Ordering::Relaxed);
    assert!(kept <= MIB && sent <= 2 * (LARGEST + UNDER_WAY), "{kept} bytes kept of {sent} sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_small_on_the_wire_only_is_cut_off_too() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let blanks = vec![b' '; usize::try_from(MIB).unwrap()];
    for _ in 0..80 {
        packed.write_all(&blanks).unwrap();
    }
    let (url, _) = serve(Body::Packed(packed.finish().unwrap())).await;
    let (error, kept) = error_of(&url, Duration::from_mins(2)).await;
    assert!(error.contains("the answer is larger than 64 MiB") && kept <= MIB, "{kept} bytes kept: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_dribbles_for_ever_is_given_up_in_time() {
    let (url, _) = serve(Body::Dribbling).await;
    let (error, kept) = error_of(&url, Duration::from_millis(300)).await;
    assert!(error.contains("the answer was cut off after") && error.contains("not done within 300ms"), "{error}");
    assert!(kept < 1_000, "{kept}");
}
