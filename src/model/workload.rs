//! What a request needs: how long until the first byte, between bytes and in all.

use crate::duration::Dur;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The answer comes whole.
    #[default]
    Buffered,
    Streaming,
}

impl Mode {
    pub const NAMES: [(&'static str, Mode); 2] = [("buffered", Self::Buffered), ("streaming", Self::Streaming)];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Buffered => "buffered",
            Self::Streaming => "streaming",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    pub preset: Option<&'static str>,
    pub mode: Mode,
    pub first_byte: Option<Dur>,
    /// The longest silence inside a stream.
    pub gap: Option<Dur>,
    /// From the request's start to the answer's end, such as a p99.
    pub total: Option<Dur>,
    /// The longest time that sending the request body takes.
    pub upload: Option<Dur>,
    /// Of the whole request: where a hop makes several calls for it, of all of them together.
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
}

/// A named workload. The figures are the upper ends of the ranges in the product's requirements.
pub struct Preset {
    pub name: &'static str,
    pub summary: &'static str,
    pub total: Dur,
    pub first_byte: Option<Dur>,
}

pub const PRESETS: [Preset; 5] = [
    Preset { name: "simple-qa", summary: "a short question and answer", total: Dur::from_secs(3), first_byte: None },
    Preset {
        name: "code-generation",
        summary: "a function or a file of code",
        total: Dur::from_secs(20),
        first_byte: None,
    },
    Preset { name: "long-form", summary: "an article or report", total: Dur::from_secs(60), first_byte: None },
    Preset {
        name: "reasoning",
        summary: "a model that thinks before it answers",
        total: Dur::from_secs(120),
        first_byte: Some(Dur::from_secs(30)),
    },
    Preset {
        name: "agent",
        summary: "several model and tool calls in a row",
        total: Dur::from_secs(300),
        first_byte: None,
    },
];

impl Workload {
    /// What is assumed of a chain that ends at a model and states nothing.
    pub fn assumed() -> Workload {
        Workload { total: Some(Dur::from_secs(60)), ..Workload::default() }
    }

    pub fn preset(name: &str) -> Option<Workload> {
        let preset = PRESETS.iter().find(|p| p.name == name)?;
        Some(Workload {
            preset: Some(preset.name),
            first_byte: preset.first_byte,
            total: Some(preset.total),
            ..Workload::default()
        })
    }
}
