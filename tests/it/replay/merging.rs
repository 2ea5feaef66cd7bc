//! Lists and details of the same posts, in any order and any number of files: what a replay stores is what they say
//! together.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use viralmine::normalize::{PageContext, documents, merge};

use crate::support::memory::MemoryStore;
use crate::support::place::{Place, on_both_stores};
use crate::support::records::{CREATOR, detail_record, detailed, id_of, list_record, post, write};
use crate::support::rerun::Replaying;

on_both_stores!(
    a_list_and_its_later_details_are_one_document_under_the_newest_time,
    a_detail_of_another_archive_erases_nothing_that_is_stored,
);

async fn a_list_and_its_later_details_are_one_document_under_the_newest_time(place: Place) {
    let data = &place.settings.data_dir;
    let records = [
        detail_record(3_000, &detailed(1, 30)),
        list_record(2_000, &[post(1, 20), post(2, 20)]),
        detail_record(1_000, &detailed(2, 10)),
        list_record(1_500, &[post(1, 15)]),
        detail_record(2_500, &detailed(3, 25)),
    ];
    let file = write(data, "mixed.ndjson", &records);
    for _ in 0..2 {
        let replay = Replaying::of(&[&file], data).into_place(&place).await;
        let counts = replay.report.documents;
        assert_eq!((counts.fetched, counts.stored, counts.superseded), (6, 3, 3), "{counts:?}");
        let stored = place.documents().await;
        let field = |id: u32, pointer: &str| stored[&id_of(id)].pointer(pointer).cloned().unwrap_or_default();
        assert_eq!((field(1, "/stats/play"), field(1, "/fetched_at")), (json!(30), json!(3_000)));
        assert_eq!((field(1, "/author_info/uid"), field(1, "/sec_user_id")), (json!("5"), json!(CREATOR)));
        assert_eq!(field(1, "/hashtags"), json!(["tag20"]), "the newest list's, not the older one's");
        assert_eq!(
            (field(2, "/stats/play"), field(2, "/fetched_at")),
            (json!(20), json!(2_000)),
            "an older detail says nothing"
        );
        assert_eq!((field(3, "/stats/play"), field(3, "/author_info")), (json!(25), Value::Null));
    }
}

async fn a_detail_of_another_archive_erases_nothing_that_is_stored(place: Place) {
    let data = &place.settings.data_dir;
    let lists = write(data, "lists.ndjson", &[list_record(2_000, &[post(1, 20)])]);
    let details = write(data, "details.ndjson", &[detail_record(3_000, &detailed(1, 30))]);
    Replaying::of(&[&lists], data).into_place(&place).await;
    for _ in 0..2 {
        Replaying::of(&[&details], data).into_place(&place).await;
        let stored = &place.documents().await[&id_of(1)];
        assert_eq!((&stored["stats"]["play"], &stored["fetched_at"]), (&json!(30), &json!(3_000)));
        assert_eq!((&stored["author_info"]["uid"], &stored["sec_user_id"]), (&json!("5"), &json!(CREATOR)));
    }
    // And the whole archive, after that, is as if nothing else had ever been replayed.
    Replaying::of(&[&lists, &details], data).into_place(&place).await;
    let whole = place.documents().await;
    let fresh = Place::embedded();
    Replaying::of(&[&lists, &details], &fresh.settings.data_dir).into_place(&fresh).await;
    assert_eq!(whole, fresh.documents().await);
}

/// One record of one post.
#[derive(Debug, Clone)]
struct Seen {
    id: u32,
    at: i64,
    is_detail: bool,
    file: usize,
    plays: u64,
}

impl Seen {
    fn record(&self) -> Value {
        if self.is_detail {
            detail_record(self.at, &detailed(self.id, self.plays))
        } else {
            list_record(self.at, &[post(self.id, self.plays)])
        }
    }

    fn document(&self) -> Vec<u8> {
        let record = self.record();
        let (sec_user_id, region) = if self.is_detail { ("", None) } else { (CREATOR, Some("US")) };
        let context = PageContext { sec_user_id, region, fetched_at: self.at };
        let page = documents(record["response"].to_string().as_bytes(), &context).unwrap();
        page.sources[page.documents[0].source.clone()].to_vec()
    }
}

/// Different times for all records: which of two with the same time wins is not told by them.
fn seen() -> impl Strategy<Value = Vec<Seen>> {
    let one = (0..4_u32, any::<bool>(), 0..3_usize, 1..1_000_u64);
    (prop::collection::vec(one, 1..14), any::<prop::sample::Index>()).prop_flat_map(|(seen, _)| {
        let timed: Vec<Seen> = (0..)
            .zip(seen)
            .map(|(number, (id, is_detail, file, plays))| Seen { id, at: 1_000 + number, is_detail, file, plays })
            .collect();
        Just(timed).prop_shuffle()
    })
}

/// The newest list's document of each id with its later details, by the normalizer's own words.
fn expected(seen: &[Seen]) -> BTreeMap<String, (i64, String)> {
    let mut by_id: BTreeMap<u32, Vec<&Seen>> = BTreeMap::new();
    for one in seen {
        by_id.entry(one.id).or_default().push(one);
    }
    let merged = |mut seen: Vec<&Seen>| {
        seen.sort_by_key(|one| one.at);
        let newest_list = seen.iter().rposition(|one| !one.is_detail).unwrap_or(0);
        let mut in_order = seen[newest_list..].iter().map(|one| one.document());
        let first = in_order.next().unwrap();
        let merged = in_order.fold(first, |whole, detail| merge::with_detail(&whole, &detail).unwrap());
        (seen.last().unwrap().at, String::from_utf8(merged).unwrap())
    };
    by_id.into_iter().map(|(id, seen)| (id_of(id), merged(seen))).collect()
}

fn replay(folder: &Path, seen: &[Seen], store: &Arc<MemoryStore>) {
    let files: Vec<_> = (0..3)
        .map(|file| {
            let records: Vec<_> = seen.iter().filter(|one| one.file == file).map(Seen::record).collect();
            write(folder, &format!("{file}.ndjson"), &records)
        })
        .collect();
    let files: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let replay = runtime.block_on(Replaying::of(&files, folder).into_memory(store));
    assert!(replay.fatal.is_none(), "{replay:?}");
    assert_eq!(replay.report.documents.fetched, seen.len() as u64);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_order_of_records_is_no_matter(seen in seen()) {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(MemoryStore::default());
        replay(folder.path(), &seen, &store);
        prop_assert_eq!(store.documents(), expected(&seen));
        replay(folder.path(), &seen, &store);
        prop_assert_eq!(store.documents(), expected(&seen), "nor is a second replay");
    }

    /// Pages fetched one after another, and replayed one after another, end as if replayed together: what is stored
    /// already is known to the next replay.
    #[test]
    fn an_archive_in_parts_is_as_good_as_whole(seen in seen(), cut in any::<prop::sample::Index>()) {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(MemoryStore::default());
        let mut in_time = seen;
        in_time.sort_by_key(|one| one.at);
        let (first, second) = in_time.split_at(cut.index(in_time.len()));
        replay(folder.path(), first, &store);
        replay(folder.path(), second, &store);
        let both = expected(&in_time);
        let stored = store.documents();
        for (id, (version, _)) in &both {
            prop_assert_eq!(stored[id].0, *version);
        }
        replay(folder.path(), &in_time, &store);
        prop_assert_eq!(store.documents(), both);
    }
}
