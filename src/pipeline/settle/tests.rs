//! The algebra of settlement: order, completeness, counts.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::model::{DocumentHead, WalkEnd};

fn creator(number: usize) -> CreatorId {
    CreatorId::parse(&format!("MS4wLjABAAAAcreator{number:04}")).unwrap()
}

fn step(creator: &CreatorId, number: u64, documents: usize, last: bool) -> WalkStep {
    WalkStep {
        creator: creator.clone(),
        base: (number == 0).then(|| Checkpoint::new(creator, 1)),
        documents: (0..documents)
            .map(|document| DocumentHead {
                id: format!("{number}-{document}"),
                source: 0..0,
                publish_ts: None,
                pinned: false,
            })
            .collect(),
        sources: Bytes::new(),
        version: 1,
        progress: Progress {
            asked_cursor: number.to_string(),
            next_cursor: Some((number + 1).to_string()),
            end: last.then_some(WalkEnd::End),
            pages: 1,
            received: documents as u64,
            fetched_at: 100 + i64::try_from(number).unwrap(),
            ..Progress::default()
        },
        reservation: None,
        saved: None,
    }
}

#[test]
fn a_later_page_waits_for_the_earlier_one() {
    let (mut settlement, creator) = (Settlement::default(), creator(1));
    let first = settlement.register(&mut step(&creator, 0, 1, false));
    let second = settlement.register(&mut step(&creator, 1, 1, true));
    settlement.verdict(&second, "1-0", &Verdict::Stored { new: true }, 1, b"{}");
    assert!(!settlement.has_settled());
    settlement.verdict(&first, "0-0", &Verdict::Superseded, 1, b"{}");
    let checkpoint = settlement.take_settled(50).checkpoints.remove(0);
    assert_eq!((checkpoint.cursor.as_str(), checkpoint.end, checkpoint.pages), ("2", Some(WalkEnd::End), 2));
    assert_eq!((checkpoint.stored, checkpoint.superseded, checkpoint.updated_at), (1, 1, 50));
}

#[test]
fn a_refused_document_leaves_with_the_checkpoint_that_passes_it() {
    let (mut settlement, creator) = (Settlement::default(), creator(1));
    let first = settlement.register(&mut step(&creator, 0, 1, false));
    let second = settlement.register(&mut step(&creator, 1, 1, false));
    settlement.verdict(&second, "1-0", &Verdict::Refused("strict".into()), 2, b"{\"a\":1}");
    assert!(settlement.take_settled(5).dead_letters.is_empty());
    settlement.verdict(&first, "0-0", &Verdict::Stored { new: true }, 1, b"{}");
    let settled = settlement.take_settled(6);
    let letter = &settled.dead_letters[0];
    assert_eq!((letter.reason.as_str(), letter.attempts, letter.document.as_ref()), ("strict", 2, &b"{\"a\":1}"[..]));
    assert_eq!((letter.max_cursor.as_deref(), letter.fetched_at, letter.at), (Some("1"), 101, 6));
    assert_eq!(settled.checkpoints[0].dead, 1);
}

#[test]
fn a_step_without_documents_settles_at_once_and_versions_rise() {
    let (mut settlement, creator) = (Settlement::default(), creator(1));
    settlement.register(&mut step(&creator, 0, 0, false));
    assert_eq!(settlement.take_settled(10).checkpoints[0].updated_at, 10);
    settlement.register(&mut step(&creator, 1, 0, true));
    assert_eq!(settlement.take_settled(10).checkpoints[0].updated_at, 11);
    assert!(settlement.walks.is_empty(), "a walk that is over is forgotten");
}

#[test]
fn who_waits_for_a_checkpoint_is_told_when_what_settled_is_released() {
    let (mut settlement, creator) = (Settlement::default(), creator(1));
    let (saved, mut told) = oneshot::channel();
    settlement.register(&mut WalkStep { saved: Some(saved), ..step(&creator, 0, 0, false) });
    let settled = settlement.take_settled(1);
    assert!(told.try_recv().is_err(), "not before it is written");
    settled.held.into_iter().for_each(Held::release);
    assert!(told.try_recv().is_ok());
}

proptest! {
    /// Whatever the order of verdicts, the checkpoint stands behind the first page that is not done, and its
    /// counts are those of the pages before it.
    #[test]
    fn the_checkpoint_is_the_longest_done_prefix(
        sizes in prop::collection::vec(0_usize..4, 1..12),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let (mut settlement, creator) = (Settlement::default(), creator(7));
        let mut missing: Vec<(usize, Ticket)> = Vec::new();
        for (number, &size) in sizes.iter().enumerate() {
            let ticket = settlement.register(&mut step(&creator, number as u64, size, false));
            missing.extend((0..size).map(|_| (number, ticket.clone())));
        }
        let mut newest = settlement.take_settled(1).checkpoints.pop();
        for index in order {
            if missing.is_empty() { break; }
            let (_, ticket) = missing.swap_remove(index.index(missing.len()));
            settlement.verdict(&ticket, "x", &Verdict::Stored { new: true }, 1, b"{}");
            if let Some(checkpoint) = settlement.take_settled(1).checkpoints.pop() {
                prop_assert!(newest.as_ref().is_none_or(|before| before.updated_at < checkpoint.updated_at));
                newest = Some(checkpoint);
            }
        }
        let done = missing.iter().map(|(number, _)| *number).min().unwrap_or(sizes.len());
        prop_assert_eq!(newest.as_ref().map_or(0, |checkpoint| checkpoint.pages), done as u64);
        let documents: usize = sizes[..done].iter().sum();
        prop_assert_eq!(newest.as_ref().map_or(0, |checkpoint| checkpoint.stored), documents as u64);
    }
}
