//! Input: everything that can be wrong with what chatbench is given, from a flag to a server.
//! Each is a row: a command line, how it must end, and what the user must be told.

mod files;
mod flags;
mod hostile;
mod row;
mod targets;
mod tls;
