//! The meetings context.
