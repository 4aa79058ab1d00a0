//! Rules of the house, and documents that say what the program does.

mod circles;
mod cluster;
mod documentation;
mod install;
mod keys;
mod pictures;
mod release;
mod rooms;
mod security;
