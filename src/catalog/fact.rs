//! Where a fact comes from. Its words are read when somebody wants to see them: a check of a chain wants few.

use super::packed::{Packed, Packer, Packet};
use super::{Confidence, Prose};
use std::ops::Deref;
use std::sync::OnceLock;

/// Where a fact comes from and who checked it when. Its [`Words`] are fields of it, too.
#[derive(Clone, Debug)]
pub struct Fact {
    pub checked: Confidence,
    words: OnceLock<Box<Words>>,
    /// What the words are read from.
    packed: Packet,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub source: Prose,
    pub date: Prose,
    pub how: Prose,
    pub note: Option<Prose>,
}

impl Fact {
    pub fn new(checked: Confidence, words: Words) -> Self {
        Self { checked, words: OnceLock::from(Box::new(words)), packed: Packet { bytes: &[], texts: "" } }
    }
}

impl Deref for Fact {
    type Target = Words;

    fn deref(&self) -> &Words {
        self.words.get_or_init(|| Words::unpack(&mut self.packed.clone()).map(Box::new).unwrap_or_default())
    }
}

impl PartialEq for Fact {
    fn eq(&self, other: &Self) -> bool {
        self.checked == other.checked && **self == **other
    }
}

impl Eq for Fact {}

impl Packed for Fact {
    fn pack(&self, out: &mut Packer) {
        self.checked.pack(out);
        let start = out.bytes.len();
        (**self).pack(out);
        let words = out.bytes.split_off(start);
        words.len().pack(out);
        out.bytes.extend(words);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        let checked = Packed::unpack(from)?;
        let size = usize::unpack(from)?;
        let (words, rest) = from.bytes.split_at_checked(size)?;
        from.bytes = rest;
        Some(Self { checked, words: OnceLock::new(), packed: Packet { bytes: words, texts: from.texts } })
    }
}
