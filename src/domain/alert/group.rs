/// The position of an alert among those that one login raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertGroupPosition {
    /// The position, counted from 1 in the order of the stream.
    pub position: u32,
    /// The number of alerts that the login raised.
    pub size: u32,
}
