//! The counts of posts at single moments: each kept once, read back in time order, made with the first write, and kept
//! through a reindexing of the videos.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use viralmine::commands::stores;
use viralmine::model::video::Stats;
use viralmine::model::{BatchBuilder, Collection, Snapshot, Verdict, VideoId};
use viralmine::store::StoreWriter;

use crate::support::place::{Place, on_both_stores};

on_both_stores!(a_moment_is_kept_once, a_store_without_any_has_none, a_snapshot_that_does_not_fit_is_refused_alone);

const ONE: &str = "7517061830164205837";
const OTHER: &str = "7517061830164205838";

pub fn snapshot(id: &str, fetched_at: i64, plays: u64) -> Snapshot {
    Snapshot {
        aweme_id: id.to_owned(),
        sec_user_id: Some("MS4wLjABAAAAsnap".to_owned()),
        unique_id: "snap".to_owned(),
        region: None,
        publish_ts: Some(1_750_212_365),
        fetched_at,
        previous: None,
        stats: Stats { play: Some(plays), like: Some(1), ..Stats::default() },
    }
}

pub async fn write(writer: &dyn StoreWriter, snapshots: &[Snapshot]) -> Vec<Verdict> {
    let mut builder = BatchBuilder::new(Collection::Snapshots);
    for snapshot in snapshots {
        builder.push(&snapshot.id(), snapshot.fetched_at, &serde_json::to_vec(snapshot).unwrap());
    }
    writer.bulk(&builder.finish()).await.unwrap()
}

/// One video, so that the store can be opened for questions.
async fn write_a_video(writer: &dyn StoreWriter) {
    writer.prepare().await.unwrap();
    let mut builder = BatchBuilder::new(Collection::Videos);
    let video = json!({"aweme_id": ONE, "fetched_at": 30, "stats": {"play": 300}});
    builder.push(ONE, 30, video.to_string().as_bytes());
    assert_eq!(writer.bulk(&builder.finish()).await.unwrap(), [Verdict::Stored { new: true }]);
}

fn id(text: &str) -> VideoId {
    VideoId::parse(text).unwrap()
}

/// Everything that a scan hands on, by id.
async fn scanned(place: &Place) -> BTreeMap<String, i64> {
    let view = stores::open_view(&place.settings).await.unwrap();
    let (into, mut received) = mpsc::channel(64);
    view.scan(Collection::Snapshots, into).await.unwrap();
    let mut all = BTreeMap::new();
    while let Some(chunk) = received.recv().await {
        for scanned in chunk {
            assert!(all.insert(scanned.id, scanned.document.version).is_none(), "handed on once");
        }
    }
    all
}

async fn a_moment_is_kept_once(place: Place) {
    let writer = place.writer().await;
    write_a_video(writer.as_ref()).await;
    let moments = [snapshot(ONE, 20, 200), snapshot(ONE, 10, 100), snapshot(OTHER, 10, 7)];
    for is_new in [true, false] {
        let verdicts = write(writer.as_ref(), &moments).await;
        assert_eq!(verdicts, vec![Verdict::Stored { new: is_new }; 3], "writing again repeats nothing");
        let ids = [format!("{ONE}-10"), format!("{ONE}-30")];
        let found = writer.get(Collection::Snapshots, &ids).await.unwrap();
        let versions: Vec<_> = found.iter().map(|found| found.as_ref().map(|found| found.version)).collect();
        assert_eq!(versions, [Some(10), None]);
        writer.commit().await.unwrap();
    }
    let view = stores::open_view(&place.settings).await.unwrap();
    assert_eq!(view.snapshots(&id(ONE)).await.unwrap(), [snapshot(ONE, 10, 100), snapshot(ONE, 20, 200)]);
    assert_eq!(view.snapshots(&id("7517061830164205839")).await.unwrap(), []);
    assert_eq!(view.count(Collection::Snapshots).await.unwrap(), 3);
    assert_eq!(view.count(Collection::Videos).await.unwrap(), 1);
    let all = [(format!("{ONE}-10"), 10), (format!("{ONE}-20"), 20), (format!("{OTHER}-10"), 10)];
    assert_eq!(scanned(&place).await, BTreeMap::from(all));
}

/// As every store is that an older viralmine made.
async fn a_store_without_any_has_none(place: Place) {
    let writer = place.writer().await;
    write_a_video(writer.as_ref()).await;
    writer.commit().await.unwrap();
    let view = stores::open_view(&place.settings).await.unwrap();
    forget_snapshots(&place).await;
    assert_eq!(view.snapshots(&id(ONE)).await.unwrap(), []);
    assert_eq!(view.count(Collection::Snapshots).await.unwrap(), 0);
    assert_eq!(view.get(Collection::Snapshots, &[format!("{ONE}-10")]).await.unwrap(), [None]);
    assert_eq!(scanned(&place).await, BTreeMap::new());
    drop(writer);

    let writer = place.writer().await;
    assert_eq!(write(writer.as_ref(), &[snapshot(ONE, 10, 100)]).await, [Verdict::Stored { new: true }]);
    writer.commit().await.unwrap();
    assert_eq!(view.snapshots(&id(ONE)).await.unwrap(), [snapshot(ONE, 10, 100)], "seen by who was open before");
}

/// Takes away the index that `prepare` makes on a server.
async fn forget_snapshots(place: &Place) {
    use viralmine::settings::store::StorePlace;
    if let StorePlace::Elastic(settings) = &place.settings.place {
        let index = format!("{}-snapshots-000001", settings.prefix);
        let (status, answer) = crate::elastic::rest(settings.url.as_str(), "DELETE", &index, Value::Null).await;
        assert_eq!(status, 200, "{answer}");
    }
}

async fn a_snapshot_that_does_not_fit_is_refused_alone(place: Place) {
    let writer = place.writer().await;
    writer.prepare().await.unwrap();
    let mut builder = BatchBuilder::new(Collection::Snapshots);
    let wrong =
        [json!({"aweme_id": ONE, "fetched_at": 10, "likes": 4}), json!({"aweme_id": ONE, "fetched_at": "soon"})];
    for (version, document) in [(10, &wrong[0]), (11, &wrong[1]), (12, &json!({"aweme_id": ONE, "fetched_at": 12}))] {
        builder.push(&format!("{ONE}-{version}"), version, document.to_string().as_bytes());
    }
    let verdicts = writer.bulk(&builder.finish()).await.unwrap();
    assert!(
        matches!(verdicts.as_slice(), [Verdict::Refused(_), Verdict::Refused(_), Verdict::Stored { new: true }]),
        "{verdicts:?}"
    );
}
