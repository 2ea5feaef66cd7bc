//! The page in a headless Chromium: nothing on the console, nothing loaded, tables that sort, no width that does not
//! fit, letters that can be read in light and dark; and the same with hostile texts in every field.

use std::path::PathBuf;

use serde_json::{Value, json};
use viralmine::model::Collection;
use viralmine::model::text::fold;

use super::{copy, corpus, run};
use crate::command_line::shell::Shell;
use crate::support::browser::{Browser, ENTER};
use crate::support::place::Place;

const DESK: u32 = 1_280;
const PHONE: u32 = 390;

/// A page in a file, and what keeps it there.
struct Page {
    path: PathBuf,
    _shell: Shell,
    _place: Place,
}

async fn page(change: impl Fn(Collection, &mut Value)) -> Page {
    let (shell, place) = (corpus().await, Place::embedded());
    copy(&shell, &place, change).await;
    run(&shell, &place, &["report", "--out", "page.html"]).await.succeeded();
    Page { path: shell.path("page.html"), _shell: shell, _place: place }
}

/// Opens a page, and asserts that it loads nothing, complains of nothing, and runs nothing but its own script.
async fn open(browser: &Browser, page: &Page) {
    browser.requests().await;
    browser.open(&page.path).await;
    let own = format!("file://{}", page.path.display());
    let asked = browser.requests().await;
    assert_eq!(asked, [own], "the page alone is asked for");
    let elements = "return [...document.querySelectorAll('img,iframe,object,embed,form,input,base,audio,video,image,\
        feImage,use,foreignObject,[style],[src],link:not([rel=icon])')].map(element => element.outerHTML)";
    assert_eq!(browser.run(elements).await, json!([]), "nothing that could load something");
    let handlers = "return [...document.querySelectorAll('*')].flatMap(element => [...element.attributes])
        .map(attribute => attribute.name).filter(name => name.startsWith('on'))";
    assert_eq!(browser.run(handlers).await, json!([]));
    let scripts = browser.run("return [document.scripts.length, window.hacked === undefined, document.title]").await;
    assert_eq!((&scripts[0], &scripts[1]), (&json!(1), &json!(true)));
    let links = browser.run("return [...document.links].map(link => [link.protocol, link.rel, link.hash])").await;
    for link in links.as_array().unwrap() {
        let leads_away = link[0] == "http:" || link[0] == "https:";
        let stays = link[0] == "file:" && link[2] != "";
        assert!(stays || leads_away && link[1].as_str().unwrap().contains("noreferrer"), "{link}");
    }
    assert_eq!(browser.console().await, Vec::<Value>::new(), "nothing on the console");
}

/// Asserts that the page is no wider than its window, at either width and on paper, in light and dark.
async fn assert_fits(browser: &Browser) {
    for width in [320, PHONE, 640, DESK] {
        for (scheme, medium) in [("light", "screen"), ("dark", "screen"), ("light", "print")] {
            browser.look(width, scheme, medium).await;
            // Tables are as wide as they must be inside of their own container, except on paper.
            let script = "const root = document.documentElement; const wide = [...document.querySelectorAll('body *')]
                .filter(element => !element.closest('table') && element.getBoundingClientRect().right > root.clientWidth + 1)
                .map(element => element.outerHTML.slice(0, 200));
                return [root.scrollWidth, root.clientWidth, wide.slice(0, 3)]";
            let found = browser.run(script).await;
            let fits = medium == "print" || found[0].as_u64() <= found[1].as_u64() && found[2] == json!([]);
            assert!(fits, "{width} wide, {scheme}, {medium}: {found}");
        }
    }
    browser.look(DESK, "light", "screen").await;
}

/// The ratio of contrast of a text's colour with what is behind it, as WCAG has it.
const CONTRAST: &str = "
    const light = colour => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
            .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const behind = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (!/, 0\\)$/.test(colour)) { return colour; }
        }
        return 'rgb(255, 255, 255)';
    };
    const inks = [...document.querySelectorAll('h1, h2, p, a, th, td, dt, dd, summary, caption, figcaption, li, code, .tag, button')]
        .map(element => [element, getComputedStyle(element).color])
        .concat([...document.querySelectorAll('svg text')].map(element => [element, getComputedStyle(element).fill]));
    return Math.min(...inks.map(([element, ink]) => {
        const [one, other] = [light(ink), light(behind(element))];
        return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    }));
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_whole_in_a_browser() {
    let (page, browser) = tokio::join!(page(|_, _| {}), Browser::start());
    open(&browser, &page).await;
    assert_fits(&browser).await;
    let mut pages = Vec::new();
    for scheme in ["light", "dark"] {
        browser.look(DESK, scheme, "screen").await;
        let contrast = browser.run(CONTRAST).await.as_f64().unwrap();
        assert!(contrast >= 4.5, "{scheme}: {contrast}");
        pages.push(browser.run("return getComputedStyle(document.body).backgroundColor").await);
    }
    assert_ne!(pages[0], pages[1], "dark is dark");
    let charts = "return [...document.querySelectorAll('svg')].filter(svg => svg.checkVisibility()).map(svg =>
        [svg.getAttribute('role'), svg.getAttribute('aria-labelledby').split(' ')
            .map(id => document.getElementById(id).textContent).join(' — '), svg.querySelectorAll('title').length])";
    for width in [DESK, PHONE] {
        browser.look(width, "light", "screen").await;
        let charts = browser.run(charts).await;
        let charts = charts.as_array().unwrap();
        assert_eq!(charts.len(), 4, "plays over time, tags, creators, hours: {charts:?}");
        for chart in charts {
            assert!(chart[0] == "img" && chart[1].as_str().unwrap().len() > 60, "{chart}");
            assert!(chart[2].as_u64() > Some(5), "a title for each mark: {chart}");
        }
    }
    browser.look(DESK, "light", "print").await;
    assert_eq!(browser.run("return getComputedStyle(document.querySelector('nav')).display").await, "none");
    let printed = browser.command("Page.printToPDF", json!({"paperWidth": 8.27, "paperHeight": 11.69})).await;
    // "%PDF" in base64.
    assert!(printed["data"].as_str().unwrap().starts_with("JVBERi"));
    assert_eq!(browser.console().await, Vec::<Value>::new());
}

const TABLE: &str = "#hashtags table";

/// The values of a column of the first table of hashtags, and the orders that its heads tell.
async fn column(browser: &Browser, number: usize) -> (Vec<Value>, Vec<Value>) {
    let script = format!(
        "const table = document.querySelector('{TABLE}');
        return [[...table.tBodies[0].rows].map(row => row.cells[{number}].dataset.v ?? row.cells[{number}].textContent),
            [...table.tHead.rows[0].cells].map(head => head.getAttribute('aria-sort'))]"
    );
    let found = browser.run(&script).await;
    let list = |value: &Value| value.as_array().unwrap().clone();
    (list(&found[0]), list(&found[1]))
}

fn numbers(values: &[Value]) -> Vec<f64> {
    values.iter().map(|value| value.as_str().unwrap().parse().unwrap_or(f64::NAN)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_sort_by_click_and_by_key() {
    let (page, browser) = tokio::join!(page(|_, _| {}), Browser::start());
    browser.open(&page.path).await;
    let (posts, orders) = column(&browser, 1).await;
    assert!(numbers(&posts).is_sorted_by(|one, other| one >= other), "{posts:?}");
    assert_eq!(orders[1], "descending", "as it stands");
    let head = |number: usize| format!("{TABLE} thead th:nth-child({}) button", number + 1);
    browser.click(&head(1)).await;
    let (posts, orders) = column(&browser, 1).await;
    assert!(numbers(&posts).is_sorted(), "{posts:?}");
    assert_eq!(orders[1], "ascending");
    // By a column of numbers, highest first; 9 comes behind 10.
    browser.click(&head(3)).await;
    let (plays, orders) = column(&browser, 3).await;
    assert!(numbers(&plays).is_sorted_by(|one, other| one >= other), "{plays:?}");
    assert_eq!((&orders[1], &orders[3]), (&Value::Null, &json!("descending")), "one head alone tells an order");
    // With no mouse: the head is reached by the Tab key from the one before it.
    browser.run(&format!("document.querySelector('{}').focus()", head(3))).await;
    browser.press("\u{e004}").await;
    let focused = "return document.activeElement.closest('th').cellIndex";
    assert_eq!(browser.run(focused).await, 4);
    browser.press(ENTER).await;
    let (medians, orders) = column(&browser, 4).await;
    assert!(numbers(&medians).is_sorted_by(|one, other| one >= other), "{medians:?}");
    assert_eq!(orders[4], "descending");
    browser.press(" ").await;
    assert!(numbers(&column(&browser, 4).await.0).is_sorted());
    browser.click(&head(0)).await;
    let (tags, orders) = column(&browser, 0).await;
    let sorted = "return arguments.length === 0 && (list => JSON.stringify(list) === JSON.stringify([...list].sort(
        new Intl.Collator(undefined, {numeric: true, sensitivity: 'base'}).compare)))";
    let sorted = browser.run(&format!("{sorted}({})", Value::from(tags.clone()))).await;
    assert_eq!((sorted, &orders[0]), (json!(true), &json!("ascending")), "{tags:?}");
    let told = browser.run("return document.querySelector('[role=status]').textContent").await;
    assert_eq!(told, "Hashtag: ascending", "who does not see it is told");
    // A figure that is missing stays last in either order.
    let missing =
        "const table = document.querySelector('#hashtags table'); const cell = table.tBodies[0].rows[3].cells[6];
        delete cell.dataset.v; cell.id = 'missing'; return null";
    browser.run(missing).await;
    for _ in 0..2 {
        browser.click(&head(6)).await;
        let last = format!("return document.querySelector('{TABLE} tbody tr:last-child td#missing') !== null");
        assert_eq!(browser.run(&last).await, true);
    }
    assert_eq!(browser.console().await, Vec::<Value>::new());
}

/// Without a script there are no buttons, and the tables are there.
#[tokio::test]
async fn without_a_script_tables_are_plain() {
    let page = page(|_, _| {}).await;
    let text = std::fs::read_to_string(&page.path).unwrap();
    let body = text.split_once("<body>").unwrap().1.split_once("<script>").unwrap().0;
    assert!(!body.contains("<button") && body.matches("<table").count() > 8);
}

const HOSTILE: [&str; 9] = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror=\"window.hacked = 1\"><svg onload=window.hacked=1>",
    "\" onmouseover=\"window.hacked=1\" x='",
    "</title></style></svg></desc><style>*{display:none}</style>",
    "\u{202e}gnp.exe\u{2066}\u{2069}\u{2069}\u{200f} العربية",
    "nul\u{0}bell\u{7}esc\u{1b}[31m\u{9b}2J\r\n\t",
    "<!-- --!> <![CDATA[ ]]> &lt;b&gt; &#x3c;script&#x3e;",
    "javascript:window.hacked=1",
    "{{constructor}} ${7*7} `'\"",
];

const ADDRESSES: [&str; 5] = [
    "javascript:window.hacked=1",
    "JAVASCRIPT:window.hacked=1//https://x.example/",
    "data:text/html,<script>window.hacked=1</script>",
    "https://x.example/\"onmouseover=\"window.hacked=1",
    "//x.example/cover.jpg",
];

/// Puts hostile texts wherever a stranger's text can be; which one, by a number that differs from document to document.
fn spoil(collection: Collection, document: &mut Value) {
    let id = document["aweme_id"].as_str().or(document["sec_user_id"].as_str()).unwrap_or_default().to_owned();
    let number = id.bytes().map(usize::from).sum::<usize>();
    let text = |more: usize| HOSTILE[(number + more) % HOSTILE.len()];
    let long = "W".repeat(3_000);
    if collection == Collection::Videos {
        document["video_desc"] = format!("{} {long} {}", text(0), text(1)).into();
        let handle = if number % 2 == 0 { text(2).to_owned() } else { long.clone() };
        document["author_info"]["unique_id"] = handle.into();
        document["video_resource"]["cover_img"] = ADDRESSES[number % ADDRESSES.len()].into();
        let tags = [text(3), text(4), &long].map(str::to_owned);
        document["hashtag_keys"] = tags.map(|tag| fold(&tag)).to_vec().into();
        document["hashtags"] = [text(3), text(4), &long].to_vec().into();
        document["words"] = [text(5), text(6), &long].to_vec().into();
        if document["music_info"].get("music_id").is_some() {
            document["music_info"]["music_name"] = text(7).into();
            document["music_info"]["music_author"] = long.into();
        }
    } else if collection == Collection::Checkpoints {
        document["end"] = "refused".into();
        document["last_error"] = format!("{} {long}", text(0)).into();
    } else if document.get("viral_by_chance").is_none() {
        // Not what the pass recorded of the corpus: nothing of that is a text.
        document["unique_id"] = if number % 2 == 0 { text(0).into() } else { long.into() };
        document["nickname"] = text(1).into();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_texts_stay_texts() {
    let (page, browser) = tokio::join!(page(spoil), Browser::start());
    open(&browser, &page).await;
    assert_fits(&browser).await;
    let text = browser.run("return document.body.textContent").await;
    let text = text.as_str().unwrap();
    for shown in ["</script><script>window.hacked = 1</script>", "<img src=x onerror=", "&#x3c;script&#x3e;"] {
        assert!(text.contains(shown), "{shown} is shown as it is");
    }
    assert!(!text.contains(['\u{0}', '\u{1b}', '\u{202e}', '\u{2069}']), "nothing turns or rings");
    let links = browser.run("return [...document.links].map(link => link.href)").await;
    for link in links.as_array().unwrap() {
        let link = link.as_str().unwrap();
        assert!(link.starts_with("file://") && link.contains('#') || link.starts_with("https://"), "{link}");
    }
    // Whoever clicks and hovers starts nothing either.
    browser.click("#viral thead th:nth-child(1) button").await;
    browser
        .run("document.querySelectorAll('#viral td, #viral th').forEach(cell => cell.dispatchEvent(new Event('mouseover')))")
        .await;
    assert_eq!(browser.run("return window.hacked === undefined").await, true);
    assert_eq!(browser.console().await, Vec::<Value>::new());
}
