#!/usr/bin/env bash
# Fuzzes each target, or those in TARGETS, for SECONDS_EACH (default 60), or for its share of MINUTES, with the fixtures as
# seeds. What it finds becomes a named file in processor/fuzz/regressions, which `make test` replays. At the end it tells for
# each target how many inputs were run, how many features of the code these reach, and what was found.
set -euo pipefail
cd "$(dirname "$0")/../processor"
read -ra targets <<<"${TARGETS:-heif jpeg webp bmp gif ico jxl jxl-encode png qoi svg tiff probe transform recipe}"
seconds=${SECONDS_EACH:-60}
if [ -n "${MINUTES-}" ]; then seconds=$((MINUTES * 60 / ${#targets[@]})); fi
cache=${DARKROOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom}
PATH=$cache/tools/bin:$PATH
command -v cargo-fuzz >/dev/null || cargo install --locked --root "$cache/tools" cargo-fuzz
unset CARGO_BUILD_BUILD_DIR
export RUSTC_BOOTSTRAP=1 # the sanitizers' flags are unstable ones
status=0
summary=()
for target in "${targets[@]}"; do
  corpus=$cache/fuzz/$target
  seeds=fuzz/regressions/$target
  words=()
  mkdir -p "$corpus" "$seeds"
  if [ "$target" = transform ]; then # its first byte chooses the recipe
    for file in ../tests/fixtures/good/*; do (printf '\0'; cat "$file") >"$corpus/$(basename "$file")"; done
  elif [ "$target" = jpeg ]; then # its first byte chooses the reduction
    for file in ../tests/fixtures/good/*.jpg jpeg/tests/fixtures/*.jpg; do
      (printf '\0'; cat "$file") >"$corpus/$(basename "$file")"
    done
  elif [ "$target" = jxl-encode ]; then # its first three bytes choose the use of the others
    for file in ../tests/fixtures/good/*.jpg; do
      (printf '\0\0\0'; cat "$file") >"$corpus/$(basename "$file")"
      for kind in '\1' '\3' '\7'; do (printf "$kind\37\2"; head -c 6000 "$file") >"$corpus/${kind#?}-$(basename "$file")"; done
    done
  elif [ "$target" = heif ]; then # its first byte chooses the reduction
    for file in heif/tests/fixtures/*.{avif,heic} ../tests/fixtures/good/*.{avif,heic}; do
      (printf '\4'; cat "$file") >"$corpus/$(basename "$file")" # and 16 bits
    done
  elif [ "$target" = svg ]; then
    cp ../tests/fixtures/svg/*.svg "$corpus"
  elif [ "$target" = probe ]; then
    cp ../tests/fixtures/good/* ../tests/fixtures/svg/* "$corpus"
  elif [ "$target" = recipe ]; then # an empty corpus, and the words of every option
    cargo run -q --release -p darkroom-recipe --example dictionary >"$cache/fuzz/recipe.dict"
    words+=(-dict="$cache/fuzz/recipe.dict")
  elif compgen -G "../tests/fixtures/good/*.$target" >/dev/null; then
    cp ../tests/fixtures/good/*."$target" "$corpus"
  fi
  log=$cache/fuzz/$target.log
  found=nothing
  cargo fuzz run --release --target-dir "$cache/fuzz-target" "$target" "$corpus" "$seeds" -- \
    -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 "${words[@]}" 2>&1 |
    tee "$log" | grep -v '^#' || { status=1 found="$(grep -o 'Test unit written to .*' "$log" || echo 'see the log')"; }
  run=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  reached=$(sed -n 's/^#.* ft: \([0-9]*\) .*/\1/p' "$log" | tail -1)
  summary+=("$(printf '%-12s %9s runs, %6s features, found: %s' "$target" "${run:-no}" "${reached:-no}" "$found")")
done
printf '%s\n' "${summary[@]}"
exit "$status"
