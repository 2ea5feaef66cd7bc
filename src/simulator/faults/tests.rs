//! Specifications are read or refused by name, and each rule meets the requests that it is about.

use proptest::prelude::*;

use super::*;

fn faults(text: &str) -> Faults {
    text.parse().unwrap()
}

/// The first request for the first page of a creator that stands for nothing else.
fn asked(subject: u64) -> Asked {
    Asked { subject, cursor: 0, creator: None, key: 1, page: 1, attempt: 1 }
}

#[test]
fn wrong_specifications_name_their_part() {
    let error = |text: &str| text.parse::<Faults>().unwrap_err();
    assert_eq!(error("429=0.1,sloth=1"), FaultsError::Unknown("sloth=1".to_owned()));
    assert!(error("sloth").to_string().contains("429 (rate limit"), "{}", error("sloth"));
    assert_eq!(error("cut=1.5"), FaultsError::Share("cut=1.5".to_owned()));
    assert_eq!(error("cut=NaN"), FaultsError::Share("cut=NaN".to_owned()));
    assert_eq!(error("500=0.1,seed=x"), FaultsError::Seed("seed=x".to_owned()));
    assert_eq!(error("cut=0.1,cut=0.1"), FaultsError::Twice("cut".to_owned()));
    assert_eq!(error("seed=1,seed=1"), FaultsError::Twice("seed".to_owned()));
    assert_eq!(error("cut@key-1=0.1,cut@key-1=0.2"), FaultsError::Twice("cut@key-1".to_owned()));
    assert_eq!(error("429=0.6,500=0.6"), FaultsError::Sum);
    for wait in ["wait=0", "wait=x", "wait=90000", "wait=NaN"] {
        assert_eq!(error(wait), FaultsError::Wait(wait.to_owned()));
    }
    for target in ["null@=1", "null@creator=1", "null@creator-0=1", "null@try--1=1", "null@moon-1=1"] {
        assert_eq!(error(target), FaultsError::Target(target.to_owned()));
    }
    assert_eq!("".parse(), Ok(Faults::default()));
}

#[test]
fn what_is_aimed_at_some_requests_needs_no_room_beside_the_shares_of_all() {
    let faults = faults("500=1,null@creator-2=1");
    assert_eq!(faults.draw(&asked(1)), Some(FaultKind::ServerError));
    assert_eq!(faults.draw(&Asked { creator: Some(2), ..asked(1) }), Some(FaultKind::Null));
}

#[test]
fn each_target_meets_its_requests_alone_and_together() {
    let drawn = |text: &str, asked: Asked| faults(text).draw(&asked).is_some();
    assert!(drawn("401@key-2=1", Asked { key: 2, ..asked(1) }) && !drawn("401@key-2=1", asked(1)));
    assert!(drawn("cut@page-3=1", Asked { page: 3, ..asked(1) }) && !drawn("cut@page-3=1", asked(1)));
    assert!(drawn("cut@try-1=1", asked(1)) && !drawn("cut@try-1=1", Asked { attempt: 2, ..asked(1) }));
    let both = "empty@creator-2@page-1=1";
    assert!(drawn(both, Asked { creator: Some(2), ..asked(1) }));
    assert!(!drawn(both, Asked { creator: Some(2), page: 2, ..asked(1) }) && !drawn(both, asked(1)));
}

#[test]
fn pages_and_tries_are_counted_creator_by_creator() {
    let mut lots = Lots::of(faults("cut@page-2@try-2=1"));
    let mut draw = |subject: &str, cursor: &str| lots.draw(subject, cursor, 1, || None);
    for creator in ["a", "b"] {
        let drawn: Vec<_> = ["0", "0", "17", "17", "17"].map(|cursor| draw(creator, cursor).is_some()).into();
        assert_eq!(drawn, [false, false, false, true, false], "{creator}");
    }
}

#[test]
fn each_kind_gets_its_share_of_the_requests() {
    let faults = faults("429=0.02,500=0.05,cut=0.01,seed=7");
    let drawn = |kind| (0..20_000).filter(|&request| faults.draw(&asked(request)) == Some(kind)).count();
    assert!((300..500).contains(&drawn(FaultKind::RateLimited)));
    assert!((850..1150).contains(&drawn(FaultKind::ServerError)));
    assert!((130..270).contains(&drawn(FaultKind::Cut)));
    let always = "500=1".parse::<Faults>().unwrap();
    assert!((0..100).all(|request| always.draw(&asked(request)) == Some(FaultKind::ServerError)));
    assert!((0..100).all(|request| Faults::default().draw(&asked(request)).is_none()));
}

#[test]
fn every_try_for_a_page_has_a_lot_of_its_own() {
    let faults = faults("500=0.5");
    let unlucky = (1..1_000).filter(|&attempt| faults.draw(&Asked { attempt, ..asked(1) }).is_some()).count();
    assert!((400..600).contains(&unlucky), "{unlucky}");
}

#[test]
fn the_help_names_every_kind() {
    assert!(FaultKind::TABLE.iter().all(|(_, name, what)| Faults::help().contains(&format!("  {name:<11} {what}\n"))));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[0-9a-z=,.@ -]{0,40}") {
        if let Ok(faults) = text.parse::<Faults>() {
            prop_assert_eq!(faults.to_string().parse::<Faults>(), Ok(faults));
        }
    }

    #[test]
    fn what_was_written_is_read_again(
        rules in prop::collection::vec((0..FaultKind::TABLE.len(), 0..=100_u32, 0..4_usize, 1..9_u32), 0..6),
        wait in 1_u64..86_400_000,
        seed: u64,
    ) {
        let mut text = format!("wait={},seed={seed}", wait as f64 / 1000.0);
        for (kind, percent, targets, number) in rules {
            let name = FaultKind::TABLE[kind].1;
            let targets: Vec<String> =
                ["@creator-", "@key-", "@page-"].into_iter().take(targets).map(|target| format!("{target}{number}")).collect();
            text = format!("{text},{name}{}={}", targets.concat(), f64::from(percent) / 100.0);
        }
        if let Ok(faults) = text.parse::<Faults>() {
            prop_assert_eq!(faults.wait, Duration::from_millis(wait));
            prop_assert_eq!(faults.to_string().parse::<Faults>(), Ok(faults));
        }
    }
}
