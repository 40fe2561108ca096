use super::Platform;
pub fn embedded(_text: &str, _parent: Option<&str>) -> Option<Platform> {
    None
}
