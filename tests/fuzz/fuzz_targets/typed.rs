//! Any text as what is typed for the smaller flags: faults of the simulator, times and windows, durations, page tables.
//!
//! Asserted besides that nothing panics: what is read prints as a text that reads alike; a time resolves to the same
//! seconds in every order, and a period never ends before it starts.
#![no_main]

use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use viralmine::jobs::ask::period::{Moment, Since};
use viralmine::settings::duration;
use viralmine::simulator::Faults;

fuzz_target!(|text: &str| {
    if let Ok(faults) = Faults::from_str(text) {
        assert_eq!(Faults::from_str(&faults.to_string()).as_ref(), Ok(&faults));
    }
    let since = Since::from_str(text);
    if let Ok(moment) = Moment::from_str(text) {
        assert_eq!(since, Ok(Since::Moment(moment)), "what is a moment for --until is one for --since");
    } else if let Ok(since) = &since {
        assert!(matches!(since, Since::Window(length) if *length > 0), "{since:?}");
    }
    if let Err(error) = duration("--flag", text) {
        assert!(error.0.starts_with("--flag: "));
    }
});
