//! The ledger on disk: doubles, torn lines, what stands, and any use of it; `anew` is about the file made anew.

mod anew;

use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;

use super::*;
use crate::model::event::{Back, Bursting, EventPost, Gone, Happening, NewPost, Renamed, Silent, Who};

const NOW: i64 = 1_750_000_000_000;
const DAY: i64 = 24 * 60 * 60 * 1000;

fn new_post(id: u32) -> Event {
    let post = EventPost { aweme_id: id.to_string(), ..EventPost::default() };
    Event::new(NOW, Happening::NewPost(NewPost { post }))
}

fn creator() -> Who {
    Who { sec_user_id: "MS4w".into(), unique_id: "lily".into() }
}

fn gone(walk: i64) -> Event {
    Event::new(NOW + walk, Happening::Gone(Gone { creator: creator(), walk, reason: "unknown".into() }))
}

fn back(walk: i64) -> Event {
    Event::new(NOW + walk, Happening::Back(Back { creator: creator(), walk, gone_at: 1 }))
}

fn silent(newest_publish_ts: i64) -> Event {
    let silent = Silent { creator: creator(), newest_publish_ts, days: 20.0, usual_days: None };
    Event::new(NOW, Happening::Silent(silent))
}

fn renamed(at: i64, unique_id: &str) -> Event {
    let creator = Who { unique_id: unique_id.into(), ..creator() };
    Event::new(at, Happening::Renamed(Renamed { creator, unique_id_before: "x".into() }))
}

fn bursting(key: &str, window_end: i64) -> Event {
    let bursting = Bursting {
        hashtag: key.into(),
        key: key.into(),
        posts: 1,
        creators: 1,
        recent: 1,
        earlier: 0,
        growth: None,
        window_days: 7,
        window_end,
    };
    Event::new(NOW, Happening::Bursting(bursting))
}

fn ids(batch: &Batch) -> Vec<&str> {
    batch.events.iter().map(|event| event.id.as_str()).collect()
}

fn open(folder: &Path) -> EventLedger {
    EventLedger::open(folder, NOW).unwrap()
}

#[test]
fn events_are_sent_and_shown_once_each() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let events = [new_post(1), new_post(2), new_post(1)];
    assert_eq!(ledger.append(&events, true, NOW).unwrap(), 2);
    assert_eq!(ledger.append(&events, true, NOW).unwrap(), 0);
    assert_eq!(ledger.append(&[new_post(3)], false, NOW).unwrap(), 1, "without a receiver");
    assert_eq!((ledger.waiting(), ledger.unshown()), (2, 3));
    let first = ledger.to_send(0, 1).unwrap();
    assert_eq!(ids(&first), ["new-post:1"]);
    assert_eq!(ids(&ledger.to_send(first.next, 9).unwrap()), ["new-post:2"]);
    ledger.delivered(&first.events, NOW).unwrap();
    let ledger = open(folder.path());
    assert_eq!(ids(&ledger.to_send(0, 9).unwrap()), ["new-post:2"]);
    ledger.shown(&new_post(2), NOW).unwrap();
    let ledger = open(folder.path());
    assert_eq!(ids(&ledger.to_show(0, 9).unwrap()), ["new-post:3"]);
    assert_eq!(ledger.to_show(0, 9).unwrap().events, [new_post(3)]);
    assert_eq!(ledger.append(&[new_post(2)], true, NOW).unwrap(), 0, "known, whatever became of it");
}

#[test]
fn a_refused_event_is_shown_but_not_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let events = [new_post(1), new_post(2)];
    let ledger = open(folder.path());
    ledger.append(&events, true, NOW).unwrap();
    ledger.refused(&events[0], 413, NOW).unwrap();
    let opened: [fn(&Path) -> EventLedger; 2] = [open, |folder| compacted(folder, NOW)];
    for open in opened {
        let ledger = open(folder.path());
        assert_eq!(ids(&ledger.to_send(0, 9).unwrap()), ["new-post:2"]);
        assert_eq!(ids(&ledger.to_show(0, 9).unwrap()), ["new-post:1", "new-post:2"]);
        assert!(ledger.knows("new-post:1"));
    }
}

/// Files that were written before events could be refused.
#[test]
fn what_an_earlier_version_wrote_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let seed = include_str!("../../../tests/fuzz/seeds/events/every");
    let earlier: String = seed.lines().filter(|line| !line.contains("refused")).flat_map(|line| [line, "\n"]).collect();
    fs::write(EventLedger::path_in(folder.path()), earlier).unwrap();
    // Soon, so that nothing in it has waited for too long.
    let ledger = EventLedger::open(folder.path(), 7).unwrap();
    assert_eq!((ledger.waiting(), ledger.unshown()), (7, 5));
    assert!(ledger.knows("outlier:2") && ledger.standing(|standing| standing.begun));
}

#[test]
fn what_stands_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let appended = |event: Event| open(folder.path()).append(&[event], false, NOW).unwrap();
    assert_eq!(appended(back(1)), 0, "it was never gone");
    assert_eq!([appended(gone(2)), appended(gone(3)), appended(back(4)), appended(gone(5))], [1, 0, 1, 1]);
    assert_eq!([appended(silent(7)), appended(silent(7)), appended(silent(8))], [1, 0, 1]);
    assert_eq!([appended(renamed(1, "b")), appended(renamed(2, "b")), appended(renamed(3, "a"))], [1, 0, 1]);
    assert_eq!([appended(bursting("x", 1)), appended(bursting("x", 9_000_000))], [1, 0], "still");
    open(folder.path()).bursting(vec!["y".into()], NOW).unwrap();
    assert_eq!([appended(bursting("x", 9_000_000)), appended(bursting("y", 9_000_000))], [1, 0], "again");
    assert!(!open(folder.path()).standing(|standing| standing.begun));
    open(folder.path()).begun(NOW).unwrap();
    let standing = open(folder.path()).standing(Clone::clone);
    assert!(standing.begun && standing.gone.contains_key("MS4w"), "{standing:?}");
}

#[test]
fn a_torn_line_takes_nothing_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = EventLedger::path_in(folder.path());
    open(folder.path()).append(&[new_post(1), new_post(2)], true, NOW).unwrap();
    let whole = fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let ledger = open(folder.path());
        // The line is whole without its end, too.
        let ends = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
        let left = ends.filter(|end| cut >= *end).count();
        assert_eq!(ledger.waiting(), left as u64, "cut at {cut}");
        assert_eq!(ledger.append(&[new_post(1), new_post(2)], true, NOW).unwrap(), 2 - left, "cut at {cut}");
        let ledger = open(folder.path());
        assert_eq!(ids(&ledger.to_send(0, 9).unwrap()), ["new-post:1", "new-post:2"], "cut at {cut}");
    }
}

fn compacted(folder: &Path, now: i64) -> EventLedger {
    let ledger = open(folder);
    {
        let mut open = ledger.lock();
        compact::compact(open.file.path(), &open.memory, now).unwrap();
        *open = Open::read(folder).unwrap();
    }
    ledger
}

#[test]
fn some_that_wait_are_drawn_of_all_but_for_those_that_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let some = |besides: &[u32], most| -> Vec<String> {
        let besides: Vec<String> = besides.iter().map(|&id| new_post(id).id).collect();
        ledger.some_to_send(&besides, most).unwrap().into_iter().map(|event| event.id).collect()
    };
    assert!(some(&[], 8).is_empty());
    ledger.append(&(0..10).map(new_post).collect::<Vec<_>>(), true, NOW).unwrap();
    ledger.delivered(&[new_post(9)], NOW).unwrap();
    assert_eq!((some(&[], 1), some(&[8], 1)), (vec!["new-post:8".to_owned()], vec!["new-post:7".to_owned()]));
    let mut drawn = BTreeSet::new();
    for _ in 0..1_000 {
        let some = some(&[1, 2, 3], 3);
        assert_eq!((some.len(), some[0].as_str()), (3, "new-post:8"));
        drawn.extend(some);
    }
    let each: BTreeSet<String> = [0, 4, 5, 6, 7, 8].map(|id| new_post(id).id).into();
    assert_eq!(drawn, each, "each has its turn, sooner or later");
    assert_eq!(some(&[1, 2, 3], 20).into_iter().collect::<BTreeSet<_>>(), each);
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<u32>, bool),
    TakeAsKnown(u32),
    SendAndRecord(usize),
    Refuse,
    Show(usize),
    Reopen,
    Compact,
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0_u32..30;
    prop_oneof![
        4 => (proptest::collection::vec(id.clone(), 0..6), any::<bool>()).prop_map(|(ids, send)| Step::Append(ids, send)),
        1 => id.prop_map(Step::TakeAsKnown),
        2 => (1_usize..5).prop_map(Step::SendAndRecord),
        1 => Just(Step::Refuse),
        2 => (1_usize..5).prop_map(Step::Show),
        1 => Just(Step::Reopen),
        1 => Just(Step::Compact),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn however_it_is_used_each_event_is_sent_and_shown_once(steps in proptest::collection::vec(step(), 1..24)) {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = open(folder.path());
        let (mut known, mut waiting, mut unshown) = (BTreeSet::new(), Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Append(numbers, send) => {
                    let events: Vec<Event> = numbers.into_iter().map(new_post).collect();
                    ledger.append(&events, send, NOW).unwrap();
                    for event in events {
                        if known.insert(event.id.clone()) {
                            unshown.push(event.id.clone());
                            waiting.extend(send.then_some(event.id));
                        }
                    }
                }
                Step::TakeAsKnown(id) => {
                    let id = new_post(id).id;
                    ledger.take_as_known(std::slice::from_ref(&id), NOW).unwrap();
                    known.insert(id);
                }
                Step::SendAndRecord(most) => {
                    let batch = ledger.to_send(0, most).unwrap();
                    prop_assert_eq!(ids(&batch), &waiting[..most.min(waiting.len())]);
                    ledger.delivered(&batch.events, NOW).unwrap();
                    waiting.drain(..batch.events.len());
                }
                Step::Refuse => {
                    if let [first] = &ledger.to_send(0, 1).unwrap().events[..] {
                        ledger.refused(first, 400, NOW).unwrap();
                        waiting.remove(0);
                    }
                }
                Step::Show(most) => {
                    let batch = ledger.to_show(0, most).unwrap();
                    prop_assert_eq!(ids(&batch), &unshown[..most.min(unshown.len())]);
                    if let Some(last) = batch.events.last() {
                        ledger.shown(last, NOW).unwrap();
                    }
                    unshown.drain(..batch.events.len());
                }
                Step::Reopen => ledger = open(folder.path()),
                Step::Compact => ledger = compacted(folder.path(), NOW),
            }
            prop_assert_eq!((ledger.waiting(), ledger.unshown()), (waiting.len() as u64, unshown.len() as u64));
            let newest = ledger.some_to_send(&[], 1).unwrap().pop().map(|event| event.id);
            prop_assert_eq!(newest.as_ref(), waiting.last());
        }
        prop_assert!(known.iter().all(|id| ledger.knows(id)) && !ledger.knows("new-post:31"));
    }

    #[test]
    fn any_bytes_are_read_line_by_line(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 0..12),
    ) {
        let mut bytes = include_bytes!("../../../tests/fuzz/seeds/events/every").to_vec();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => {
                    bytes.remove(at);
                }
            }
        }
        let mut lines = crate::archive::fuzzing::ledger_of_file(bytes.clone());
        let (mut memory, mut answers) = (Memory::default(), 0);
        while let Some(read) = lines.next() {
            answers += 1;
            let Ok((offset, line)) = read else { continue };
            let begin = usize::try_from(offset).unwrap();
            prop_assert_eq!(&bytes[begin..begin + lines.raw().len()], lines.raw());
            let mut written = Vec::new();
            line.write(&mut written).unwrap();
            let again = crate::archive::fuzzing::ledger_of_file(written).next().unwrap().unwrap();
            prop_assert_eq!(&again, &(0, line.clone()));
            memory.take(offset, lines.raw().len() + 1, line);
        }
        let filled = bytes.split(|&byte| byte == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace)).count();
        prop_assert_eq!(answers, filled, "one answer for each line");
    }
}
