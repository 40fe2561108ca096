//! Where the providers answer that gateways name by a word: `openai/gpt-4o`, `provider: anthropic`.

use super::Address;

/// A provider's word, its platform in the catalogue, and its host.
const PROVIDERS: [(&str, &str, &str); 14] = [
    ("openai", "openai", "api.openai.com"),
    ("anthropic", "anthropic", "api.anthropic.com"),
    ("gemini", "google-gemini", "generativelanguage.googleapis.com"),
    ("vertex_ai", "google-vertex", "aiplatform.googleapis.com"),
    ("bedrock", "aws-bedrock", "bedrock-runtime.amazonaws.com"),
    ("azure", "azure-openai", "openai.azure.com"),
    ("mistral", "mistral", "api.mistral.ai"),
    ("cohere", "cohere", "api.cohere.com"),
    ("cohere_chat", "cohere", "api.cohere.com"),
    ("deepseek", "deepseek", "api.deepseek.com"),
    ("groq", "groq", "api.groq.com"),
    ("together_ai", "together", "api.together.xyz"),
    ("fireworks_ai", "fireworks", "api.fireworks.ai"),
    ("openrouter", "openrouter", "openrouter.ai"),
];

/// Where calls to a provider go, unless something else is stated.
pub fn address(word: &str) -> Option<Address> {
    find(word).map(|(_, _, host)| Address::host(host, Some(443)))
}

/// The platform of a provider.
pub fn platform(word: &str) -> Option<&'static str> {
    find(word).map(|(_, platform, _)| *platform)
}

fn find(word: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    PROVIDERS.iter().find(|(known, _, _)| *known == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::store::Catalog;

    #[test]
    fn words_and_hosts_lead_to_one_platform() {
        let catalog = Catalog::default();
        for (word, id, host) in PROVIDERS {
            assert_eq!(platform(word), Some(id));
            assert!(catalog.find(id).is_some(), "{id}");
            assert_eq!(address(word).map(|a| a.to_string()), Some(format!("{host}:443")));
        }
        assert_eq!(address("unknown"), None);
    }
}
