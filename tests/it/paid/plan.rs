//! `backfill --plan`: asks no API, makes nothing, and agrees with what the run then does.

use serde_json::Value;
use viralmine::pipeline::Bounds;
use viralmine::settings::store::StorePlace;
use viralmine::simulator::{Simulator, SimulatorOptions};

use crate::command_line::shell::{Shell, contents};
use crate::support::place::{Place, on_both_stores};
use crate::support::run::{Run, quick, simulator};

on_both_stores!(a_plan_reads_what_is_stored_and_agrees_with_the_run);

/// A shell without API and key, which knows the simulator's creators.
fn shell(simulator: &Simulator) -> Shell {
    let shell = Shell::new();
    let lines: Vec<String> = simulator.creators().iter().map(ToString::to_string).collect();
    shell.write("creators.txt", &lines.join("\n"));
    shell
}

async fn plan(shell: &Shell, place: &Place, more: &[&str]) -> Value {
    let data_dir = place.settings.data_dir.to_str().unwrap();
    let mut arguments = vec!["backfill", "--plan", "--creators", "creators.txt", "--format", "json"];
    arguments.extend(["--data-dir", data_dir, "--index-prefix", &place.settings.prefix]);
    if let StorePlace::Elastic(elastic) = &place.settings.place {
        arguments.extend(["--store", elastic.url.as_str()]);
    }
    shell.run(&[&arguments, more].concat()).await.succeeded().json()
}

async fn a_plan_reads_what_is_stored_and_agrees_with_the_run(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 9, videos: 90, ..quick() }).await;
    let shell = shell(&simulator);
    let before = plan(&shell, &place, &["--max-pages", "1", "--price-per-request", "0.5"]).await;
    assert_eq!((&before["creators"]["begin"], &before["requests"]["most"]), (&9.into(), &9.into()));
    assert_eq!(before["money"]["estimate"], 4.5);
    assert_eq!(before["assumed"]["page_bytes_measured"], false);
    assert!(contents(&place.settings.data_dir).is_empty(), "a plan makes nothing");

    let mut first_pages = Run::new(&place, &simulator);
    first_pages.bounds = Bounds { max_pages: Some(1), ..Bounds::default() };
    assert_eq!(first_pages.run().await.report.requests.sent, 9);
    // But for the note of which files of the index were found whole.
    let files = || {
        let files = contents(&place.settings.data_dir);
        files.iter().filter(|(path, _)| !path.ends_with(".verified.json")).count()
    };
    let before = files();
    let open = plan(&shell, &place, &[]).await;
    let (done, go_on) = (open["creators"]["done"].as_u64().unwrap(), open["creators"]["go_on"].as_u64().unwrap());
    assert!(go_on > 0 && done + go_on == 9, "{open}");
    assert_eq!((&open["requests"]["least"], &open["requests"]["estimate"]), (&go_on.into(), &Value::Null), "{open}");
    assert_eq!(open["assumed"]["page_bytes_measured"], true);
    assert_eq!(files(), before, "and leaves nothing behind");

    let rest = Run::new(&place, &simulator).run().await.report;
    assert!(rest.requests.sent >= go_on);
    let finished = plan(&shell, &place, &["--refresh"]).await;
    assert_eq!((&finished["creators"]["begin"], &finished["assumed"]["known_walks"]), (&9.into(), &9.into()));
    assert_eq!(finished["requests"]["estimate"], rest.requests.sent + 9, "the same walks again");
    assert_eq!(plan(&shell, &place, &[]).await["creators"]["done"], 9);
}

#[tokio::test]
async fn a_plan_needs_neither_api_nor_key_nor_store() {
    let simulator = simulator(quick()).await;
    let shell = shell(&simulator);
    let arguments = ["backfill", "--plan", "--creators", "creators.txt"];
    let text = shell.run(&arguments).await.succeeded();
    for words in
        ["creators   12 to begin, 0 to go on", "requests   at least 12;", "--max-pages 1", "2.94 requests a second"]
    {
        assert!(text.stdout.contains(words), "no {words:?} in {}", text.stdout);
    }
    let keys = shell.set("VIRALMINE_API_KEYS", "one,two").set("VIRALMINE_API_URL", &simulator.url());
    let faster = keys.run(&arguments).await.succeeded();
    assert!(faster.stdout.contains("5.88 requests a second"), "{}", faster.stdout);
    assert_eq!((keys.entries(), simulator.observed().total()), (vec!["creators.txt".to_owned()], 0));
    keys.run(&["backfill", "--creators", "creators.txt", "--price-per-request", "1"]).await.ends(2, &["--plan"]);
    let negative = [&arguments[..], &["--price-per-request=-1"]].concat();
    keys.run(&negative).await.ends(2, &["--price-per-request -1 is no price"]);
}

#[tokio::test]
async fn a_plan_can_be_made_beside_a_run() {
    let simulator = simulator(SimulatorOptions { creators: 2, ..quick() }).await;
    let place = Place::embedded();
    let writer = place.writer().await;
    assert_eq!(plan(&shell(&simulator), &place, &[]).await["creators"]["begin"], 2);
    drop(writer);
}
