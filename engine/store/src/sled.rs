//! The view in sled: the named store of every row.
//!
//! Owns: the parts of it. Leaves the folder around it, and when it is opened, to `local`.

mod side_files;
mod view;

pub(crate) use view::SledView;
