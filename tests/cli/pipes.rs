//! Pipes: whoever has read enough, or nothing, is no trouble of ours.

use super::PATIENCE;
use super::run::SHORT;
use crate::support::binary::CommandLine;

#[test]
fn nobody_needs_to_read_anything() {
    let lines: [(&[&str], i32); 6] = [
        (&["--help"], 0),
        (&["schema", "scenario"], 0),
        (&["validate", "scenarios/quickstart.yaml"], 0),
        (&["run", "nowhere.yaml"], 2),
        (&["run", "--bogus"], 2),
        (SHORT, 0),
    ];
    for (arguments, code) in lines {
        let ended = CommandLine::new(arguments).unread().run(PATIENCE);
        assert_eq!(ended.code, Some(code), "{arguments:?}");
    }
}
