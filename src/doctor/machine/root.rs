//! Root: the folder below which `/proc` and `/sys` are read, and how: whole, small, or not at all.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::PathBuf;

/// Of a larger file nothing is believed. `/proc/stat` is the longest, on machines of many cores.
const FILE_BYTES_MAX: u64 = 1 << 20;
const ENTRIES_MAX: usize = 16_384;

/// Where the files of a system are.
#[derive(Clone, Debug)]
pub struct Root(PathBuf);

/// Something that a machine may be without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<T> {
    /// It could not be looked at.
    Unknown,
    /// The machine is without it.
    Absent,
    /// It is there.
    There(T),
}

impl<T> Part<T> {
    /// What is there.
    pub fn known(self) -> Option<T> {
        match self {
            Part::There(it) => Some(it),
            Part::Unknown | Part::Absent => None,
        }
    }
}

impl Root {
    /// The system's own.
    pub fn system() -> Root {
        Root("/".into())
    }

    /// The folder at `path`, which stands for a system's root.
    pub fn at(path: impl Into<PathBuf>) -> Root {
        Root(path.into())
    }

    /// The text of a file; absent where there is no such file.
    pub(super) fn text(&self, path: &str) -> Part<String> {
        let mut bytes = Vec::new();
        let file = File::open(self.0.join(path));
        let read = file.and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
        match read {
            Err(why) if why.kind() == ErrorKind::NotFound => Part::Absent,
            Ok(len) if len as u64 <= FILE_BYTES_MAX => match String::from_utf8(bytes) {
                Ok(text) => Part::There(text),
                Err(_) => Part::Unknown,
            },
            _ => Part::Unknown,
        }
    }

    /// The one number that a file holds.
    pub(super) fn number(&self, path: &str) -> Option<u64> {
        self.numbers(path).map(|[number]| number)
    }

    /// The numbers that a file holds, which are as many as are asked for.
    pub(super) fn numbers<const N: usize>(&self, path: &str) -> Option<[u64; N]> {
        let text = self.text(path).known()?;
        let numbers: Result<Vec<u64>, _> = text.split_whitespace().map(str::parse).collect();
        numbers.ok()?.try_into().ok()
    }

    /// The names in a folder.
    pub(super) fn names(&self, path: &str) -> Option<Vec<String>> {
        let entries = fs::read_dir(self.0.join(path)).ok()?;
        let names = entries.take(ENTRIES_MAX).flatten().map(|entry| entry.file_name());
        Some(names.map(|name| name.to_string_lossy().into_owned()).collect())
    }

    /// Whether there is such a file or folder.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.join(path).exists()
    }
}
