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

# Adds what a program counts in its last line, "PASSED FAILED".
count_program() {
	local sums
	sums=$("$@" | tail -n 1) || true
	[[ $sums =~ ^[0-9]+\ [0-9]+$ ]] || sums='0 1'
	((passed += ${sums% *}, failed += ${sums#* })) || true
}

build_fuzzers() {
	need clang libclang-rt-14-dev
	CC=clang count_command build_in build-fuzz:fuzzers -Dfuzz=true -Db_lundef=false -Doptimization=1 \
		-Db_sanitize=address,undefined
}

# fuzz_all SECONDS [TARGET...]: replays the corpora under AddressSanitizer and UndefinedBehaviorSanitizer, then
# fuzzes for so long in all, with other seeds each time. What makes a target fail is left in build-fuzz/crashes/.
fuzz_all() {
	build_fuzzers
	count_program tests/fuzz/fuzz.py fuzz build-fuzz "$@"
}

# Makes the corpora anew: the least that reaches what they and the last ./run fuzz have reached.
minimise_corpora() {
	build_fuzzers
	count_program tests/fuzz/fuzz.py minimise build-fuzz "$@"
}

# The corpora and mutants of them, the same ones each time: what fails has to do with what has changed.
lane_fuzz() {
	build_fuzzers
	count_program tests/fuzz/fuzz.py repeat build-fuzz
}

# The codec's corpora under MemorySanitizer, which needs all code to be built with it: so it is but libc.
lane_memory() {
	need clang libclang-rt-14-dev
	CC=clang count_command build_in build-memory:codec-fuzzers -Dfuzz=true -Db_lundef=false -Doptimization=1 \
		-Db_sanitize=memory -Dxen=disabled
	count_program tests/fuzz/fuzz.py replay build-memory
}

# What unit tests, corpora and the hostile guest's attacks reach of the code that decodes and checks what others write
# (tests/coverage.files): a line a file, pages in build/coverage/, and a failure below 95 % of all its lines.
measure_coverage() {
	need gcovr
	local -a filters
	mapfile -t filters < <(sed -n 's/\./\\./g; s/^[^#].*/--filter=&$/p' tests/coverage.files)
	count_command build_in build-coverage -Db_coverage=true -Dbuildtype=debug
	DESTDIR=$PWD/build-coverage/stage count_command meson install -C build-coverage --quiet --no-rebuild
	find build-coverage -name '*.gcda' -delete
	count_meson build-coverage --suite unit --suite hostile --no-suite checks
	mkdir -p build/coverage
	if gcovr -r . --object-directory build-coverage -j "$(nproc)" "${filters[@]}" --txt - \
		--html-details build/coverage/index.html --fail-under-line 95; then
		((passed += 1))
	else
		((failed += 1))
	fi
}

# The libc-only part of the wire, as the Windows side needs it.
lane_mingw() {
	need gcc-mingw-w64-x86-64
	count_meson build --suite cross
}

# clang's static analyzer over every source of the build.
lane_analyze() {
	need clang
	CC=clang count_command build_in build-clang
	count_program tests/checks/analyze.py build-clang
}

# Processes killed, stopped and starved, full disks: all comes back, and nothing leaks. The same 50 rounds each time.
lane_soak() { count_command /usr/bin/python3 tests/soak/soak.py 50 --seed oriel; }

# The units under a systemd of the user, which needs root and the right to mount control groups: not every machine gives that,
# so that it is not in "all".
lane_systemd() { count_meson build --suite systemd; }

# A real Xen with dom0 and guests, in software emulation: the scenarios that are named, or all.
lane_xen() {
	need "${xen_packages[@]}"
	# All, the longest first: so no processor is idle while the last one ends. The lab takes each once.
	(($#)) || set -- broker windows hostile restore config limits lifecycle counts kills \
		$(basename -s .sh tests/xen/inside/scenarios/*.sh)
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
	[[ $* != all ]] || set -- checks unit integration clang sanitize fuzz memory mingw analyze soak xen
	for lane in "$@"; do
		declare -F "lane_$lane" >/dev/null || die "there is no lane '$lane'; see ./run help"
	done
	build
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
