;; A component of the world `image-processor` that misbehaves on demand. The first byte of the source says how `probe`
;; answers: t traps, l loops, m takes memory until it gets no more; all else is an image of 1 × 1 pixels.
(module
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 4096))

  ;; result<string, error>: ok, and where the text is
  (data (i32.const 1024) "\00\00\00\00\00\08\00\00\86\00\00\00")
  (data (i32.const 2048) "{\"format\":\"jpeg\",\"width\":1,\"height\":1,\"orientation\":1,\"frames\":1,\"alpha\":false,\"bitsPerChannel\":8,\"iccProfile\":false,\"metadata\":false}")

  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $start i32)
    (local.set $start (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $start) (local.get $size)))
    (local.get $start))

  (func (export "darkroom:image/processor@0.1.0#probe")
    (param $source i32) (param i32 i32 i32) (result i32)
    (local $how i32)
    (local.set $how (i32.load8_u (local.get $source)))
    (if (i32.eq (local.get $how) (i32.const 0x74)) (then (unreachable)))
    (if (i32.eq (local.get $how) (i32.const 0x6c)) (then (loop $forever (br $forever))))
    (if (i32.eq (local.get $how) (i32.const 0x6d))
      (then (loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (unreachable)))
    (i32.const 1024))

  (func (export "darkroom:image/processor@0.1.0#describe") (param i32 i32 i32 i32) (result i32) (unreachable))

  (func (export "darkroom:image/processor@0.1.0#transform") (param i32 i32 i32 i32 i32 i32) (result i32)
    (unreachable))

  (func (export "darkroom:image/processor@0.1.0#canonical") (param i32 i32) (result i32) (unreachable))

  (func (export "darkroom:image/processor@0.1.0#options") (result i32) (unreachable))

  (func (export "darkroom:image/processor@0.1.0#formats") (result i32) (unreachable))

  (func (export "darkroom:image/processor@0.1.0#default-limits") (result i32) (unreachable))

  (func (export "darkroom:image/processor@0.1.0#output-version") (result i32) (i32.const 7)))
