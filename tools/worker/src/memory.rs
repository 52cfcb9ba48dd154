//! Lets consecutive instances share one memory.
//!
//! A fresh instance for each image leaves its memory to the garbage collector, and collectors run late: dozens of dead
//! memories remain, in an isolate that has 128 MB. Since a memory can't shrink, an allocator that only ever asks for
//! more would find a used one full. So the module imports its memory, and keeps its own count of how much belongs to
//! the current instance: `memory.grow` hands out existing pages before it asks for more. The caller that instantiates
//! it must first fill the memory with zeros, which makes it as good as fresh.

use anyhow::{Context, bail};
use walrus::ir::{BinaryOp, Call, GlobalGet, Instr, InstrSeqId, MemoryGrow, MemorySize, VisitorMut, dfs_pre_order_mut};
use walrus::{ConstExpr, FunctionBuilder, FunctionId, GlobalId, MemoryId, Module, ValType};

/// The import name of the memory.
const IMPORT: (&str, &str) = ("darkroom", "memory");

/// `module` with an imported memory that grows to at most `pages` of 64 KiB, and the minimum number of pages it needs.
///
/// # Errors
/// If it is not a module with one memory of its own, or initially needs more than `pages`.
pub(crate) fn shared(module: &[u8], pages: u64) -> anyhow::Result<(Vec<u8>, u64)> {
    let mut module = Module::from_buffer(module).context("not a core module")?;
    let memories: Vec<MemoryId> = module.memories.iter().map(|memory| memory.id()).collect();
    let [memory] = memories[..] else { bail!("{} memories: must be one", memories.len()) };
    let least = module.memories.get(memory).initial;
    if module.memories.get(memory).import.is_some() || least > pages {
        bail!("a memory of {least} pages: must be one of its own, of at most {pages}");
    }
    let import = module.imports.add(IMPORT.0, IMPORT.1, memory);
    let declared = module.memories.get_mut(memory);
    declared.import = Some(import);
    declared.maximum = Some(pages);

    let had = ConstExpr::Value(walrus::ir::Value::I32(i32::try_from(least)?));
    let had = module.globals.add_local(ValType::I32, true, false, had);
    let functions: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let grow = grow(&mut module, memory, had);
    for id in functions {
        let function = module.funcs.get_mut(id).kind.unwrap_local_mut();
        let entry: InstrSeqId = function.entry_block();
        dfs_pre_order_mut(&mut Counted { grow, had }, function, entry);
    }
    Ok((module.emit_wasm(), least))
}

/// `memory.grow` by the instance's own count: returns the previous number of pages, or -1 (WebAssembly core
/// specification 4.4.7).
fn grow(module: &mut Module, memory: MemoryId, had: GlobalId) -> FunctionId {
    let [delta, wanted, there] = [(); 3].map(|()| module.locals.add(ValType::I32));
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
    function
        .func_body()
        .global_get(had)
        .local_get(delta)
        .binop(BinaryOp::I32Add)
        .local_set(wanted)
        .memory_size(memory)
        .local_set(there)
        .local_get(wanted)
        .local_get(there)
        .binop(BinaryOp::I32GtU)
        .if_else(
            None,
            |more| {
                more.local_get(wanted).local_get(there).binop(BinaryOp::I32Sub).memory_grow(memory).i32_const(-1);
                more.binop(BinaryOp::I32Eq).if_else(
                    None,
                    |none| {
                        none.i32_const(-1).return_();
                    },
                    |_| {},
                );
            },
            |_| {},
        )
        .global_get(had)
        .local_get(wanted)
        .global_set(had);
    function.finish(vec![delta], &mut module.funcs)
}

/// Replaces instructions that access the memory's own size.
struct Counted {
    grow: FunctionId,
    had: GlobalId,
}

impl VisitorMut for Counted {
    fn visit_instr_mut(&mut self, instr: &mut Instr, _: &mut walrus::ir::InstrLocId) {
        match instr {
            Instr::MemoryGrow(MemoryGrow { .. }) => *instr = Instr::Call(Call { func: self.grow }),
            Instr::MemorySize(MemorySize { .. }) => *instr = Instr::GlobalGet(GlobalGet { global: self.had }),
            _ => {}
        }
    }
}
