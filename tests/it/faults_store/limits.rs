//! A hidden limit on the size of bodies.

use viralmine::simulator::SimulatorOptions;

use super::Scene;
use crate::support::proxy::Limit;
use crate::support::proxy::observed::Seen;
use crate::support::run::{quick, simulator};

/// All arrives through a door that is smaller than a batch, whoever measures it and whether bodies are gzipped or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_are_too_large_go_through_in_parts() {
    for (limit, compress) in [(Limit::Wire(40_000), false), (Limit::Wire(8_000), true), (Limit::Unpacked(40_000), true)]
    {
        let scene = Scene::new().await;
        scene.proxy.limit(limit);
        let mut place = scene.place.by_way_of(&scene.proxy.url());
        place.elastic_settings().compress = compress;
        let backfill = crate::support::run::Run::new(&place, &scene.api).run().await;
        assert!(backfill.fatal.is_none() && backfill.report.creators.done == 12, "{limit:?}: {backfill:?}");
        assert_eq!(backfill.report.documents.dead, 0, "{limit:?}");
        let observed = scene.proxy.observed();
        assert!(observed.requests.iter().any(|seen| seen.status == Some(413)), "{limit:?}: {:?}", observed.by_path());
        scene.assert_all_arrived().await;
    }
}

/// A document that is itself too large is laid aside, and names the limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_no_request_may_carry_is_laid_aside() {
    let scene = Scene::new().await;
    // Larger than the checkpoints of a run, smaller than the longest documents.
    let sizes: Vec<usize> = scene.expected.documents.values().map(|document| document.to_string().len()).collect();
    let (largest, smallest) = (*sizes.iter().max().unwrap(), *sizes.iter().min().unwrap());
    scene.proxy.limit(Limit::Wire(usize::midpoint(largest, smallest) + 200));
    let backfill = scene.run(|_| {}).await;
    let documents = &backfill.report.documents;
    assert!(backfill.fatal.is_none() && documents.dead > 0 && documents.stored > 0, "{backfill:?}");
    let letters = scene.dead_letters();
    assert_eq!(letters.len() as u64, documents.dead);
    let reason = |letter: &serde_json::Value| letter["reason"].as_str().unwrap().to_owned();
    assert!(letters.iter().all(|letter| reason(letter).contains("413")), "{}", reason(&letters[0]));
    assert_eq!(scene.place.documents().await.len() as u64, documents.stored);
}

/// Once the store has refused a body for its size and taken its halves, later ones are made smaller: each that is
/// refused crosses the network in vain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_is_learnt_once() {
    let mut scene = Scene::new().await;
    scene.api = simulator(SimulatorOptions { videos: 150, ..quick() }).await;
    // Batches of 60 documents are half as large again.
    scene.proxy.limit(Limit::Wire(80_000));
    let backfill = scene.run(|_| {}).await;
    assert_eq!(backfill.report.creators.done, 12, "{backfill:?}");
    let observed = scene.proxy.observed();
    let bulks: Vec<&Seen> = observed.bulks_of("videos").collect();
    let refused: Vec<usize> = (0..bulks.len()).filter(|&at| bulks[at].status == Some(413)).collect();
    let full = bulks.iter().filter(|seen| seen.bytes > 40_000).count();
    assert!(!refused.is_empty() && full > 20, "{} refused, {full} full ones", refused.len());
    // Those that were closed, or under way, before the halves of the first one were taken.
    assert!(refused.len() <= 5 && refused[refused.len() - 1] <= 15, "refused: {refused:?} of {}", bulks.len());
    let posts: u64 = scene.api.creators().iter().filter_map(|creator| scene.api.video_count(creator)).sum();
    assert_eq!((backfill.report.documents.stored, scene.place.documents().await.len() as u64), (posts, posts));
}
