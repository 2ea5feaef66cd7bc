//! The file made anew: what it keeps, when it is due, and what is given up with it.

use super::*;

#[test]
fn the_file_made_anew_is_short_and_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = EventLedger::path_in(folder.path());
    let ledger = open(folder.path());
    let events: Vec<Event> = (0..3_000).map(new_post).collect();
    ledger.append(&events, true, NOW).unwrap();
    for batch in events[..2_900].chunks(100) {
        ledger.delivered(batch, NOW).unwrap();
    }
    ledger.shown(&events[2_949], NOW).unwrap();
    let length = || fs::metadata(&path).unwrap().len();
    let long = length();
    assert!(long < SMALL_FOR_TESTS, "{long}");
    let known = format!("{{\"at\":{NOW},\"of_a_newer_program\":1}}\n{{\"torn");
    fs::write(&path, [fs::read(&path).unwrap(), known.into_bytes()].concat()).unwrap();
    let ledger = compacted(folder.path(), NOW);
    assert!(length() < long / 8, "{} of {long}", length());
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("of_a_newer_program") && !text.contains("torn"));
    assert_eq!((ledger.waiting(), ledger.unshown()), (100, 50));
    assert_eq!(ledger.append(&events, true, NOW).unwrap(), 0);
    let later = compacted(folder.path(), NOW + KEPT_FOR + DAY + 1);
    assert_eq!((later.waiting(), later.unshown()), (0, 0), "what nobody took in all that time is given up");
    assert_eq!(later.append(&events[..5], true, NOW).unwrap(), 5, "ids expire");
}

const SMALL_FOR_TESTS: u64 = 1 << 20;

#[test]
fn a_file_that_grew_is_made_anew_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let events: Vec<Event> = (0..8_000).map(new_post).collect();
    ledger.append(&events, false, NOW).unwrap();
    let length = || fs::metadata(EventLedger::path_in(folder.path())).unwrap().len();
    let long = length();
    ledger.compact_if_due(NOW).unwrap();
    assert_eq!(length(), long, "all of it is needed");
    ledger.shown(&events[7_999], NOW).unwrap();
    ledger.compact_if_due(NOW).unwrap();
    assert!(length() < long / 4, "{} of {long}", length());
    assert_eq!(ledger.append(&[new_post(8_000)], true, NOW).unwrap(), 1);
    assert_eq!(ids(&ledger.to_send(0, 9).unwrap()), ["new-post:8000"], "it goes on with the new file");
}

#[test]
fn what_nobody_takes_is_given_up_however_small_the_file_is() {
    const HOUR: i64 = DAY / 24;
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    for (hours, id) in [(0, 1), (1, 2), (30, 3)] {
        ledger.append(&[new_post(id)], true, NOW + hours * HOUR).unwrap();
    }
    let waiting_after = |hours: i64| {
        ledger.compact_if_due(NOW + KEPT_FOR + hours * HOUR).unwrap();
        ledger.waiting()
    };
    assert_eq!(waiting_after(0), 3);
    assert_eq!(waiting_after(1), 2, "the first one waited for longer");
    assert_eq!(waiting_after(2), 2, "the file is not made anew each hour");
    assert_eq!(waiting_after(26), 1);
    assert_eq!(ids(&ledger.to_send(0, 9).unwrap()), ["new-post:3"]);
    assert_eq!((waiting_after(27), waiting_after(1_000)), (1, 0));
}

fn wordy(id: u32, text: &str) -> Event {
    let post = EventPost { aweme_id: id.to_string(), text: text.into(), ..EventPost::default() };
    Event::new(NOW, Happening::NewPost(NewPost { post }))
}

/// What the memory says is needed, and the file's length once it holds no more than that.
fn needed_and_length(folder: &Path) -> (u64, u64) {
    let ledger = compacted(folder, NOW);
    let open = ledger.lock();
    assert_eq!(open.length, fs::metadata(open.file.path()).unwrap().len());
    (open.memory.bytes_needed(), open.length)
}

#[test]
fn what_is_needed_is_counted_in_bytes() {
    let is_about = |(needed, length): (u64, u64)| length.abs_diff(needed) < 200 + length / 50;
    // 200 characters, 800 bytes.
    let long = "\u{20bb7}".repeat(200);
    for (text, send) in [("", true), ("", false), (long.as_str(), true), (long.as_str(), false)] {
        let folder = tempfile::tempdir().unwrap();
        let ledger = open(folder.path());
        let events: Vec<Event> = (0..200).map(|id| wordy(id, text)).collect();
        ledger.append(&events, send, NOW).unwrap();
        let of_all = needed_and_length(folder.path());
        assert!(is_about(of_all), "{of_all:?}");
        let ledger = open(folder.path());
        ledger.shown(&events[199], NOW).unwrap();
        ledger.delivered(&events[100..], NOW).unwrap();
        let of_half = needed_and_length(folder.path());
        assert!(is_about(of_half), "{of_half:?}");
        let left: u64 = if send { of_all.1 / 3 } else { 0 };
        assert!((left..of_all.1 * 2 / 3).contains(&of_half.1), "{of_half:?} of {of_all:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let silent = |id: u32| {
        let creator = Who { sec_user_id: format!("{}{id}", "MS4w".repeat(18)), unique_id: String::new() };
        let what = Silent { creator, newest_publish_ts: 17, days: 20.0, usual_days: None };
        Event::new(NOW, Happening::Silent(what))
    };
    let events: Vec<Event> = (0..200).map(silent).collect();
    ledger.append(&events, false, NOW).unwrap();
    ledger.shown(&events[199], NOW).unwrap();
    let foreign = format!("{{\"at\":{NOW},\"of_a_newer_program\":{:?}}}\n", "值".repeat(10_000));
    fs::write(
        EventLedger::path_in(folder.path()),
        [fs::read(EventLedger::path_in(folder.path())).unwrap(), foreign.into()].concat(),
    )
    .unwrap();
    let of_standing = needed_and_length(folder.path());
    assert!(is_about(of_standing) && of_standing.1 > 50_000, "{of_standing:?}");
}

#[test]
fn a_file_of_long_texts_that_wait_is_not_made_anew_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let events: Vec<Event> = (0..1_200).map(|id| wordy(id, &"\u{20bb7}".repeat(400))).collect();
    ledger.append(&events, true, NOW).unwrap();
    ledger.shown(&events[1_199], NOW).unwrap();
    let text = || fs::read_to_string(EventLedger::path_in(folder.path())).unwrap();
    assert!(text().len() as u64 > SMALL_FOR_TESTS && text().contains("\"shown\""));
    ledger.compact_if_due(NOW).unwrap();
    assert!(text().contains("\"shown\""), "all of it is needed");
}
