//! Never a request more than the budget, counted at the receiving side.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio_util::sync::CancellationToken;
use viralmine::model::{Counters, CreatorId, Secret, WithoutRecord};
use viralmine::simulator::{Simulator, SimulatorOptions};
use viralmine::source::{ApiClient, ApiSettings, ApiUrl, PageRequest, SourceError, VideoSource};
use viralmine::throttle::clock::Clock;
use viralmine::throttle::retry::RetryPolicy;

use crate::command_line::shell::{KEY, Shell};
use crate::support::run::{quick, simulator};

const BUDGET: u64 = 40;

/// Asks a creator's pages, the first one again and again, until the budget ends it.
async fn ask_until_the_end(client: Arc<ApiClient>, creator: CreatorId) -> SourceError {
    let request = PageRequest { creator, cursor: "0".to_owned(), walk: 1, fetched_after: 0 };
    loop {
        match client.page(&request).await {
            Ok(_) | Err(SourceError::Exhausted { .. }) => {}
            Err(error) => return error,
        }
    }
}

fn client(simulator: &Simulator, counters: &Arc<Counters>) -> ApiClient {
    let keys = vec![Secret::new("one"), Secret::new("two")];
    let settings = ApiSettings {
        rate: 5_000.0,
        quota_margin: Duration::ZERO,
        retry: RetryPolicy { first: Duration::from_millis(1), longest: Duration::from_millis(2), ..RetryPolicy::API },
        budget: Some(BUDGET),
        ..ApiSettings::new(ApiUrl::parse(&simulator.url()).unwrap(), keys)
    };
    let recorder = Arc::new(WithoutRecord);
    ApiClient::new(settings, recorder, Arc::clone(counters), Clock::system(), CancellationToken::new()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_send_all_of_it_and_not_one_more() {
    let faults = "500=0.3,cut=0.1,seed=5".parse().unwrap();
    let simulator = simulator(SimulatorOptions { faults, ..quick() }).await;
    let counters = Arc::new(Counters::default());
    let client = Arc::new(client(&simulator, &counters));
    let asking = simulator.creators().into_iter().map(|creator| ask_until_the_end(Arc::clone(&client), creator));
    for error in join_all(asking.map(tokio::spawn)).await {
        let error = error.unwrap();
        assert!(matches!(error, SourceError::BudgetUsed { budget: BUDGET, .. }), "{error}");
    }
    assert_eq!((simulator.observed().total(), counters.requests_sent.get()), (BUDGET, BUDGET));
    assert!(counters.requests_failed.get() > 0, "failed requests are paid, too");
}

#[tokio::test]
async fn the_flag_and_the_files_key_are_obeyed_by_a_backfill() {
    let options = SimulatorOptions { keys: vec![Secret::new(KEY)], creators: 8, ..quick() };
    let simulator = simulator(options).await;
    let shell = Shell::with_api(&simulator);
    shell.write("viralmine.toml", "budget = 5\n");
    let by_file = shell.backfill(&["--creators", "creators.txt"]).await;
    assert_eq!(by_file.json()["requests"]["sent"], 5);
    assert_eq!(simulator.observed().total(), 5);
    let nothing = shell.backfill(&["--creators", "creators.txt", "--budget", "0"]).await;
    assert_eq!(nothing.json()["requests"]["sent"], 0);
    assert_eq!(simulator.observed().total(), 5, "the flag comes before the file");
}
