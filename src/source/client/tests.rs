//! What the client does upon each judgement, on a paused clock, over a scripted transport.

use std::collections::VecDeque;
use std::io;
use std::sync::Mutex;

use crate::model::{Answer, CreatorId, RecordError, WithoutRecord};
use crate::source::{ApiUrl, Params};
use crate::throttle::quota::KeyState;

use super::*;

const KEYS: [&str; 2] = ["tk_live_first_4711", "tk_live_second_4712"];
const PAGE: &str = r#"{"code":0,"data":{"has_more":false,"max_cursor":"9","aweme_list":[]}}"#;
const LIMITED: &str = r#"{"code":429,"msg":"Request frequency limit, wait 15s","data":{}}"#;
const REFUSED_KEY: &str = r#"{"code":401,"msg":"ApiKey tk_live_first_4711 invalid","data":{}}"#;

type Sends = Arc<Mutex<Vec<(usize, Instant)>>>;

/// Plays replies; notes the key and the moment of each send.
struct Script {
    replies: Mutex<VecDeque<Result<RawReply, Unanswered>>>,
    sends: Sends,
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, _ask: &Ask, key: KeyPosition) -> Result<RawReply, Unanswered> {
        self.sends.lock().unwrap().push((key.number(), Instant::now()));
        self.replies.lock().unwrap().pop_front().expect("one more request than the script has replies")
    }
}

#[derive(Default)]
struct Kept(Mutex<Vec<Answer>>);

#[async_trait]
impl Recorder for Kept {
    async fn record(&self, answer: &Answer) -> Result<(), RecordError> {
        self.0.lock().unwrap().push(answer.clone());
        Ok(())
    }
}

struct FullDisk;

#[async_trait]
impl Recorder for FullDisk {
    async fn record(&self, _answer: &Answer) -> Result<(), RecordError> {
        Err(RecordError("no space left on device".to_owned()))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a script is made of results")]
fn reply(status: u16, body: &str) -> Result<RawReply, Unanswered> {
    Ok(RawReply { status, retry_after: None, date: None, body: Bytes::copy_from_slice(body.as_bytes()), cut: None })
}

fn cut(body: &str) -> Result<RawReply, Unanswered> {
    reply(200, body).map(|reply| RawReply { cut: Some("the answer was cut off".to_owned()), ..reply })
}

fn settings() -> ApiSettings {
    ApiSettings {
        base_url: ApiUrl::parse("http://127.0.0.1:9").unwrap(),
        keys: KEYS.map(Secret::new).to_vec(),
        rate: 3.0,
        quota_margin: Duration::from_millis(20),
        region: Some("US".to_owned()),
        page_size: 35,
        params: Params::Query,
        connect_timeout: Duration::from_secs(10),
        request_timeout: Duration::from_secs(30),
        retry: RetryPolicy::API,
        budget: None,
        unnamed_pause: Duration::from_secs(15),
    }
}

fn request() -> PageRequest {
    let creator = CreatorId::parse("MS4wLjABAAAA8fKxxxxxxx").unwrap();
    PageRequest { creator, cursor: "0".to_owned(), walk: 7, fetched_after: 4_000_000_000_000 }
}

struct Stage {
    client: ApiClient,
    counters: Arc<Counters>,
    sends: Sends,
}

impl Stage {
    fn new(replies: impl IntoIterator<Item = Result<RawReply, Unanswered>>, recorder: Arc<dyn Recorder>) -> Self {
        Self::with(settings(), replies, recorder)
    }

    fn with(
        settings: ApiSettings,
        replies: impl IntoIterator<Item = Result<RawReply, Unanswered>>,
        recorder: Arc<dyn Recorder>,
    ) -> Self {
        let (sends, counters) = (Sends::default(), Arc::new(Counters::default()));
        let replies = Mutex::new(replies.into_iter().collect());
        let script = Script { replies, sends: Arc::clone(&sends) };
        let client = ApiClient::over(
            Box::new(script),
            settings,
            recorder,
            Arc::clone(&counters),
            Clock::system(),
            CancellationToken::new(),
        );
        Self { client, counters, sends }
    }

    fn keys_used(&self) -> Vec<usize> {
        self.sends.lock().unwrap().iter().map(|(key, _)| *key).collect()
    }

    /// Sent, ok, rate limited, failed.
    fn counted(&self) -> [u64; 4] {
        let counters = &self.counters;
        [
            counters.requests_sent.get(),
            counters.requests_ok.get(),
            counters.requests_rate_limited.get(),
            counters.requests_failed.get(),
        ]
    }
}

#[tokio::test(start_paused = true)]
async fn every_answer_is_recorded_failed_ones_too_and_their_times_rise() {
    let kept = Arc::new(Kept::default());
    let unreached = Err(Unanswered::Passing("refused".to_owned()));
    let replies = [unreached, reply(503, "<html>"), cut(PAGE), reply(200, r#"{"code":0,"data":{}}"#), reply(200, PAGE)];
    let stage = Stage::new(replies, Arc::clone(&kept) as Arc<dyn Recorder>);
    let page = stage.client.page(&request()).await.unwrap();
    assert_eq!((page.body, page.fetched_at), (Bytes::from(PAGE), 4_000_000_000_004));
    let answers = kept.0.lock().unwrap();
    let times: Vec<i64> = answers.iter().map(|answer| answer.fetched_at - 4_000_000_000_000).collect();
    assert_eq!(times, [1, 2, 3, 4], "one for each answer, none where no answer came");
    let first = &answers[0];
    assert_eq!(
        (first.status, first.body.as_ref(), first.walk, first.page_size),
        (503, &b"<html>"[..], Some(7), Some(35))
    );
    assert_eq!((first.max_cursor.as_deref(), first.region.as_deref()), (Some("0"), Some("US")));
    assert_eq!(answers[1].body, PAGE, "a cut body is kept as far as it came");
    assert_eq!(stage.counted(), [5, 1, 0, 4]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_recorded_is_not_looked_at() {
    let stage = Stage::new([reply(200, REFUSED_KEY)], Arc::new(FullDisk));
    let error = stage.client.page(&request()).await.unwrap_err();
    assert!(matches!(error, SourceError::Record(_)) && error.ends_the_run());
    assert_eq!(stage.counters.keys_retired.get(), 0);
    assert_eq!(stage.counted(), [1, 0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_429_pauses_its_key_as_long_as_the_server_says_and_uses_up_no_attempt() {
    let start = Instant::now();
    let replies = (0..12).map(|_| reply(200, LIMITED)).chain([reply(200, PAGE)]);
    let stage = Stage::new(replies, Arc::new(WithoutRecord));
    stage.client.page(&request()).await.unwrap();
    let sends = stage.sends.lock().unwrap();
    for key in [1, 2] {
        let at: Vec<Instant> = sends.iter().filter(|(used, _)| *used == key).map(|(_, at)| *at).collect();
        assert!(at[0] >= start + Duration::from_secs(1));
        assert!(at.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(15)), "{at:?}");
    }
    assert_eq!(stage.counted(), [13, 1, 12, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_wait_pauses_longer_each_time_and_in_the_end_fails() {
    let stage = Stage::new((0..20).map(|_| reply(429, "")), Arc::new(WithoutRecord));
    stage.client.quota.retire(stage.client.quota.ready().await.unwrap());
    let error = stage.client.page(&request()).await.unwrap_err();
    assert!(matches!(error, SourceError::Exhausted { attempts: 20, .. }), "{error}");
    let sends = stage.sends.lock().unwrap();
    let gaps: Vec<u64> = sends.windows(2).map(|pair| (pair[1].1 - pair[0].1).as_secs()).collect();
    for (gap, least) in gaps.iter().zip([15, 30, 60, 120, 240, 300, 300]) {
        assert!((least..=least + 1).contains(gap), "{gaps:?}");
    }
    assert_eq!(stage.counters.keys_paused.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_retired_and_the_next_one_goes_on() {
    let stage = Stage::new([reply(401, REFUSED_KEY), reply(200, PAGE), reply(200, PAGE)], Arc::new(WithoutRecord));
    stage.client.page(&request()).await.unwrap();
    stage.client.page(&request()).await.unwrap();
    assert_eq!(stage.keys_used(), [1, 2, 2]);
    assert_eq!(stage.counters.keys_retired.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_key_the_error_names_them_by_position() {
    let stage = Stage::new([reply(200, REFUSED_KEY), reply(200, REFUSED_KEY)], Arc::new(WithoutRecord));
    let error = stage.client.page(&request()).await.unwrap_err();
    assert!(matches!(error, SourceError::NoKeyLeft { .. }) && error.ends_the_run());
    assert!(error.to_string().contains("key 1, key 2"), "{error}");
    assert!(matches!(stage.client.page(&request()).await, Err(SourceError::NoKeyLeft { .. })));
    assert_eq!(stage.counted(), [2, 0, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn retries_and_failures_are_paid_from_the_budget_and_nothing_is_sent_beyond_it() {
    let replies = [reply(500, "busy"), reply(200, LIMITED), reply(401, REFUSED_KEY), reply(200, PAGE), reply(500, "")];
    let stage = Stage::with(ApiSettings { budget: Some(5), ..settings() }, replies, Arc::new(WithoutRecord));
    stage.client.page(&request()).await.unwrap();
    for asked in [stage.client.page(&request()).await, stage.client.detail("7528963259874125698", 0).await] {
        let error = asked.unwrap_err();
        assert!(matches!(error, SourceError::BudgetUsed { budget: 5, .. }), "{error}");
    }
    assert_eq!(stage.counted(), [5, 1, 1, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_budget_of_nothing_is_told_at_once() {
    let start = Instant::now();
    let stage = Stage::with(ApiSettings { budget: Some(0), ..settings() }, [], Arc::new(WithoutRecord));
    assert!(matches!(stage.client.page(&request()).await, Err(SourceError::BudgetUsed { budget: 0, .. })));
    assert_eq!((stage.counted(), Instant::now()), ([0; 4], start));
}

#[tokio::test(start_paused = true)]
async fn each_key_is_reported_by_its_position_with_what_the_server_said_of_it() {
    let stage = Stage::new([reply(401, REFUSED_KEY), reply(200, LIMITED)], Arc::new(WithoutRecord));
    let page = tokio::time::timeout(Duration::from_secs(3), stage.client.page(&request())).await;
    assert!(page.is_err(), "the second key is paused");
    let [first, second] = &stage.client.keys()[..] else { panic!("two keys") };
    assert_eq!((first.key, first.sent, first.rate_limited, first.state), (1, 1, 0, KeyState::Retired));
    assert_eq!((second.key, second.sent, second.rate_limited, second.state), (2, 1, 1, KeyState::Paused));
    assert!(first.words.contains("[redacted]") && second.words.contains("wait 15s"), "{first:?} {second:?}");
    let json = serde_json::to_string(second).unwrap();
    assert_eq!(json, r#"{"key":2,"sent":1,"rate_limited":1,"state":"paused"}"#);
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(stage.client.keys()[1].state, KeyState::Active);
}

#[tokio::test(start_paused = true)]
async fn each_refusal_is_final_and_names_its_creator() {
    for (words, is_it) in [
        (
            "max_cursor invalid",
            (|error| matches!(error, SourceError::CursorRefused { .. })) as fn(&SourceError) -> bool,
        ),
        ("sec_user_id not found", |error| matches!(error, SourceError::CreatorRefused { .. })),
        ("region unknown", |error| matches!(error, SourceError::RequestRefused { .. })),
    ] {
        let body = format!("{{\"code\":400,\"msg\":\"{words}\"}}");
        let stage = Stage::new([reply(200, &body)], Arc::new(WithoutRecord));
        let error = stage.client.page(&request()).await.unwrap_err();
        assert!(is_it(&error), "{error:?}");
        let message = error.to_string();
        assert!(message.contains("creator MS4wLjABAAAA8fKxxxxxxx") && message.contains(words), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn failed_answers_are_tried_again_to_the_last_attempt() {
    let stage = Stage::new((0..5).map(|_| reply(200, "<html>")), Arc::new(WithoutRecord));
    let error = stage.client.detail("7528963259874125698", 0).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("video 7528963259874125698 in 5 tries") && message.contains("HTML"), "{message}");
    assert_eq!(stage.counted(), [5, 0, 0, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_request_given_up_midway_is_counted_as_failed() {
    struct Silence;
    #[async_trait]
    impl Transport for Silence {
        async fn send(&self, _ask: &Ask, _key: KeyPosition) -> Result<RawReply, Unanswered> {
            std::future::pending().await
        }
    }
    let counters = Arc::new(Counters::default());
    let recorder = Arc::new(WithoutRecord);
    let client = ApiClient::over(
        Box::new(Silence),
        settings(),
        recorder,
        Arc::clone(&counters),
        Clock::system(),
        CancellationToken::new(),
    );
    let given_up = tokio::time::timeout(Duration::from_mins(1), client.page(&request())).await;
    assert!(given_up.is_err());
    assert_eq!((counters.requests_sent.get(), counters.requests_failed.get()), (1, 1));
}

/// Keeps what a subscriber writes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_the_server_echoes_is_in_no_log_record_or_error() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .with_max_level(tracing::Level::TRACE);
    let guard = tracing::subscriber::set_default(subscriber.finish());
    let kept = Arc::new(Kept::default());
    let echo = |code: u16, key: &str| reply(200, &format!("{{\"code\":{code},\"msg\":\"key {key}, wait 1s\"}}"));
    let replies = [
        echo(429, KEYS[0]),
        echo(500, KEYS[1]),
        echo(401, KEYS[1]),
        reply(503, &format!("{} is busy", KEYS[0])),
        echo(401, KEYS[0]),
    ];
    let stage = Stage::new(replies, Arc::clone(&kept) as Arc<dyn Recorder>);
    let error = stage.client.page(&request()).await.unwrap_err();
    drop(guard);
    assert_eq!(stage.keys_used(), [1, 2, 2, 1, 1]);
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("the API refused key 2"), "{logged}");
    let answers = format!("{:?}", kept.0.lock().unwrap());
    for text in [logged, answers, format!("{error} {error:?}"), format!("{:?}", settings())] {
        assert!(text.contains("[redacted]") && !text.contains("tk_live"), "{text}");
    }
}

type Spoil = fn(&mut ApiSettings);

#[test]
fn settings_are_checked_before_any_request() {
    let wrong: [(Spoil, &str); 6] = [
        (|settings| settings.keys.clear(), "VIRALMINE_API_KEYS"),
        (|settings| settings.keys[1] = Secret::new(""), "API key 2"),
        (|settings| settings.keys[1] = Secret::new("tk_a\nb"), "API key 2"),
        (|settings| settings.keys[1] = Secret::new(KEYS[0]), "keys 1 and 2 are the same"),
        (|settings| settings.rate = f64::NAN, "--rate"),
        (|settings| settings.page_size = 36, "--page-size 36"),
    ];
    for (spoil, named) in wrong {
        let mut settings = settings();
        spoil(&mut settings);
        let made = ApiClient::new(
            settings,
            Arc::new(WithoutRecord),
            Arc::default(),
            Clock::system(),
            CancellationToken::new(),
        );
        let message = made.err().expect("the settings are wrong").to_string();
        assert!(message.contains(named) && !message.contains("tk_"), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_the_quota_and_between_tries_but_not_a_request_that_was_sent() {
    let script = Script { replies: Mutex::new([reply(500, "busy")].into()), sends: Sends::default() };
    let sends = Arc::clone(&script.sends);
    let stop = CancellationToken::new();
    let (recorder, counters) = (Arc::new(Kept::default()), Arc::new(Counters::default()));
    let client = ApiClient::over(Box::new(script), settings(), recorder, counters, Clock::system(), stop.clone());
    let creator = CreatorId::parse("MS4wLjABAAAA8fKxxxxxxx").unwrap();
    let request = PageRequest { creator, cursor: "0".to_owned(), walk: 1, fetched_after: 0 };
    let (page, ()) = tokio::join!(client.page(&request), async {
        while sends.lock().unwrap().is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
        stop.cancel();
    });
    assert!(matches!(page, Err(SourceError::Stopped { .. })), "{page:?}");
    assert!(matches!(client.page(&request).await, Err(SourceError::Stopped { .. })));
    assert_eq!(sends.lock().unwrap().len(), 1, "nothing is sent once stopped");
}
