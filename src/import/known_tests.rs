//! The names under which readers state timers, against the catalogue.

use crate::catalog::Timer;
use crate::catalog::store::Catalog;

/// The platform has a timer of each of these names, native or by id.
pub fn assert_known<'k>(platform: &str, names: impl IntoIterator<Item = &'k str>) {
    let catalog = Catalog::default();
    let platform = catalog.find(platform).unwrap_or_else(|| panic!("no platform {platform}"));
    for name in names {
        let is = |t: &Timer| t.id == name || t.native == name || t.native_also.iter().any(|n| n == name);
        assert!(platform.timers.iter().any(is), "{} has no timer {name}", platform.id);
    }
}
