/// Where an alert stands among those that one login raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertGroupPosition {
    /// From 1, in the order of the stream.
    pub position: u32,
    /// How many alerts the login raised.
    pub size: u32,
}
