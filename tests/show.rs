//! The pages that `explain` prints and the documentation shows.

use hoplint::catalog::Platform;
use hoplint::catalog::store::Catalog;
use hoplint::show;
use std::sync::Arc;

fn find(id: &str) -> Arc<Platform> {
    Catalog::default().find(id).unwrap_or_else(|| panic!("{id} is not in the catalogue"))
}

/// A page is read by people in a hurry: no figure of the data file may be missing from it.
#[test]
fn a_page_names_every_timer_source_and_trap_of_its_platform() {
    let catalog = Catalog::default();
    for id in catalog.ids() {
        let platform = find(id);
        let page = show::platform::page(&platform);
        let plain = page.replace('\\', "");
        let holds = |what: &str| {
            let folded = what.split_whitespace().collect::<Vec<_>>().join(" ").replace('\\', "");
            assert!(plain.contains(&folded), "the page of {id} lacks: {folded}");
        };
        for timer in &platform.timers {
            holds(&timer.id);
            holds(&timer.fact.source);
            holds(timer.fact.how.trim_end_matches('.'));
            timer.native_also.iter().for_each(|name| holds(name));
            for limit in &timer.limits {
                holds(&limit.fact.source);
                if let Some(hoplint::catalog::Max::At(max)) = limit.max {
                    holds(&max.to_string());
                }
            }
        }
        platform.traps.iter().chain(&platform.ways_out).for_each(|text| holds(text));
        platform.history.iter().for_each(|row| holds(&row.text));
        for line in page.lines().filter(|l| l.starts_with('|')) {
            let columns = line.replace("\\|", "").matches('|').count();
            assert_eq!(columns, 5, "{id}: a row of another width: {line}");
        }
    }
}

#[test]
fn the_page_of_a_platform_with_a_raisable_limit() {
    insta::assert_snapshot!(show::platform::page(&find("aws-apigateway-rest")));
}

#[test]
fn the_page_of_a_platform_that_retries_and_pools() {
    insta::assert_snapshot!(show::platform::page(&find("haproxy")));
}

#[test]
fn the_page_of_one_timer() {
    let nginx = find("nginx");
    let read = nginx.timer("read").expect("nginx has proxy_read_timeout");
    insta::assert_snapshot!(show::timer::page(&nginx, read));
}

/// `docs/platforms.md` is generated; `HOPLINT_BLESS=1 cargo test --test show` rewrites it.
#[test]
fn the_table_of_platforms_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/platforms.md");
    let wanted = show::index::page(&Catalog::default());
    if std::env::var_os("HOPLINT_BLESS").is_some() {
        std::fs::write(&path, &wanted).expect("docs/ is writable");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/platforms.md is stale: run HOPLINT_BLESS=1 cargo test --test show");
    let rows = wanted.lines().filter_map(|line| line.strip_prefix("| ")?.split_once("(`")?.1.split_once('`'));
    let mut ids: Vec<&str> = rows.map(|(id, _)| id).collect();
    ids.sort_unstable();
    // Providers have a second row, with their prices.
    ids.dedup();
    assert_eq!(ids, Catalog::default().ids());
}
