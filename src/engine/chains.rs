//! The chains of files as they work, for commands that judge nothing.

use super::{Engine, Source, stem};
use crate::diag::Diagnostic;
use crate::import::bind::bind;
use crate::import::store::{Loaded, Store};
use crate::model::{self, Chain};
use crate::resolve::chain::ChainDefaults;
use crate::resolve::{Resolved, Resolver};
use crate::span::FileId;
use crate::syntax::decode::Ctx;
use crate::syntax::{Format, parse};
use std::path::Path;

impl Engine<'_> {
    /// The chains of one file, each changed before it is resolved, and what is wrong with the form of the file.
    pub fn chains_of(
        &self,
        file: FileId,
        source: &Source,
        store: &Store<'_>,
        change: &dyn Fn(&mut Chain),
    ) -> (Vec<Resolved>, Vec<Diagnostic>) {
        let format = Format::from_path(Path::new(&source.path)).unwrap_or(Format::Yaml);
        let parsed = parse(&source.text, format);
        let mut ctx = Ctx::new(file, &source.text, format, &parsed);
        let chains = model::decode::file(parsed.root.as_ref(), stem(&source.path), &mut ctx);
        let mut resolver = self.resolver();
        let resolved = chains.into_iter().map(|chain| {
            let mut chain = bind(chain, Path::new(&source.path), store).chain;
            change(&mut chain);
            resolver.resolve(&chain)
        });
        (resolved.collect(), ctx.diagnostics)
    }

    /// The parts of chains that deployed files state.
    pub fn deployed_chains(&self, loaded: &[Loaded], store: &Store<'_>, change: &dyn Fn(&mut Chain)) -> Vec<Resolved> {
        let mut resolver = self.resolver();
        let fragments = self.fragments(loaded, store).into_iter();
        let resolved = fragments.map(|mut fragment| {
            change(&mut fragment.chain);
            resolver.resolve(&fragment.chain)
        });
        resolved.collect()
    }

    fn resolver(&self) -> Resolver<'_> {
        Resolver::new(self.catalog, ChainDefaults { order: self.config.order, margin: self.config.margin })
    }
}
