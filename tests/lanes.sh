# The lanes of ./run test; sourced by run. Each is a function lane_NAME that adds to passed and failed.
passed=0 failed=0

# Adds the totals of a meson run and shows the output of what failed.
count_meson() {
	local dir=$1 sums
	shift
	rm -f "$dir/meson-logs/testlog.json"
	local status=0
	meson test -C "$dir" --no-rebuild --print-errorlogs "$@" >"$dir/lane.log" 2>&1 || status=$?
	((status == 0)) || sed -n '/^=\+ .* =\+$/,$p' "$dir/lane.log" | head -n 400 >&2
	sums=$(/usr/bin/python3 tests/totals.py "$dir/meson-logs/testlog.json") || sums='0 1'
	# A suite that fails without a failing test in its report has died before it could say so.
	((status == 0 || ${sums#* } > 0)) || sums="${sums% *} 1"
	((passed += ${sums% *}, failed += ${sums#* })) || true
}

# Counts a command as one test; its output is shown when it fails.
count_command() {
	local log
	log=$(mktemp)
	if ("$@") >"$log" 2>&1; then
		((passed += 1))
	else
		((failed += 1))
		printf 'FAILED %s\n' "$*" >&2
		tail -n 60 "$log" >&2
	fi
	rm -f "$log"
}

lane_checks() { count_meson build --suite checks; }
lane_unit() { count_meson build --suite unit --no-suite checks; }
lane_integration() { count_meson build --suite integration; }

lane_clang() {
	need clang
	CC=clang count_command build_in build-clang
	count_meson build-clang --suite unit --no-suite checks
}

# Unit tests, and the programs with real servers, under AddressSanitizer and UndefinedBehaviorSanitizer.
lane_sanitize() {
	need clang libclang-rt-14-dev
	CC=clang count_command build_in build-sanitize -Db_sanitize=address,undefined -Db_lundef=false
	DESTDIR=$PWD/build-sanitize/stage count_command meson install -C build-sanitize --quiet --no-rebuild
	ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
		LSAN_OPTIONS=suppressions=$PWD/tests/leaks.supp:print_suppressions=0 \
		ORIEL_TEST_PATIENCE=3 ORIEL_TEST_ISOLATION=none \
		count_meson build-sanitize --timeout-multiplier 3 --suite unit --suite sanitize --no-suite checks
}

# fuzz_all SECONDS: fuzzes each parser of a peer's bytes, from its seeds, for so long. What crashes one is
# left in build-fuzz/.
fuzz_all() {
	need clang libclang-rt-14-dev
	CC=clang count_command build_in build-fuzz -Dfuzz=true -Db_lundef=false
	count_meson build-fuzz --suite fuzz
	local target name corpus
	for target in build-fuzz/tests/fuzz/fuzz-*; do
		[[ -x $target && -f $target ]] || continue
		name=${target##*/fuzz-}
		corpus=$(mktemp -d)
		count_command "$target" -max_total_time="$1" -dict=vchan-proto/protocol.dict \
			-artifact_prefix=build-fuzz/ "$corpus" "tests/fuzz/seeds/$name"
		rm -rf "$corpus"
	done
}

lane_fuzz() { fuzz_all 15; }

# The libc-only part of the wire, as the Windows side needs it.
lane_mingw() {
	need gcc-mingw-w64-x86-64
	count_meson build --suite cross
}

# clang's static analyzer over every source of the build.
lane_analyze() {
	need clang
	CC=clang count_command build_in build-clang
	local sums
	sums=$(tests/checks/analyze.py build-clang)
	((passed += ${sums% *}, failed += ${sums#* })) || true
}

# A real Xen with dom0 and guests, in software emulation: the scenarios that are named, or all.
lane_xen() {
	need "${xen_packages[@]}"
	(($#)) || set -- $(basename -s .sh tests/xen/inside/scenarios/*.sh)
	tests/xen/images.sh build/xen-lab build/stage build/tests/xen/vchan-probe build/tests/hostile/hostile-agent build/tests/xen/x-probe
	local sums
	sums=$(tests/xen/lab.py build/xen-lab "$@") || sums=${sums:-0 1}
	((passed += ${sums% *}, failed += ${sums#* })) || true
}

# The last line, and the exit status, of all tests.
report() {
	printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
	((failed == 0))
}

run_lanes() {
	local lane start
	(($#)) || set -- checks unit integration
	[[ $* != all ]] || set -- checks unit integration clang sanitize fuzz mingw analyze xen
	build
	for lane in "$@"; do
		declare -F "lane_$lane" >/dev/null || die "there is no lane '$lane'; see ./run help"
	done
	for lane in "$@"; do
		start=$SECONDS
		local before=$((passed + failed)) bad=$failed
		say "Lane $lane"
		"lane_$lane"
		printf '%s: %d tests, %d failed, %d s\n' "$lane" $((passed + failed - before)) \
			$((failed - bad)) $((SECONDS - start))
	done
	report
}
