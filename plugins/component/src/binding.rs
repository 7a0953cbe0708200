//! The contract in Rust, made from its WIT.
//!
//! Owns: nothing by hand. A component is not held to one world: each exported interface is looked for by itself.
#![allow(missing_docs)]

wasmtime::component::bindgen!({
    path: "../../schemas/plugin/v0.1",
    world: "everything",
    imports: {
        "jobwright:plugin/journal.log": trappable,
        default: async | trappable,
    },
    exports: { default: async },
});
