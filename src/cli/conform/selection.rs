//! Selection: which checks of the catalogue are meant.

use super::args::SelectionArgs;
use crate::cli::failure::Failure;
use crate::conformance::{self, Check, Level};

const LIST: &str = "`chatbench conform --list` has them all";

/// The checks that are asked for, in the order of the catalogue.
pub(super) fn select(args: &SelectionArgs) -> Result<Vec<&'static Check>, Failure> {
    let only = named("--only", &args.only)?;
    let skip = named("--skip", &args.skip)?;
    let level = Level::from(args.level);
    let is_in = |named: &[&Check], check: &Check| named.iter().any(|one| one.id == check.id);
    let wanted = |check: &&Check| {
        (args.only.is_empty() || is_in(&only, check))
            && !is_in(&skip, check)
            && check.level <= level
    };
    let checks: Vec<_> = conformance::checks().filter(wanted).collect();
    if checks.is_empty() {
        let what = "no check is left to be tried".to_owned();
        return Err(Failure::usage(what, "loosen --only, --skip or --level"));
    }
    Ok(checks)
}

/// The check that is called `id`.
pub(super) fn find(id: &str) -> Result<&'static Check, Failure> {
    conformance::find(id).ok_or_else(|| unknown("--explain", id))
}

fn named(flag: &str, names: &[String]) -> Result<Vec<&'static Check>, Failure> {
    let mut all = Vec::new();
    for name in names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        // A check's own name means that one, though another's may begin with it.
        let exact = conformance::find(name).map(|check| vec![check]);
        let checks = exact.unwrap_or_else(|| beginning_with(name));
        if checks.is_empty() {
            return Err(unknown(flag, name));
        }
        all.extend(checks);
    }
    Ok(all)
}

fn beginning_with(prefix: &str) -> Vec<&'static Check> {
    let prefix = prefix.to_uppercase();
    conformance::checks().filter(|check| check.id.to_uppercase().starts_with(&prefix)).collect()
}

fn unknown(flag: &str, name: &str) -> Failure {
    let name = name.escape_debug();
    let what = format!("{flag} {name}: no check is called `{name}`, and none begins with it");
    let near = nearest(&name.to_string());
    Failure::usage(what, &format!("did you mean `{near}`? {LIST}"))
}

/// The id, or the beginning of ids, that `name` is most like.
fn nearest(name: &str) -> String {
    let name = name.to_uppercase();
    let beginnings = conformance::checks().flat_map(|check| {
        let dashes = check.id.match_indices('-').map(|(at, _)| &check.id[..at]);
        dashes.chain([check.id])
    });
    let distance = |known: &&str| strsim::damerau_levenshtein(&name, &known.to_uppercase());
    beginnings.min_by_key(distance).unwrap_or_default().into()
}
