#!/usr/bin/env bash
# Builds a Rust crate into a component: `rust-toolchain.sh build CRATE_DIR OUT.wasm`, or `setup` alone.
#
# With rustup's wasm32-wasip2 the ordinary way is taken. A machine that has cargo but can't fetch that target (our own
# builders) gets Debian's rustc for the web, unpacked beside the system, with a standard library built from source for
# wasm32-unknown-unknown. Such a component imports only what its plugin calls, and no `wasi:` at all.
# Ends with 3 and one sentence when what it needs is out of reach. JOBWRIGHT_TOOLCHAINS moves the folder.
set -euo pipefail

HOME_DIR="${JOBWRIGHT_TOOLCHAINS:-$HOME/.cache/jobwright-toolchains}/rust"
ROOT="$HOME_DIR/root"
TARGET=wasm32-unknown-unknown
SYSROOT="$ROOT/usr"
RUSTC_BIN="$SYSROOT/bin/rustc"
HOST_BIN="$SYSROOT/lib/rustlib/x86_64-unknown-linux-gnu/bin"
STAMP="$HOME_DIR/ready"

say() { printf 'rust: %s\n' "$*" >&2; }
out_of_reach() { say "$*"; exit 3; }
die() { say "$*"; exit 1; }

has_wasip2() {
  [ -z "${JOBWRIGHT_RUST_FROM_DEBIAN:-}" ] && command -v rustup >/dev/null &&
    rustup target list --installed 2>/dev/null | grep -qx wasm32-wasip2
}

guest_env() {
  export LD_LIBRARY_PATH="$ROOT/usr/lib/x86_64-linux-gnu:$ROOT/usr/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  export RUSTC="$RUSTC_BIN" PATH="$HOME_DIR/bin:$PATH"
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$HOME_DIR/bin/component-linker"
  # A wrapper, flags or target that are set for the host's compiler must not leak into this one's work.
  unset RUSTC_WRAPPER RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET RUSTUP_TOOLCHAIN
}

fetch_packages() {
  command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
    out_of_reach "needs rustup's wasm32-wasip2 target, or Debian's packages in its place"
  [ "$(uname -m)" = x86_64 ] || out_of_reach "Debian's packages are used on x86_64 only; add rustup's wasm32-wasip2 target"
  local std="" llvm packages package
  for attempt in 1 2; do
    std=$(apt-cache depends libstd-rust-web-dev 2>/dev/null | awk '/Depends: libstd-rust-web-[0-9]/{print $2}' | head -n 1 || true)
    [ -n "$std" ] && break
    [ "$attempt" = 1 ] || out_of_reach "Debian's lists have no package libstd-rust-web-dev"
    apt-get -qq update || out_of_reach "Debian's packages are out of reach, and rustup has no wasm32-wasip2 target"
  done
  # The LLVM that this rustc was linked with names the lld that fits it.
  llvm=$(apt-cache depends "$std" | awk '/Depends: libllvm[0-9]/{sub("libllvm","",$2); print $2}' | head -n 1 || true)
  [ -n "$llvm" ] || die "cannot tell which LLVM $std needs"
  packages="rustc-web rust-web-llvm libstd-rust-web-dev $std rust-web-src libllvm$llvm lld-$llvm"
  rm -rf "$ROOT" "$HOME_DIR/debs"
  mkdir -p "$HOME_DIR/debs" "$HOME_DIR/bin" "$ROOT"
  # Unpacked, never installed: rustc-web conflicts with rustup.
  # shellcheck disable=SC2086
  (cd "$HOME_DIR/debs" && apt-get -qq -o APT::Sandbox::User=root download $packages) ||
    out_of_reach "Debian's packages are out of reach, and rustup has no wasm32-wasip2 target"
  for package in "$HOME_DIR"/debs/*.deb; do
    case "$package" in
      # Only the standard library's part of a large package.
      */rust-web-src_*) dpkg --fsys-tarfile "$package" | tar -x -C "$ROOT" --wildcards './usr/src/rustc-*/library' './usr/lib/rustlib/src/*' ;;
      *) dpkg -x "$package" "$ROOT" ;;
    esac
  done
  rm -rf "$HOME_DIR/debs"
  [ -x "$HOST_BIN/wasm-component-ld" ] || die "the packages hold no wasm-component-ld"
  ln -sf "$ROOT/usr/lib/llvm-$llvm/bin/lld" "$HOME_DIR/bin/wasm-ld"
  # Its own options must stand behind rustc's, so a plain setting of the linker will not do.
  printf '#!/bin/sh\nexec "%s" "$@" --wasm-ld-path "%s"\n' "$HOST_BIN/wasm-component-ld" "$HOME_DIR/bin/wasm-ld" > "$HOME_DIR/bin/component-linker"
  chmod +x "$HOME_DIR/bin/component-linker"
}

build_std() {
  local work="$HOME_DIR/std" lib="$SYSROOT/lib/rustlib/$TARGET/lib"
  rm -rf "$work" "$lib"
  mkdir -p "$work/src" "$lib"
  printf '[package]\nname = "stdprobe"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n[profile.release]\npanic = "abort"\n' > "$work/Cargo.toml"
  : > "$work/src/lib.rs"
  # Bitcode in the objects, as in the library that rustup ships: without it guests can't use lto.
  (guest_env; unset CARGO_TARGET_DIR; cd "$work"
   RUSTFLAGS="-Cembed-bitcode=yes" RUSTC_BOOTSTRAP=1 cargo build -q --release --target "$TARGET" -Zbuild-std=std,panic_abort >&2) ||
    die "the standard library could not be built for $TARGET"
  find "$work/target/$TARGET/release/deps" -name '*.rlib' ! -name 'libstdprobe*' -exec cp {} "$lib/" \;
  rm -rf "$work"
}

setup() {
  command -v cargo >/dev/null || out_of_reach "needs cargo"
  if has_wasip2; then return; fi
  [ -e "$STAMP" ] && return
  local began=$SECONDS
  mkdir -p "$HOME_DIR"
  fetch_packages
  build_std
  (guest_env; "$RUSTC_BIN" -V) > "$STAMP"
  say "toolchain $((SECONDS - began)) s"
}

build() {
  local crate="${1:?usage: rust-toolchain.sh build CRATE_DIR OUT.wasm}" out="${2:?where to?}" target_dir made name
  setup
  target_dir="${CARGO_TARGET_DIR:-$HOME_DIR/target}"
  name=$(sed -n 's/^name = "\(.*\)"$/\1/p' "$crate/Cargo.toml" | head -n 1)
  (cd "$crate" && cargo fetch -q >&2) || out_of_reach "cargo could not fetch what $name depends on"
  if has_wasip2; then
    TARGET=wasm32-wasip2
    (cd "$crate" && cargo build -q --release --target "$TARGET" --target-dir "$target_dir" >&2)
  else
    (guest_env; cd "$crate" && cargo build -q --release --target "$TARGET" --target-dir "$target_dir" >&2)
  fi
  made="$target_dir/$TARGET/release/${name//-/_}.wasm"
  [ -e "$made" ] || die "no .wasm came out: the crate needs [lib] crate-type = [\"cdylib\"]"
  cp "$made" "$out"
}

case "${1:-}" in
  setup) setup ;;
  build) shift; build "$@" ;;
  *) die "usage: rust-toolchain.sh setup | build CRATE_DIR OUT.wasm" ;;
esac
