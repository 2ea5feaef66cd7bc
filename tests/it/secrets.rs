//! API keys and store credentials are in no output, log, archive, dead letter, checkpoint or report, whatever fails:
//! every way to fail that can be reached is gone, as chatty as the program can be, and all that came of it is looked
//! through.
//!
//! `forms` are the spellings that are looked for.

mod api; // what fails on the way to the API, and an API that echoes the key
mod forms; // a secret in all its spellings
mod kibana; // a Kibana that echoes the credentials
mod local; // settings, files and help
mod store; // what fails on the way to the store, and a store that echoes the credentials

use forms::Forms;

use crate::command_line::shell::{Ended, Shell, contents};
use crate::support::proxy::FaultProxy;

/// With all that JSON, URLs and HTML write otherwise; what a header may hold.
const API_KEY: &str = r#"tk_Zq7/x+"%4Y\k&=<9w>'vX~Api"#;

/// The second of two.
const OTHER_KEY: &str = "tk_0ther_Wm3jTz8RbLq";

/// An Elasticsearch API key in its plain form.
const STORE_KEY: &str = r#"VuaCfHcBCdbkQm-e5aOx:ui2lp2/axTN+"msyakw9t&vgQ"#;

/// A user's password.
const PASSWORD: &str = r#"Pä:ss/W+rd"%\3f0Rty<two>"#;
const USERNAME: &str = "importer-of-posts";

/// Chatty in every way that there is; the program may heed some of these, or not.
fn chatty(shell: Shell) -> Shell {
    shell.set("RUST_LOG", "trace").set("VIRALMINE_LOG", "trace").set("RUST_BACKTRACE", "1")
}

const LOUDLY: [[&str; 3]; 2] = [["-vvv", "--log-format", "text"], ["-vvv", "--log-format", "json"]];

/// Runs a command in both forms of logging, and looks through what it says and what it leaves behind. Those for whom
/// `code` is given must end so.
async fn tried(shell: &Shell, arguments: &[&str], code: Option<i32>) -> Vec<Ended> {
    let mut ends = Vec::new();
    for loudly in LOUDLY {
        let ended = shell.run(&[arguments, &loudly].concat()).await;
        if code.is_some() {
            assert_eq!(ended.code, code, "{arguments:?}: {ended:#?}");
        }
        nothing_shows(shell, arguments, &ended);
        ends.push(ended);
    }
    ends
}

fn nothing_shows(shell: &Shell, arguments: &[&str], ended: &Ended) {
    let forms = Forms::of_all();
    forms.are_not_in(&format!("{arguments:?}: stdout"), &ended.stdout);
    forms.are_not_in(&format!("{arguments:?}: stderr"), &ended.stderr);
    for folder in ["viralmine-data", "here"] {
        if shell.path(folder).is_dir() {
            for (path, text) in contents(&shell.path(folder)) {
                forms.are_not_in(&format!("{arguments:?}: {} ", path.display()), &text);
            }
        }
    }
}

/// All documents of a server's indices, as text.
async fn stored(node: &str, prefix: &str) -> String {
    let path = format!("{prefix}-*/_search?size=1000&version=true&expand_wildcards=all");
    let (status, found) = crate::elastic::rest(node, "POST", &path, serde_json::json!({})).await;
    assert_eq!(status, 200, "{found}");
    found.to_string()
}

/// Something that answers every request by what it was asked with.
async fn echo(answer: impl Fn(&str) -> crate::support::proxy::wire::Answer + Send + 'static) -> FaultProxy {
    let proxy = FaultProxy::start("http://127.0.0.1:1").await;
    proxy.decide(Box::new(move |request| {
        let sent = request.header("authorization").unwrap_or("nothing");
        crate::support::proxy::fault::Fault::Answer(answer(sent))
    }));
    proxy
}
