pub fn nearest<'a>(_typed: &str, _known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    None
}
