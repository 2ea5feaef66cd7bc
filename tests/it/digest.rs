//! What changed, told once: found on pages and behind score passes on both stores, delivered to a webhook that fails in
//! every way, shown once, whatever is killed in between.

mod delivery; // a webhook that fails, stalls, redirects, echoes; what is sent again, and what is not
mod receiver; // the webhook's other side
mod refusals; // a webhook that refuses an event, a large message, everything; or takes all, slowly
mod rounds; // outliers, bursting tags and silent creators of what is stored; pages beside what was known
mod typed; // `track` as it is typed, beside a webhook

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use viralmine::archive::EventLedger;
use viralmine::jobs::digest::{self, Digest, DigestParts};
use viralmine::model::event::{Event, EventPost, Happening, NewPost, Who};
use viralmine::model::{EventKind, Secret};
use viralmine::notify::{Webhook, WebhookAddress, WebhookSettings};
use viralmine::output::digest::message;
use viralmine::pipeline::deliver::Patience;
use viralmine::throttle::clock::Clock;
use viralmine::throttle::retry::RetryPolicy;

/// When everything here happens (ms).
const NOW: i64 = 1_750_000_000_000;

/// What tells of changes in a data folder, to nobody.
fn parts(data_folder: &std::path::Path) -> DigestParts {
    DigestParts {
        ledger: Arc::new(EventLedger::open(data_folder, NOW).unwrap()),
        webhook: None,
        text: message::text,
        clock: Clock::starting_at(Timestamp::from_millisecond(NOW).unwrap()),
        patience: Patience { retry: RetryPolicy::STORE, give_up_after: Duration::from_secs(20) },
        stop: CancellationToken::new(),
    }
}

/// The same, to a webhook, impatiently.
fn parts_to(data_folder: &std::path::Path, url: &str) -> DigestParts {
    let retry =
        RetryPolicy { first: Duration::from_millis(1), longest: Duration::from_millis(5), ..RetryPolicy::WEBHOOK };
    let address = WebhookAddress::parse(&Secret::new(url)).unwrap();
    let settings = WebhookSettings { retry, ..WebhookSettings::new(address) };
    DigestParts { webhook: Some(Arc::new(Webhook::new(settings).unwrap())), ..parts(data_folder) }
}

/// Events of new posts.
fn new_posts(ids: std::ops::Range<u32>) -> Vec<Event> {
    let creator = Who { sec_user_id: "MS4wLjABAAAA8fKxxxxxxx".into(), unique_id: "lily".into() };
    let post = |id: u32| EventPost { creator: creator.clone(), aweme_id: id.to_string(), ..EventPost::default() };
    ids.map(|id| Event::new(NOW, Happening::NewPost(NewPost { post: post(id) }))).collect()
}

/// Their ids.
fn of(ids: std::ops::Range<u32>) -> Vec<String> {
    ids.map(|id| format!("new-post:{id}")).collect()
}

/// A round without a store, shown.
async fn round(parts: &DigestParts) -> Digest {
    let digest = digest::round(parts, None, &[]).await.unwrap();
    digest::shown(parts, &digest).await.unwrap();
    digest
}

fn ids(digest: &Digest, kind: EventKind) -> Vec<String> {
    let ids: Vec<String> =
        digest.events.iter().filter(|event| event.kind() == kind).map(|event| event.id.clone()).collect();
    assert_eq!(digest.counts[&kind], ids.len() as u64);
    ids
}
