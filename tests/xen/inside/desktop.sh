# A desktop, views of guests without a broker, and what they show there; sourced in dom0.
declare -A views sessions colours=([work]=3465a4 [personal]=4e9a06) columns=([work]=60 [personal]=700)

# start_desktop SIZE
start_desktop() {
	start_x "$1" || return 1
	# On a busy machine a key that is typed may be let go of late.
	xset r off
	openbox >/run/lab/openbox.log 2>&1 &
	await "$patience" xprop -root _NET_SUPPORTING_WM_CHECK
}

start_session() {
	in_guest "$1" "start_x $desktop_size && start_agent && start_applications ${columns[$1]}"
}

agent_serves() { xenstore-ls -f "/local/domain/${domain_ids[$1]}/data/oriel" | grep -q event-channel; }

# start_view GUEST: once an agent serves it, which is not at once after another view has gone.
start_view() {
	await "$patience" agent_serves "$1" || return 1
	oriel-view --connect "xen:${domain_ids[$1]}/0" --label "$1" --colour "${colours[$1]}" &
	views[$1]=$!
}

kill_view() {
	kill "-$2" "${views[$1]}"
	wait "${views[$1]}" 2>/dev/null
	true
}

shows_windows() { has_window "[$1] terminal" && has_window "[$1] xlogo"; }
shows_no_window() { ! has_window "[$1] terminal" && ! has_window "[$1] xlogo"; }

# The view's window for a guest's pixels, inside the border.
content_id() {
	xwininfo -children -id "$(window_id "[$1] $2")" | first_child
}

same_pixels() {
	local here there
	here=$(picture_sum "$(content_id "$1" "$2")") || return 1
	there=$(in_guest "$1" "picture_sum \$(window_id $2)") || return 1
	[[ $here == "$there" ]]
}

# While no window is active xdotool gives up.
activate() { await "$patience" xdotool windowactivate --sync "$1"; }

enter_line() {
	activate "$(window_id "[$1] terminal")"
	xdotool type "$2"
	xdotool key Return
}

type_line() {
	enter_line "$1" "$2"
	await "$patience" in_guest "$1" "was_typed '$2'" || { in_guest "$1" 'cat /run/lab/typed'; return 1; }
}

# check_pixels GUEST WHEN
check_pixels() {
	local window
	for window in xlogo terminal; do
		check "$1: $window has the guest's pixels $2" await "$patience" same_pixels "$1" "$window"
	done
}

# check_sessions GUEST...: starts agents and applications in all at a time, then a view of each.
check_sessions() {
	local guest
	for guest in "$@"; do
		await "$patience" guest_answers "$guest"
		start_session "$guest" &
		sessions[$guest]=$!
	done
	for guest in "$@"; do
		check "$guest: an agent and applications start" wait "${sessions[$guest]}"
		check_view "$guest"
	done
}

# check_view GUEST [WHEN]
check_view() {
	check "$1: a view connects${2:+ $2}" start_view "$1"
	check "$1: its windows show on dom0's desktop${2:+ $2}" await "$patience" shows_windows "$1"
}
