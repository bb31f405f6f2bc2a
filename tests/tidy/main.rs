//! Tidy: the rules of the house, run as tests over its own source tree.
//!
//! A rule takes one file and gives complaints. Beside each stands a test that plants what the
//! rule forbids and sees it complain; here each is held against every file of the tree.

mod banned;
mod floors;
mod heads;
mod places;
mod sizes;
mod source;

use source::{Complaint, File, Tree};

#[test]
fn imports_go_down_only() {
    hold_all_files_to(floors::check);
}

#[test]
fn files_functions_and_lines_are_short() {
    hold_all_files_to(sizes::check);
}

#[test]
fn every_file_says_first_what_it_is() {
    hold_all_files_to(heads::check);
}

#[test]
fn what_is_banned_stays_out() {
    hold_all_files_to(banned::check);
}

#[test]
fn nothing_depends_on_the_machine_it_was_written_on() {
    hold_all_files_to(places::check);
}

#[test]
fn every_room_is_on_the_map() {
    let tree = Tree::read();
    assert_none(floors::check_map(&tree));
}

fn hold_all_files_to(rule: fn(&File) -> Vec<Complaint>) {
    let tree = Tree::read();
    assert!(tree.files.len() > 50, "only {} files were found", tree.files.len());
    assert_none(tree.files.iter().flat_map(rule).collect());
}

fn assert_none(complaints: Vec<Complaint>) {
    let lines: Vec<String> = complaints.iter().map(Complaint::to_string).collect();
    assert!(lines.is_empty(), "{} complaints:\n{}\n", lines.len(), lines.join("\n"));
}
