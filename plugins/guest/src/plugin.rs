//! The macro that makes a plugin of what an author wrote.
//!
//! Each kind that is named becomes one exported interface of the contract; what is not named is not exported.

/// Offers what it names: `plugin!(tasks: [VatChecks], selectors: [LeastLoaded]);`, of `tasks`, `selectors`, `checks` and
/// `listeners`. Once in a crate, at its top.
#[macro_export]
macro_rules! plugin {
    ($($kind:ident: [$($offered:ty),+ $(,)?]),+ $(,)?) => { $($crate::__offer!($kind: $($offered),+);)+ };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __offer {
    (tasks: $($offered:ty),+) => { $crate::__offer!(tasks, Tasks, $($offered),+); };
    (selectors: $($offered:ty),+) => { $crate::__offer!(selectors, Selectors, $($offered),+); };
    (checks: $($offered:ty),+) => { $crate::__offer!(checks, Checks, $($offered),+); };
    (listeners: $($offered:ty),+) => { $crate::__offer!(listeners, Listeners, $($offered),+); };
    // Natively the table is built all the same, so that `cargo test` finds a wrong type.
    ($kind:ident, $Table:ident, $($offered:ty),+) => {
        const _: () = {
            #[allow(dead_code)]
            struct Offered;
            impl $crate::Offer<$crate::$Table> for Offered {
                const ALL: &'static [$crate::$Table] = &[$($crate::$Table::of::<$offered>()),+];
            }
            #[cfg(target_family = "wasm")]
            type Exported = $crate::host::Exported<Offered>;
            #[cfg(target_family = "wasm")]
            $crate::host::$kind::export!(Exported with_types_in $crate::host::$kind);
        };
    };
}
