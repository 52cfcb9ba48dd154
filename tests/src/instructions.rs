use darkroom_recipe::{Limits, Recipe};
use wasmtime::component::{Component, Instance, Linker, Val};
use wasmtime::{Config, Engine, Store};

use crate::component;

/// The image core in an engine that counts instructions: the count is the same on every machine while the component is
/// unchanged.
pub struct Counter {
    engine: Engine,
    component: Component,
}

/// The cost and the result of one call.
pub struct Counted {
    /// WebAssembly instructions, as wasmtime counts fuel: one each, none for markers.
    pub instructions: u64,
    /// The first recipe's bytes.
    pub bytes: Vec<u8>,
}

impl Counter {
    /// Compiles the component: seconds.
    ///
    /// # Panics
    /// When it can't be compiled.
    #[must_use]
    pub fn new() -> Self {
        let mut config = Config::new();
        config.consume_fuel(true).concurrency_support(false);
        let engine = Engine::new(&config).expect("an engine");
        let component = Component::from_file(&engine, component("processor.wasm")).expect("the component");
        Self { engine, component }
    }

    /// `transform` in a fresh instance.
    ///
    /// # Panics
    /// When the core refuses the source or the first recipe.
    #[must_use]
    pub fn transform(&self, source: &[u8], recipes: &[Recipe]) -> Counted {
        let mut store = Store::new(&self.engine, ());
        store.set_fuel(u64::MAX).expect("fuel is counted");
        let instance = Linker::new(&self.engine).instantiate(&mut store, &self.component).expect("no imports");
        let source = Val::List(source.iter().copied().map(Val::U8).collect());
        let recipes = recipes.iter().map(|recipe| Val::String(recipe.to_string())).collect();
        let arguments = [Val::List(vec![source]), Val::List(recipes), Val::String(Limits::default().to_string())];
        let mut results = [Val::Bool(false)];
        let transform = export(&instance, &mut store, "transform");
        transform.call(&mut store, &arguments, &mut results).expect("no trap");
        let [result] = results;
        Counted { instructions: u64::MAX - store.get_fuel().expect("fuel is counted"), bytes: first_bytes(result) }
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self::new()
    }
}

fn export(instance: &Instance, store: &mut Store<()>, name: &str) -> wasmtime::component::Func {
    let interface =
        instance.get_export_index(&mut *store, None, "darkroom:image/processor@0.1.0").expect("the contract");
    let function = instance.get_export_index(&mut *store, Some(&interface), name).expect("its function");
    instance.get_func(&mut *store, function).expect("a function")
}

/// `result<transformed, error>`, down to the bytes of its first rendition.
fn first_bytes(result: Val) -> Vec<u8> {
    let field = |value: Val, name: &str| -> Val {
        let Val::Record(fields) = value else { panic!("no record: {value:?}") };
        fields.into_iter().find(|(known, _)| known == name).expect("a field").1
    };
    let ok = |value: Val| match value {
        Val::Result(Ok(Some(value))) => *value,
        other => panic!("{other:?}"),
    };
    let Val::List(renditions) = field(ok(result), "results") else { panic!("no list") };
    let rendition = ok(renditions.into_iter().next().expect("a recipe"));
    let Val::List(bytes) = field(rendition, "bytes") else { panic!("no bytes") };
    let byte = |value| if let Val::U8(byte) = value { byte } else { panic!("no byte") };
    bytes.into_iter().map(byte).collect()
}
