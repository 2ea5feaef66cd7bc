//! What counters and rates say of the time that is left.

use super::*;

#[test]
fn the_time_left_follows_from_pages_a_creator() {
    assert_eq!(time_left(100, 0, 0, 0, 3.0), None);
    assert_eq!(time_left(0, 100, 0, 300, 3.0), None);
    assert_eq!(time_left(50, 50, 0, 150, 3.0), Some(Duration::from_secs(50)));
    // 6 done and 40 half done have had 78 pages: 3 each, of which 60 + 222 are to come.
    assert_eq!(time_left(114, 6, 40, 78, 3.0), Some(Duration::from_secs(94)));
}

#[test]
fn creators_that_an_earlier_run_had_done_say_nothing_of_the_time_left() {
    let counters = Counters::default();
    counters.creators_total.set(1_000);
    counters.creators_done.set(910);
    counters.creators_unasked.set(900);
    counters.pages.set(100);
    counters.requests_sent.set(100);
    let left =
        Snapshot::of(&counters, Quota { per_second: 3.0, subjects: "creators" }, &mut Rates::new()).left.unwrap();
    // 90 creators of 10 pages each, at the 100 requests that came in the (at least) 0.1 s so far.
    assert!(left >= Duration::from_millis(900), "{left:?}");
}

#[test]
fn programs_get_a_lines_figures_as_numbers() {
    let counters = Counters::default();
    counters.creators_total.set(10);
    counters.creators_done.set(3);
    counters.requests_sent.set(40);
    counters.documents_fetched.set(1_300);
    counters.documents_stored.set(1_200);
    counters.documents_waiting.set(100);
    counters.videos_to_score.set(5);
    counters.bytes_to_read.set(7);
    let now = Snapshot::of(&counters, Quota { per_second: 3.0, subjects: "creators" }, &mut Rates::new());
    let (fetched, read, scored) = (now.figures(), figures::reading(&counters), figures::scoring(&counters));
    assert_eq!((&fetched["creators"]["total"], &fetched["creators"]["done"]), (&10.into(), &3.into()));
    assert_eq!((&fetched["requests"]["sent"], &fetched["documents"]["stored"]), (&40.into(), &1_200.into()));
    assert_eq!((&fetched["waiting"]["documents"], &read["bytes"]["total"]), (&100.into(), &7.into()));
    assert_eq!((&read["documents"]["fetched"], &scored["videos"]["total"]), (&1_300.into(), &5.into()));
    assert!(fetched["quota_used"].is_number() && fetched["stored_per_second"].is_number());
}
