//! Values that cannot be stored, clocks that jump, and an engine that goes on.
