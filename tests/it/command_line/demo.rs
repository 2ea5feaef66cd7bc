//! `demo`: a folder of its own, made afresh each time, and never somebody else's.

use super::shell::Shell;

#[tokio::test]
async fn the_demo_shows_answers_and_can_be_run_again() {
    let shell = Shell::new().set("VIRALMINE_STORE", "mine").set("VIRALMINE_DATA_DIR", "mine too");
    let first = shell.run(&["demo", "--creators", "2"]).await.succeeded();
    let parts = ["\nTop hashtags\n", "\nViral posts: ", "no post of so few creators stands out"];
    for words in ["creators   2 done, 0 failed", "--store viralmine-demo\n"].iter().chain(&parts) {
        assert!(first.stdout.contains(*words), "no {words:?} in {}", first.stdout);
    }
    assert_eq!(shell.entries(), ["viralmine-demo"], "no other folder is touched");
    assert!(first.stdout.ends_with("for a browser: viralmine-demo/report.html\n"), "{}", first.stdout);
    let page = std::fs::read_to_string(shell.path("viralmine-demo/report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("2 walked to the end"), "{page}");
    let again = shell.run(&["demo", "--creators", "2", "-q"]).await.succeeded();
    assert_eq!(again.stderr, "");
    let answers = |text: &str| text.split_once("\nTop hashtags\n").unwrap().1.to_owned();
    assert_eq!(answers(&again.stdout), answers(&first.stdout), "the same every time");
    let hashtags = shell.run(&["hashtags", "--store", "viralmine-demo", "--limit", "3"]).await.succeeded();
    assert!(hashtags.stdout.contains("showing 3; --limit for more"), "{}", hashtags.stdout);
}

#[tokio::test]
async fn the_demo_leaves_other_folders_alone() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path("mine")).unwrap();
    shell.write("mine/thesis.txt", "years of work");
    let words = ["mine holds files that the demo did not make", "another folder with --data-dir"];
    shell.run(&["demo", "--data-dir", "mine"]).await.ends(2, &words);
    assert_eq!(std::fs::read_to_string(shell.path("mine/thesis.txt")).unwrap(), "years of work");
    for taken in ["mine/thesis.txt", "mine/thesis.txt/below"] {
        let refused = shell.run(&["demo", "--data-dir", taken]).await;
        let refused = refused.ends(2, &[&format!("--data-dir {taken} is no folder"), "name another for the demo"]);
        assert!(!refused.stderr.contains("the output cannot be written"), "{}", refused.stderr);
    }
    shell.run(&["demo", "--store", "elsewhere"]).await.ends(2, &["--store", "--data-dir"]);
    assert_eq!(shell.entries(), ["mine"]);
}
