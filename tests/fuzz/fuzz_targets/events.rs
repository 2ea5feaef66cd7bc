//! Any bytes as the ledger of events.
//!
//! Asserted besides that nothing panics: reading ends; lines begin where they stand in the file, one behind the other;
//! there is one answer for each line that is not blank; a line that was read is written as one line, and read back the
//! same; what is remembered of the lines is no more than what they say, and taking them twice changes nothing that is
//! to be sent or shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use viralmine::archive::events::memory::Memory;
use viralmine::archive::fuzzing::ledger_of_file;

fuzz_target!(|data: &[u8]| {
    let mut lines = ledger_of_file(data.to_vec());
    let (mut memory, mut answers, mut events) = (Memory::default(), 0, 0);
    let mut last = None;
    while let Some(read) = lines.next() {
        answers += 1;
        let Ok((offset, line)) = read else { continue };
        let raw = lines.raw().to_vec();
        let begin = usize::try_from(offset).expect("in memory");
        assert_eq!(&data[begin..begin + raw.len()], raw, "the line at {offset}");
        assert!(last.is_none_or(|last| last < offset), "{offset} after {last:?}");
        last = Some(offset);

        let mut written = Vec::new();
        line.write(&mut written).expect("plain data");
        assert_eq!(written.iter().position(|&byte| byte == b'\n'), Some(written.len() - 1), "one line");
        let again: Vec<_> = ledger_of_file(written).collect();
        let [Ok((0, again))] = &again[..] else { panic!("{again:?}") };
        assert_eq!(again, &line);

        events += usize::from(line.event.is_some());
        memory.take(offset, raw.len() + 1, line.clone());
        let before = (memory.waiting().len(), memory.unshown().len(), memory.ids(), memory.bytes_needed());
        memory.take(offset, raw.len() + 1, line);
        let after = (memory.waiting().len(), memory.unshown().len(), memory.ids(), memory.bytes_needed());
        assert_eq!(before, after, "taken twice");
    }
    assert!(memory.waiting().len() <= events && memory.unshown().len() <= events);
    let filled = data.split(|&byte| byte == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace)).count();
    assert_eq!(answers, filled, "one for each line");
});
