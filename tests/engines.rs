//! The one list of the store engines. The cases of a suite are a macro that gets an engine first; the macros here call
//! it for each engine.

/// Calls `suite! { engine … }` for each engine. A Redis Cluster counts as one.
macro_rules! on_each_store {
    ($($suite:ident)::+! { $($arguments:tt)* }) => {
        $($suite)::+! { redis $($arguments)* }
        $($suite)::+! { cluster $($arguments)* }
        $($suite)::+! { sqlite $($arguments)* }
    };
}

/// Does the same without the Cluster, for suites to which the number of servers makes no difference. Passes the name of
/// the constructor of a node as well.
macro_rules! on_each_single_store {
    ($($suite:ident)::+! { $($arguments:tt)* }) => {
        $($suite)::+! { redis on_redis $($arguments)* }
        $($suite)::+! { sqlite on_sqlite $($arguments)* }
    };
}

pub(crate) use {on_each_single_store, on_each_store};
