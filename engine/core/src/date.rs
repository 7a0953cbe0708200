//! Date rules: `anchor, step, step …`, read and evaluated.
