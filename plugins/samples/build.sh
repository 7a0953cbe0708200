#!/usr/bin/env bash
# Builds the samples with their real toolchains: `build.sh [NAME…] --out DIR` writes DIR/NAME.wasm for each, or for all.
#
# What is missing is installed into JOBWRIGHT_TOOLCHAINS (~/.cache/jobwright-toolchains), once; what was built stays there
# until its sources change. One line per step, with its seconds. Ends with 3 when a toolchain is out of reach, after one
# sentence that says what is missing and after everything else was built: such samples were not tried, and did not fail.
# The components are without their manifests, which `jobwright plugin build` puts in.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
HERE="$PWD"
export JOBWRIGHT_TOOLCHAINS="${JOBWRIGHT_TOOLCHAINS:-$HOME/.cache/jobwright-toolchains}"
TOOLS="$JOBWRIGHT_TOOLCHAINS"

COMPONENTIZE_JS=0.23.0
COMPONENTIZE_PY=0.25.1
JCO_TRANSPILE=0.15.0
ZIGLANG=0.17.0

OUT_OF_REACH=3

step() { printf '%-20s %-24s %4s s\n' "$1" "$2" "$3"; }
say() { printf '%s: %s\n' "$1" "$2" >&2; }

# install KEY COMMAND…: runs it once in a folder of this key.
install() {
  local key="$1" began=$SECONDS
  shift
  [ -e "$TOOLS/$key/ready" ] && return
  rm -rf "${TOOLS:?}/$key"
  mkdir -p "$TOOLS/$key"
  (cd "$TOOLS/$key" && "$@") >"$TOOLS/$key/log" 2>&1 || return "$OUT_OF_REACH"
  : >"$TOOLS/$key/ready"
  step "$key" installed $((SECONDS - began))
}

npm_packages() {
  printf '{"private": true, "type": "module"}\n' >package.json
  npm install --no-audit --no-fund --save-exact "$@"
}

python_packages() {
  if ! python3 -m venv .; then # Debian has it in a package of its own
    [ "$(id -u)" = 0 ] && apt-get install -y -qq --no-install-recommends python3-venv && python3 -m venv --clear . || return 1
  fi
  bin/pip install --disable-pip-version-check --quiet "$@"
}

need_npm() { # KEY PACKAGE…
  command -v node >/dev/null && command -v npm >/dev/null || { say "$1" "needs node and npm, which are not there"; return "$OUT_OF_REACH"; }
  install "$1" npm_packages "${@:2}" || { say "$1" "npm could not fetch ${*:2}"; return "$OUT_OF_REACH"; }
}

need_python() { # KEY PACKAGE…
  command -v python3 >/dev/null || { say "$1" "needs python3, which is not there"; return "$OUT_OF_REACH"; }
  install "$1" python_packages "${@:2}" || { say "$1" "pip could not fetch ${*:2}"; return "$OUT_OF_REACH"; }
}

# Links to the contract become the files that an author has.
copied() { # NAME
  rm -rf "$TOOLS/work/$1"
  mkdir -p "$TOOLS/work"
  cp -RL "$HERE/$1" "$TOOLS/work/$1"
}

build_rust() { "$HERE/rust-toolchain.sh" build "$HERE/$1" "$2"; }

build_js() {
  need_npm js "@bytecodealliance/componentize-js@$COMPONENTIZE_JS" || return
  copied "$1"
  ln -s "$TOOLS/js/node_modules" "$TOOLS/work/$1/node_modules"
  (cd "$TOOLS/work/$1" && node build.mjs "$2")
}

build_python() {
  need_python python "componentize-py==$COMPONENTIZE_PY" || return
  copied "$1"
  (cd "$TOOLS/work/$1" && "$TOOLS/python/bin/componentize-py" -q -d wit -w guest componentize -p src --stub-wasi plugin -o "$2")
}

build_zig() {
  need_python zig "ziglang==$ZIGLANG" || return
  need_npm jco "@bytecodealliance/jco-transpile@$JCO_TRANSPILE" || return
  copied "$1"
  ln -s "$TOOLS/jco/node_modules" "$TOOLS/work/$1/node_modules"
  (cd "$TOOLS/work/$1" &&
    ZIG_LOCAL_CACHE_DIR="$TOOLS/zig/cache" ZIG_GLOBAL_CACHE_DIR="$TOOLS/zig/cache" "$TOOLS/zig/bin/python" -m ziglang build-exe \
      -target wasm32-freestanding -O ReleaseSmall -fno-entry -rdynamic -femit-bin=core.wasm src/plugin.zig &&
    node component.mjs wit guest core.wasm "$2")
}

# All that a sample is made of, and how it is made.
sources() { # NAME
  find -L "$HERE/$1" "$HERE/../guest" "$HERE/../../schemas/plugin" "$HERE/build.sh" "$HERE/rust-toolchain.sh" "$HERE/Cargo.lock" \
    -type f ! -path '*/target/*' ! -path '*/node_modules/*' ! -path '*/__pycache__/*' -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16
}

build() { # NAME
  local name="$1" began=$SECONDS language made status
  language=$(sed -n 's/^language = "\(.*\)"$/\1/p' "$name/plugin.toml" 2>/dev/null)
  [ -n "$language" ] || { say "$name" "no such sample"; return 1; }
  made="$TOOLS/made/$name-$(sources "$name").wasm"
  mkdir -p "$TOOLS/made"
  if [ ! -e "$made" ]; then
    rm -f "$TOOLS/made/$name-"????????????????.wasm
    "build_$language" "$name" "$made.new"
    status=$?
    [ "$status" = 0 ] && [ ! -e "$made.new" ] && status=1
    if [ "$status" != 0 ]; then
      [ "$status" = "$OUT_OF_REACH" ] && say "$name" "not built" || say "$name" "the build failed"
      return "$status"
    fi
    mv "$made.new" "$made"
  fi
  cp "$made" "$out/$name.wasm"
  step "$name" "$(stat -c %s "$made") bytes" $((SECONDS - began))
}

out="" names=()
while [ $# -gt 0 ]; do
  case "$1" in
    --out) out="${2:-}"; shift 2 || break ;;
    -*) echo "usage: build.sh [NAME…] --out DIR" >&2; exit 1 ;;
    *) names+=("${1%/}"); shift ;;
  esac
done
[ -n "$out" ] || { echo "usage: build.sh [NAME…] --out DIR" >&2; exit 1; }
[ "${#names[@]}" -gt 0 ] || names=($(for manifest in */plugin.toml; do dirname "$manifest"; done))
mkdir -p "$out" "$TOOLS"
out="$(cd "$out" && pwd)"

# One at a time: two would install the same things.
exec 9>"$TOOLS/lock"
flock 9

ended=0
for name in "${names[@]}"; do
  build "$name"
  status=$?
  # A build that failed weighs more than one that was not tried.
  if [ "$status" = "$OUT_OF_REACH" ]; then [ "$ended" != 0 ] || ended=$OUT_OF_REACH; elif [ "$status" != 0 ]; then ended=1; fi
done
exit "$ended"
