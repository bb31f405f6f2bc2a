//! Writer: the one thread that writes a record, as far as disk and limit allow.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write};
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

use super::post::Parcel;
use super::{MARKER, Missing, Post, RecordHeader};
use crate::history::record::Head;

/// Left free at the end for the block that says why there is no more.
const MARKER_BYTES: u64 = Head::BYTES as u64 + 1;

/// Where a record is written to.
pub trait RecordFile: Write + Send + 'static {
    /// Takes away all but the first `bytes`, and goes on there.
    ///
    /// # Errors
    /// When that cannot be done.
    fn cut(&mut self, bytes: u64) -> io::Result<()>;
}

impl RecordFile for File {
    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        if self.metadata()?.is_file() {
            self.set_len(bytes)?;
            return self.seek(SeekFrom::Start(bytes)).map(drop);
        }
        // Nothing can be taken away again of what a device was given.
        if bytes == 0 { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
    }
}

/// A record that is being written.
#[derive(Debug)]
pub struct Recording {
    post: Post,
    writer: JoinHandle<Written>,
}

/// What became of a record.
#[derive(Debug)]
pub struct Written {
    /// How long it is.
    pub bytes: u64,
    /// Blocks of it that say something of the run.
    pub blocks: u64,
    /// Why it ends before its run, if it does.
    pub missing: Option<Missing>,
    /// What the disk said, if that is why.
    pub error: Option<io::Error>,
}

impl Recording {
    /// Starts the thread that writes a record to `file`, `bytes_max` long at most. What is in the
    /// file stays until there is something to be recorded.
    ///
    /// # Errors
    /// When the beginning alone is longer than the record may be, or there is no thread.
    pub fn start(
        file: impl RecordFile,
        header: &RecordHeader,
        bytes_max: u64,
    ) -> io::Result<Recording> {
        let beginning = header.to_bytes();
        let bytes = beginning.len() as u64;
        if bytes + MARKER_BYTES > bytes_max {
            let what = format!("its beginning alone takes {} bytes", bytes + MARKER_BYTES);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
        }
        let (post, parcels) = Post::new(header.shards);
        let mut writer = Writer {
            file,
            beginning,
            bytes,
            bytes_max,
            blocks: 0,
            is_whole: true,
            post: post.clone(),
        };
        let thread = std::thread::Builder::new().name("record".into());
        let writer = thread.spawn(move || writer.write(parcels))?;
        Ok(Recording { post, writer })
    }

    /// Where to post what belongs into it.
    pub fn post(&self) -> Post {
        self.post.clone()
    }

    /// Waits until all that was posted is written.
    ///
    /// # Panics
    /// When the thread that writes did.
    pub fn finish(self) -> Written {
        // One that has ended before is not waited for.
        let _ = self.post.queue.send(Parcel::End);
        self.writer.join().expect("the thread that writes the record does not panic")
    }
}

struct Writer<F> {
    file: F,
    /// Until it is written, with the first block.
    beginning: Vec<u8>,
    /// Of the beginning and whole blocks.
    bytes: u64,
    bytes_max: u64,
    blocks: u64,
    /// Whether it ends where a block does.
    is_whole: bool,
    post: Post,
}

impl<F: RecordFile> Writer<F> {
    fn write(&mut self, parcels: Receiver<Parcel>) -> Written {
        let mut error = None;
        while let Ok(Parcel::Block { stream, number, payload }) = parcels.recv() {
            if let Err(why) = self.block(stream, number, &payload) {
                error = Some(why);
            }
            if self.post.is_over() {
                break;
            }
        }
        // What had a place in the queue before it was full is part of the record.
        while error.is_none()
            && self.post.missing.get() == Some(&Missing::SlowDisk)
            && let Ok(Parcel::Block { stream, number, payload }) = parcels.try_recv()
        {
            error = self.block(stream, number, &payload).err();
        }
        drop(parcels);
        let missing = self.post.missing.get().copied();
        if let Some(missing) = missing.filter(|_| self.is_whole) {
            // Without room for it, the end of the file says as much.
            let _ = self.append(MARKER, 0, &[missing.to_byte()]);
        }
        Written { bytes: self.bytes, blocks: self.blocks, missing, error }
    }

    /// Appends a block, unless the limit is reached or the disk takes it not: then it was the last.
    fn block(&mut self, stream: u32, number: u32, payload: &[u8]) -> io::Result<()> {
        let needed = Head::BYTES as u64 + payload.len() as u64 + MARKER_BYTES;
        if self.bytes + needed > self.bytes_max {
            let _ = self.post.missing.set(Missing::Limit);
            // The queue was full before: what of it is behind this has no place any more.
            self.bytes_max = self.bytes + MARKER_BYTES;
            return Ok(());
        }
        let appended = self.append(stream, number, payload);
        match &appended {
            Ok(()) => self.blocks += 1,
            Err(_) => drop(self.post.missing.set(Missing::DiskError)),
        }
        appended
    }

    /// Writes the beginning, if that is still to be done.
    fn begin(&mut self) -> io::Result<()> {
        let beginning = std::mem::take(&mut self.beginning);
        if beginning.is_empty() {
            return Ok(());
        }
        let written = self.file.cut(0).and_then(|()| self.file.write_all(&beginning));
        if written.is_err() {
            (self.bytes, self.is_whole) = (0, false);
        }
        written
    }

    fn append(&mut self, stream: u32, number: u32, payload: &[u8]) -> io::Result<()> {
        self.begin()?;
        let head = Head::of(stream, number, payload).to_bytes();
        let written = self.file.write_all(&head).and_then(|()| self.file.write_all(payload));
        match written {
            Ok(()) => self.bytes += (head.len() + payload.len()) as u64,
            // Half a block would be in the way of the marker.
            Err(_) => self.is_whole = self.file.cut(self.bytes).is_ok(),
        }
        written
    }
}
