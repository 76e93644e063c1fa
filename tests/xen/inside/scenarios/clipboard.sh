# The clipboard between two guests: a rule lets it pass from work to personal, and another does not let it back.
declare -A columns=([work]=60 [personal]=700) sessions
large_size=300000

write_files() {
	local guest
	mkdir -p ~/.config/oriel/vms ~/.config/oriel/policy.d
	for guest in work personal; do
		printf '[vm]\nlabel=%s\nbackend=xen\ndomain=%s\n' "${labels[$guest]}" "$guest" \
			>~/.config/oriel/vms/"$guest".vm
	done
	cat >~/.config/oriel/policy.d/lab.policy <<-END
	clipboard work personal allow mode=seamless
	clipboard personal work deny
	END
}

start_session() {
	await "$patience" guest_answers "$1" && in_guest "$1" "start_x 1280x800 && start_agent"
}

is_running() { oriel vm list | grep -Eq "^$1 +running "; }

# copy GUEST COMMAND: what the command prints.
copy() { in_guest "$1" "$2 >/run/lab/copied && xclip -selection clipboard </run/lab/copied >/dev/null 2>&1"; }
paste() { in_guest "$1" 'timeout 10 xclip -selection clipboard -o >/run/lab/pasted 2>/dev/null' >/dev/null; }
pastes() { paste "$1" && [[ $(in_guest "$1" 'cat /run/lab/pasted') == "$2" ]]; }
pasted_sum() { paste "$1" && in_guest "$1" 'sha256sum </run/lab/pasted'; }
pastes_sum() { [[ $(pasted_sum "$1") == "$2" ]]; }

# A line of the audit log with these words.
is_noted() {
	local word line
	while read -r line; do
		for word in "$@"; do
			[[ $line == *"$word"* ]] || continue 2
		done
		return 0
	done < <(oriel log --service clipboard --json)
	return 1
}

write_files
check 'others start work' start_guest work pvh
check 'others start personal' start_guest personal pv
for guest in work personal; do
	start_session "$guest" &
	sessions[$guest]=$!
done
for guest in work personal; do
	check "$guest: an agent starts" wait "${sessions[$guest]}"
	check "$guest: the broker is connected to it" await "$patience" is_running "$guest"
done

check 'something is copied in work' copy work 'printf "from work"'
check 'it is pasted in personal' await "$patience" pastes personal 'from work'
check 'the paste is noted' is_noted '"from":"work"' '"to":"personal"' '"outcome":"allow"'
check 'much is copied in work' copy work "head -c $large_size /dev/urandom | base64 -w0"
large_sum=$(in_guest work 'sha256sum </run/lab/copied')
check 'all of it is pasted in personal' await "$patience" pastes_sum personal "$large_sum"

check 'something is copied in personal' copy personal 'printf "from personal"'
check 'personal pastes its own' await "$patience" pastes personal 'from personal'
check 'work still pastes its own' pastes_sum work "$large_sum"
check 'the user takes what personal has copied' await "$patience" oriel clip copy personal
check 'it is not given to work' eval '! oriel clip paste work'
check 'the denial is noted' is_noted '"from":"personal"' '"to":"work"' '"outcome":"deny"'
check 'work pastes its own after that' pastes_sum work "$large_sum"
