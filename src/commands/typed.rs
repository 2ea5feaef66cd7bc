//! What was typed and cannot be understood: told as clap tells it, in the form of the log that was typed with it.

use std::ffi::OsString;

use super::exit::Exit;
use crate::output::log::{self, Look, Verbosity};

/// Says what is wrong with what was typed, or prints the help that was asked for; how the process ends.
#[must_use]
pub fn not_understood(error: &clap::Error) -> Exit {
    if error.use_stderr() && wants_json(std::env::args_os()) {
        log::start(Verbosity::Quiet, Look::Json);
        let text = error.render().to_string();
        tracing::error!("{}", text.strip_prefix("error: ").unwrap_or(&text).trim_end());
    } else {
        // Nobody there to read it.
        let _ = error.print();
    }
    if error.exit_code() == 0 { Exit::Done } else { Exit::Usage }
}

/// The flag itself was not read, for the rest made no sense.
fn wants_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let typed: Vec<OsString> = arguments.skip(1).take_while(|argument| argument != "--").collect();
    let in_one = typed.iter().any(|argument| argument == "--log-format=json");
    in_one || typed.windows(2).any(|pair| pair[0] == "--log-format" && pair[1] == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_the_log_is_known_though_the_rest_is_not() {
        let wants = |line: &str| wants_json(line.split(' ').map(OsString::from));
        assert!(wants("viralmine backfill --nope --log-format json"));
        assert!(wants("viralmine --log-format=json fetch"));
        assert!(!wants("viralmine backfill --nope --log-format text"));
        assert!(!wants("viralmine search -- --log-format json"));
        assert!(!wants("viralmine"));
    }
}
