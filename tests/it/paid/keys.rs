//! One key of three is refused: the others go on, and the report names it by position.

use viralmine::model::Secret;
use viralmine::simulator::SimulatorOptions;

use crate::command_line::shell::Shell;
use crate::support::run::{quick, simulator};

#[tokio::test]
async fn a_refused_key_is_named_by_position_and_the_run_goes_on() {
    let keys = vec![Secret::new("tk_live_good_1"), Secret::new("tk_live_good_3")];
    let simulator = simulator(SimulatorOptions { keys, creators: 6, ..quick() }).await;
    let shell = Shell::with_api(&simulator).set("VIRALMINE_API_KEYS", "tk_live_good_1,tk_live_bad_2,tk_live_good_3");
    let ended = shell.backfill(&["--creators", "creators.txt"]).await.ends(0, &["the API refused key 2"]);
    assert!(!format!("{ended:?}").contains("tk_live"), "{ended:?}");
    let report = ended.json();
    assert_eq!(report["creators"]["done"], 6);
    let states: Vec<_> = report["keys"].as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["active", "retired", "active"]);
    let sent = |position: usize| report["keys"][position]["sent"].as_u64().unwrap();
    assert_eq!(report["keys"][1]["key"], 2);
    // Those under way when the refusal came were sent already.
    assert!((1..sent(0)).contains(&sent(1)) && sent(2) > 0, "{report}");
    assert_eq!(sent(0) + sent(1) + sent(2), report["requests"]["sent"].as_u64().unwrap());

    let text = shell.run(&["backfill", "--rate", "1000", "--refresh", "--creators", "creators.txt"]).await.succeeded();
    assert!(text.stdout.contains("\nkey 2      refused by the API, replace it: "), "{}", text.stdout);
    assert!(!text.stdout.contains("key 1") && !text.stdout.contains("key 3"), "{}", text.stdout);
}
